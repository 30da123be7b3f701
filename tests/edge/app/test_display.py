"""What a gate shows of its water, from a real site; and that a filter which fails touches nothing."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from edge.app.test_gate_app import running, until
from edge.core.plant import Plant, Story
from simulated_site import running_site

from sotdae_edge.app import words
from sotdae_edge.app.display import FRESH_S, Display
from sotdae_edge.app.gate import GateApp
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.estimate import LevelFilter, Seen
from sotdae_edge.core.kalman import Belief
from sotdae_shared.messages import Estimate, HealthBody, Kind
from sotdae_shared.wire import decode

RISE_CM_MIN = 6.0


class Broken(LevelFilter):
    """A filter with a fault."""

    def take(self, seen: Sequence[Seen], wet_cm: float, now: float) -> Belief | None:
        raise ZeroDivisionError("covariance")


def rising(display: Display, seconds: int = 60) -> Story:
    """Let a gate's water rise while a display looks on."""
    story = Story()
    for second in range(seconds):
        story.plant.water(RISE_CM_MIN * second / 60)
        story.run(1.0)
        display.look(story.gate, story.now)
    return story


def said(app: GateApp, kind: Kind) -> list[Any]:
    """Return what has been committed so far."""
    return [decode(row.raw).body for row in app.recorder.outbox.unsent(500) if row.kind is kind]


def steps(app: GateApp) -> list[str]:
    return [body.state for body in said(app, Kind.DECISION)]


def healths(app: GateApp) -> list[HealthBody]:
    return said(app, Kind.HEALTH)


def newest(app: GateApp) -> set[str]:
    return {reading.channel for body in said(app, Kind.TELEMETRY)[-1:] for reading in body.readings}


def test_it_shows_level_rate_and_what_is_ahead() -> None:
    display = Display()
    story = rising(display)
    shown = display.fresh(story.now)
    assert shown is not None
    assert shown.level_cm == pytest.approx(5.9, abs=0.5)
    assert shown.rate_cm_min == pytest.approx(RISE_CM_MIN, abs=1.0)
    assert set(shown.eta) == {"close", "unsafe"}, "caution lies behind"
    assert shown.eta["close"].s == pytest.approx((15 - 5.9) / RISE_CM_MIN * 60, rel=0.2)
    assert 0 < shown.eta["close"].sigma_s < shown.eta["close"].s
    assert shown.eta["close"].s < shown.eta["unsafe"].s
    assert display.fresh(story.now + FRESH_S) is None, "an old estimate is not shown"


def test_it_goes_out_as_readings_beside_the_voted_level() -> None:
    display = Display()
    story = rising(display)
    body = words.telemetry(story.gate, {}, story.now, words.Beside(display.fresh(story.now)))
    units = {reading.channel: reading.unit.value for reading in body.readings}
    assert units["level"] == units["level_est"] == units["level_est_sigma"] == "cm"
    assert units["rate_est"] == units["rate_est_sigma"] == "cm/min"
    assert units["eta_close_s"] == units["eta_unsafe_sigma_s"] == "s"
    assert "eta_caution_s" not in units
    before = words.telemetry(story.gate, {}, story.now)
    assert "level_est" not in {reading.channel for reading in before.readings}


def test_a_lost_instrument_is_not_taken_for_water() -> None:
    display, story = Display(), Story(plant=Plant(radar=4.0, pressure=4.0, floats=4.0))
    for _ in range(20):
        story.run(1.0)
        display.look(story.gate, story.now)
    story.plant.radar = None
    for _ in range(10):
        story.run(1.0)
        display.look(story.gate, story.now)
    known = display.fresh(story.now)
    assert known is not None
    assert known.level_cm == pytest.approx(4.0, abs=0.2)
    story.plant.pressure = None
    for _ in range(40):
        story.run(1.0)
        display.look(story.gate, story.now)
    assert display.fresh(story.now) is None, "unknown, not zero"


def test_a_site_says_its_estimate_to_the_hub(tmp_path: Path) -> None:
    async def story() -> tuple[list[Estimate], set[str]]:
        async with running_site() as site, running(tmp_path, site) as app:
            site.simulator.depth(4.0)
            await until(lambda: app.display.shown is not None and app.display.shown.level_cm > 3.0)
            await until(lambda: any(body.estimate is not None for body in healths(app)))
            await until(lambda: "level_est" in newest(app))
            return [body.estimate for body in healths(app) if body.estimate is not None], newest(app)

    estimates, channels = asyncio.run(story())
    assert estimates[-1].level_cm == pytest.approx(4.0, abs=1.5)
    assert {"level_est", "level_est_sigma", "rate_est", "rate_est_sigma"} <= channels


def test_a_filter_that_fails_changes_no_decision_and_is_alarmed(tmp_path: Path) -> None:
    async def story() -> tuple[list[str], HealthBody]:
        async with running_site() as site, running(tmp_path, site) as app:
            app.display.make = Broken
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.depth(18.0)
            await until(lambda: app.gate.state is State.CLOSED)
            await until(lambda: "agent.estimate" in app.watched.active)
            await until(lambda: "closed" in steps(app))
            await until(lambda: any(body.barrier == "closed" for body in healths(app)))
            return steps(app), healths(app)[-1]

    path, health = asyncio.run(story())
    # A machine so busy that it sees the lane too late clears it again.
    assert list(dict.fromkeys(path)) == ["open", "pre_warn", "clearing", "lowering", "closed"]
    assert path[-1] == "closed"
    assert health.stage == "close"
    assert health.estimate is None


def test_looking_changes_nothing_in_the_gate() -> None:
    told = [effect for effect in rising(Display()).effects if isinstance(effect, Decided)]
    unseen = Story()
    for second in range(60):
        unseen.plant.water(RISE_CM_MIN * second / 60)
        unseen.run(1.0)
    assert told == [effect for effect in unseen.effects if isinstance(effect, Decided)]
