"""Tests by order on a real Modbus site: lamps are seen lit, a dead one is told, water comes first."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from edge.app.test_gate_app import FACILITY, running, signer, until
from simulated_site import Site, running_site

from sotdae_edge.app.gate import GateApp
from sotdae_edge.core.barrier import State
from sotdae_edge.core.events import CommandCame
from sotdae_shared.messages import ClockTrust, CommandBody

KIM, SIGN = signer()


@dataclass
class Round:
    """A technician's round: orders tests, and waits for their results."""

    site: Site
    app: GateApp
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def order(self, target: Literal["test", "bypass"], actuator: str, **more: Any) -> None:
        """Put a signed order before the gate."""
        number, wall = next(self.numbers), self.app.clock.wall()
        order = CommandBody(
            id=f"c-{number}", facility=FACILITY, actuator=actuator, target=target, reason="monthly round",
            issuer="panel", seq=number, not_after=wall + timedelta(seconds=50),
            expect_state=self.app.gate.state.value, **more,
        )  # fmt: skip
        came = CommandCame(SIGN(order), False, True, wall.timestamp(), ClockTrust.SYNCED)
        await self.app.queue.put((came, self.app.clock.monotonic()))

    async def lights(self, *points: str) -> None:
        """Wait until the site itself shows these lit."""
        for point in points:
            await self.site.until(point, lambda value: value == 1.0)

    async def dark(self, *points: str) -> None:
        """Wait until the site itself shows these dark."""
        for point in points:
            await self.site.until(point, lambda value: value == 0.0)


@pytest.mark.slow
def test_a_round_of_tests_and_a_flood_in_its_midst(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site, running(tmp_path, site, people=(KIM,)) as app:
            at, tests = Round(site, app), app.gate.selftests
            await until(lambda: app.gate.state is State.OPEN)
            await at.order("test", "lamps")
            await at.lights("sign_closed", "flasher_on")
            assert await site.value("siren_on") == 0.0
            await at.dark("sign_closed", "flasher_on")
            await until(lambda: tests.pulse is None)
            assert tests.failed == {}
            assert tests.ages.of["lamps"].passed

            site.simulator.fault("flasher", "dead", True)
            await at.order("test", "lamps")
            await until(lambda: tests.failed == {"lamps": "not seen lit: flasher_on"})
            await until(lambda: "selftest.failed.lamps" in app.gate.alarms.active)
            site.simulator.fault("flasher", "dead", False)

            await at.order("test", "siren")
            await at.lights("siren_on")
            assert await site.value("sign_closed") == 0.0
            await until(lambda: tests.pulse is None)
            assert "siren" not in tests.failed

            await at.order("test", "lamps")
            await at.lights("sign_closed")
            site.simulator.depth(20.0)
            await until(lambda: app.gate.state is State.PRE_WARN)
            assert tests.pulse is None
            await until(lambda: app.gate.state is State.CLOSED)
            await at.lights("limit_closed", "sign_closed", "flasher_on", "siren_on")
            assert tests.ages.of["stroke"].passed, "a real closing is a full stroke"

    asyncio.run(story())


def test_a_bypass_takes_a_liar_out_of_the_vote_of_a_real_site(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site, running(tmp_path, site, people=(KIM,)) as app:
            at = Round(site, app)
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.fault("radar", "dead", True)
            await until(lambda: app.gate.sensing.channel("radar").seen(app.clock.monotonic()) is None)
            await at.order("bypass", "channel:radar", lasts_s=3600.0)
            await until(lambda: "bypass.radar" in app.gate.alarms.active)
            site.simulator.fault("radar", "dead", False)
            await until(lambda: app.gate.sensing.channel("radar").seen(app.clock.monotonic()) is not None)
            assert app.gate.sensing.close_vote(app.clock.monotonic()).architecture == "1oo2"
            site.simulator.fault("pressure", "dead", True)
            site.simulator.depth(20.0)
            await until(lambda: app.gate.state is State.PRE_WARN)
            assert app.gate.incident is not None
            assert app.gate.incident.first_out == "float", "the one that was left to vote"

    asyncio.run(story())
