"""Laws over random stories: whatever comes, in whatever order, the invariants of DESIGN 4 hold."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from edge.core.moves import ACTIONS
from edge.core.plant import SITE, Plant, Story
from edge.core.watched import QUICK, Watched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.core.events import BadCommand, HubHeard, LinkLost, Scan
from sotdae_edge.core.validity import Level
from sotdae_edge.core.vote import vote
from sotdae_shared.samples import Sample

LAW = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LANE = {"loop_occupied", "curtain_blocked"}
"""The watch knows the lane by the plant, so that no garbage may claim to be the lane."""
POINTS = sorted(Plant().scan().points.keys() - LANE)
VALUES = (
    st.none() | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, 15.0, 1e300, -1e300]) | st.floats()
)
GARBAGE = st.builds(Sample, VALUES, st.none() | st.integers(-5, 1 << 70), VALUES)
SCANS = st.dictionaries(st.sampled_from(POINTS), st.none() | GARBAGE, max_size=6)

Move = Callable[[Watched], object]


def _garbage(points: dict[str, Sample | None]) -> Move:
    def act(story: Watched) -> None:
        story.scan(**points)

    return act


def _wait(seconds: float) -> Move:
    return lambda story: story.wait(seconds)


def _words(event: Any) -> Move:
    return lambda story: story.give(event)


MOVES = st.one_of(
    st.sampled_from(sorted(ACTIONS)).map(lambda name: ACTIONS[name]),
    SCANS.map(_garbage),
    st.sampled_from([0.0, 1e-9, 0.05, 0.3, 0.5, 1.5, 5.0, 61.0]).map(_wait),
    st.sampled_from([HubHeard(), LinkLost(), BadCommand("x"), Scan({})]).map(_words),
)


@pytest.mark.parametrize("site", [QUICK, SITE], ids=["quick", "site"])
def test_random_stories_keep_every_invariant(site: Any) -> None:
    @LAW
    @given(st.lists(MOVES, max_size=40))
    def law(moves: list[Move]) -> None:
        story = Watched(site)
        for move in moves:
            move(story)

    law()


@LAW
@given(st.lists(st.tuples(MOVES, st.lists(st.floats(0.0, 1.0), max_size=3)), max_size=15))
def test_a_tick_that_nobody_asked_for_changes_nothing(moves: list[tuple[Move, list[float]]]) -> None:
    """The deadlines are complete: a gate that is looked at more often decides the same at the same time."""
    plain, eager = Watched(QUICK), Nervous(QUICK)
    for move, eagerness in moves:
        eager.eagerness = tuple(eagerness)
        move(plain)
        move(eager)
        assert eager.decided == plain.decided
        assert eager.gate.state is plain.gate.state
        assert eager.gate.alarms.active == plain.gate.alarms.active


class Nervous(Watched):
    """A story whose runner ticks at odd moments too."""

    eagerness: tuple[float, ...] = ()

    def wait(self, seconds: float) -> list[Any]:
        if not self.eagerness:
            return super().wait(seconds)
        found: list[Any] = []
        began = self.now
        for part in sorted(self.eagerness):
            found += super().wait(max(0.0, began + part * seconds - self.now))
            found += self.take(self.gate.tick(self.now))
        # Ends at the very same float as the plain story.
        found += super().wait(began + seconds - self.now)
        self.now = began + seconds
        return found


FAULTS = st.lists(
    st.none() | GARBAGE | st.floats(-5, 400).map(lambda cm: ("level", cm)), min_size=1, max_size=30
)


def _faulty(channel: str, fault: Any, count: int) -> dict[str, Sample | None]:
    names = {"radar": ["radar_level"], "pressure": ["pressure_level"], "float": ["float_5", "float_15"]}[
        channel
    ]
    if isinstance(fault, tuple):
        wet = {"float_5": fault[1] >= 5.0, "float_15": fault[1] >= 15.0}
        return {name: Sample(float(wet.get(name, fault[1])), count, 100.0) for name in names}
    return dict.fromkeys(names, fault)


def _run(story: Story, channel: str, faults: list[Any], seconds: float) -> None:
    """Run with one channel saying whatever it likes, again and again."""
    for step in range(round(seconds / 0.2)):
        story.run(0.2, **_faulty(channel, faults[step % len(faults)], story.plant.count + 1))


CHANNELS = st.sampled_from(["radar", "pressure", "float"])


@LAW
@given(CHANNELS, FAULTS, st.sampled_from([15.0, 16.0, 60.0]), st.integers(0, 30))
def test_no_single_fault_hides_water_beyond_three_seconds(
    channel: str, faults: list[Any], depth_cm: float, before: int
) -> None:
    story = Story()
    story.run(1.0)
    _run(story, channel, faults, before * 0.2)
    story.plant.water(depth_cm)
    _run(story, channel, faults, 3.0)
    assert story.gate.incident is not None


@LAW
@given(CHANNELS, CHANNELS, FAULTS)
def test_with_one_channel_dead_either_of_the_others_still_sees_water(
    dead: str, channel: str, faults: list[Any]
) -> None:
    story = Story()
    setattr(story.plant, {"float": "floats"}.get(dead, dead), None)
    if channel != dead:
        story.run(1.0)
        names = {"radar": "radar", "pressure": "pressure", "float": "floats"}
        healthy = next(name for each, name in names.items() if each not in (dead, channel))
        setattr(story.plant, healthy, 16.0)
        _run(story, channel, faults, 3.0)
        assert story.gate.incident is not None


@LAW
@given(CHANNELS, FAULTS, st.sampled_from([0.0, 1.5, 4.0]))
def test_with_three_channels_none_closes_alone(channel: str, faults: list[Any], depth_cm: float) -> None:
    story = Story()
    story.plant.water(depth_cm)
    story.run(1.0)
    _run(story, channel, faults, 20.0)
    assert story.gate.incident is None


LEVELS = (
    st.none()
    | st.floats(-5, 60).map(lambda cm: Level(cm, cm))
    | st.sampled_from([Level(-5.0, 5.0), Level(5.0, 15.0), Level(15.0, 400.0)])
)


@given(st.lists(LEVELS, min_size=1, max_size=5), st.integers(0, 4))
def test_losing_a_dry_channel_or_seeing_more_water_never_untrips(levels: list[Level | None], at: int) -> None:
    named = {str(index): level for index, level in enumerate(levels)}
    name = str(at % len(levels))
    before = vote(named, 15.0)
    if before.ballots[name] == "dry":
        lost = vote({**named, name: None}, 15.0)
        assert lost.trip or not before.trip
    assert vote({**named, name: Level(20.0, 20.0)}, 15.0).trip or not before.trip


def test_the_vote_law_notices_a_harder_vote() -> None:
    """Positive control: 2oo2 instead of 1oo2 breaks the law above."""
    wet, dry = Level(20.0, 20.0), Level(0.0, 0.0)
    before, lost = vote({"a": wet, "b": wet, "c": dry}, 15.0), vote({"a": wet, "b": dry, "c": None}, 15.0)
    assert before.trip
    assert lost.trip
    assert lost.needed == 1


@LAW
@given(st.lists(MOVES, min_size=5, max_size=30))
def test_a_restart_anywhere_forgets_no_incident(moves: list[Move]) -> None:
    story = Watched(replace(QUICK))
    for move in moves:
        move(story)
    kept = story.gate.incident
    story.restart()
    assert story.gate.incident == kept
    story.plant.key = False
    story.run(1.0)
    if kept is not None:
        assert story.gate.state not in ("open", "opening")
