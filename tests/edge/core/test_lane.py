"""Lane occupancy: only fresh, healthy, empty loop and curtain are CLEAR."""

import pytest
from edge.core.plant import Plant, Story, drives

from sotdae_edge.core.effects import Motion
from sotdae_edge.core.lane import POINTS, Lane, LaneState
from sotdae_edge.core.site import Approach, Times
from sotdae_shared.samples import Sample

TIMES = Times()
NAN = float("nan")


@pytest.mark.parametrize(
    ("loop", "curtain", "lane"),
    [
        (Sample(0.0, 1, 1.0), Sample(0.0, 1, 1.0), Lane.CLEAR),
        (Sample(0.0, 1, None), Sample(0.0, 1, None), Lane.CLEAR),
        (Sample(1.0, 1, 1.0), Sample(0.0, 1, 1.0), Lane.OCCUPIED),
        (Sample(0.0, 1, 1.0), Sample(1.0, 1, 1.0), Lane.OCCUPIED),
        (Sample(1.0, 1, 1.0), None, Lane.OCCUPIED),
        (Sample(1.0, 1, 0.0), Sample(0.0, 1, 1.0), Lane.UNKNOWN),
        (Sample(0.0, 1, 0.0), Sample(0.0, 1, 1.0), Lane.UNKNOWN),
        (Sample(0.0, 1, NAN), Sample(0.0, 1, 1.0), Lane.UNKNOWN),
        (Sample(None, 1, 1.0), Sample(0.0, 1, 1.0), Lane.UNKNOWN),
        (Sample(0.0, None, 1.0), Sample(0.0, 1, 1.0), Lane.UNKNOWN),
        (Sample(0.0, 1, 1.0), None, Lane.UNKNOWN),
        (None, None, Lane.UNKNOWN),
    ],
)
def test_occupancy(loop: Sample | None, curtain: Sample | None, lane: Lane) -> None:
    state = LaneState.of(Approach())
    points = {"loop_occupied": loop, "curtain_blocked": curtain}
    state.take({name: sample for name, sample in points.items() if sample}, TIMES, 0.0)
    assert state.occupancy(0.1) is lane


def test_a_counter_that_stands_still_is_stale_after_half_a_second() -> None:
    state, scan = LaneState.of(Approach()), Plant().scan()
    for step in range(10):
        state.take(scan.points, TIMES, step * 0.1)
    assert state.occupancy(0.49) is Lane.CLEAR
    assert state.occupancy(0.5) is Lane.UNKNOWN


def test_time_of_being_clear_is_broken_by_a_gap_that_nobody_watched() -> None:
    state, plant = LaneState.of(Approach()), Plant()
    state.take(plant.scan().points, TIMES, 0.0)
    state.take(plant.scan().points, TIMES, 0.4)
    assert state.clear_through(0.0)
    state.take(plant.scan().points, TIMES, 2.0)
    assert state.clear_since == 2.0


def test_a_stalled_agent_proves_the_lane_afresh() -> None:
    """SIGSTOP while LOWERING: the first scan afterwards is fresh, yet nothing is proved."""
    story = Story()
    story.plant.water(20.0)
    story.run(8.0)
    assert story.gate.state == "lowering"
    story.now += 2.0
    story.scan()
    assert story.gate.state == "clearing"
    story.run(0.8)
    assert story.gate.state == "clearing"
    story.run(0.6)
    assert story.gate.state == "lowering"


def test_the_camera_counts_while_fresh_and_its_silence_never() -> None:
    state = LaneState.of(Approach())
    assert not state.camera_occupied(0.0)
    state.sight(True, TIMES, 0.0)
    assert state.camera_occupied(0.9)
    assert not state.camera_occupied(1.0)
    state.sight(True, TIMES, 2.0)
    state.sight(False, TIMES, 2.1)
    assert not state.camera_occupied(2.2)
    assert state.occupancy(2.2) is Lane.UNKNOWN, "the camera proves nothing"


def test_a_device_that_says_nothing_is_unknown_at_once() -> None:
    good = {name: Sample(0.0, 1, 1.0) for name in POINTS}
    for name in POINTS:
        for silent in (None, Sample(None, 2, 1.0), Sample(0.0, None, 1.0)):
            lane = LaneState.of(Approach())
            lane.take(good, Times(), 10.0)
            assert lane.occupancy(10.1) is Lane.CLEAR
            lane.take({key: value for key, value in {**good, name: silent}.items() if value}, Times(), 10.1)
            assert lane.occupancy(10.1) is Lane.UNKNOWN


def test_nobody_is_shut_in_by_an_arm_that_came_to_rest_half_way() -> None:
    """A loop that fails while the arm comes down stops it there; who wants out is let out all the same."""
    story = Story()
    story.run(1.0)
    story.plant.water(20.0)
    story.run(8.0)
    assert story.gate.state == "lowering"
    story.plant.arm, story.plant.lane_ok = "mid", False
    story.run(1.0)
    assert story.gate.state == "clearing"
    story.plant.inside = True
    raised = story.run(0.6)
    assert story.gate.state == "escape"
    assert drives(raised, Motion.RAISE) > 0
    story.plant.arm = "open"
    story.run(25.0)
    assert story.gate.state == "clearing", "it is up: there is nothing more to raise"
    story.run(40.0)
    assert story.gate.state == "held_open"
    story.plant.arm = "mid"
    story.run(0.4)
    assert story.gate.state == "escape"
