"""The runner at a riverside gate, on a real Modbus site: voice, late lock, inside handle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from running_gate import running_gate, until
from simulated_site import Site, running_site

from sotdae_edge.app.gate import GateApp
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Voice
from sotdae_edge.core.site import Riverside
from sotdae_edge.fitting import fitted_gate

EXAMPLE = Path(__file__).parents[3] / "edge/riverside.example.toml"


@asynccontextmanager
async def running(tmp_path: Path, site: Site) -> AsyncIterator[GateApp]:
    config = fitted_gate(EXAMPLE)
    # What the file may not say: a lock after two seconds, for a test that need not wait for people.
    quick = replace(config.site, riverside=Riverside(lock_after=2.0))
    async with running_gate(tmp_path, site, config, rules=quick) as app:
        yield app


def test_the_river_shuts_it_it_locks_late_and_opens_from_inside(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(kind="riverside") as site, running(tmp_path, site) as app:
            scene = site.simulator.scene
            site.simulator.river(100.0)
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.river(240.0)
            await until(lambda: scene.orders.warn_voice == Voice.LEAVE)
            await until(lambda: scene.arm.limit_closed and app.gate.state is State.CLOSED)
            assert not scene.latch.engaged
            await until(lambda: scene.latch.engaged and scene.orders.warn_voice == Voice.CLOSED)
            site.simulator.release()
            await until(lambda: app.gate.state is State.MANUAL and scene.arm.limit_open)
            assert scene.warnings.sign_closed
            await until(lambda: scene.latch.engaged)
            assert app.gate.state is State.CLOSED
            assert scene.arm.limit_closed
            assert scene.traffic.contacts == 0

    asyncio.run(story())


def test_an_agent_that_dies_leaves_the_gate_shut_and_unlocked(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(kind="riverside") as site:
            scene = site.simulator.scene
            async with running(tmp_path, site) as app:
                await until(lambda: app.gate.state is State.OPEN)
                site.simulator.depth(20.0)
                await until(lambda: scene.latch.engaged)
            await until(lambda: not scene.latch.engaged)
            assert scene.arm.limit_closed
            assert scene.warnings.sign_closed

    asyncio.run(story())
