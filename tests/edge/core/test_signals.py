"""Which signal is due in each state, to the moment: `next_signal` alone, over a gate set by hand."""

from dataclasses import replace
from typing import Any

import pytest
from edge.core.plant import SITE, Story

from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.memento import Incident
from sotdae_edge.core.signals import KEY_BACK_S, camera_holds, next_signal
from sotdae_edge.core.site import Approach, Site
from sotdae_shared.samples import Sample

FLOOD = Incident("flood-1", "level", "radar", ("why",))
AGO_S = 10.0
"""For how long each state has lasted when it is looked at."""


def placed(state: State, site: Site = SITE, incident: Incident | None = FLOOD, **plant: Any) -> Story:
    """Return a gate in a state, warned and with a free lane, whose plant says this now."""
    story = Story(site)
    story.run(1.0)
    way = story.gate.approaches[0]
    story.gate.incident = incident
    way.state, way.entered, way.clear_need_s = state, story.now - AGO_S, 1.0
    way.lane.clear_since = story.gate.outputs.closed_since = way.entered
    for name, value in plant.items():
        setattr(story.plant, name, value)
    say(story)
    return story


def say(story: Story, **points: Sample | None) -> None:
    """Let the controller speak; no step is taken yet."""
    way = story.gate.approaches[0]
    way.take(story.plant.scan(**points).points, story.site.times, story.now)


def due(story: Story, after_s: float = 0.0) -> Signal | None:
    """Return the signal that is due so much later, with the controller heard until then."""
    story.now += after_s
    if after_s:
        say(story)
    return next_signal(story.gate, story.gate.approaches[0], story.now)


def way_of(story: Story) -> ApproachState:
    return story.gate.approaches[0]


RESTING = (State.PARTIAL, State.OBSTRUCTED, State.FAULT)


@pytest.mark.parametrize(
    ("state", "signal"),
    [
        (State.PRE_WARN, Signal.WARNED),
        (State.LOWERING, Signal.OVERDUE),
        (State.BACKING_OFF, Signal.BACKED_OFF),
        (State.ESCAPE, Signal.RAISED),
        *((state, Signal.RETRY) for state in RESTING),
    ],
)
def test_a_state_ends_at_its_deadline_and_not_before(state: State, signal: Signal) -> None:
    story = placed(state, arm="mid", inside=state is State.ESCAPE)
    way_of(story).deadline = story.now + 0.5
    assert due(story, 0.4) is None
    assert due(story, story.gate.approaches[0].deadline - story.now) is signal


def test_an_opening_that_takes_too_long_is_told() -> None:
    story = placed(State.OPENING, incident=None, arm="mid")
    way_of(story).deadline = story.now + 0.5
    assert due(story) is None
    assert due(story, 0.6) is Signal.OVERDUE
    story.plant.arm = "open"
    assert due(story, 0.1) is Signal.OPEN_PROVED
    story.gate.incident = FLOOD
    assert due(story) is Signal.TRIP


@pytest.mark.parametrize("state", [s for s in State if s is not State.MANUAL])
def test_a_key_goes_before_everything(state: State) -> None:
    assert due(placed(state, arm="closed", key=True, loop=True)) is Signal.KEY_ON


@pytest.mark.parametrize("state", [State.CLOSED, State.HELD_OPEN, *RESTING])
def test_a_rest_ends_when_people_have_reopened(state: State) -> None:
    assert due(placed(state, incident=None, arm="closed", inside=True)) is Signal.OPEN_GRANTED


@pytest.mark.parametrize("state", [State.CLEARING, State.LOWERING, State.HELD_OPEN, *RESTING])
def test_a_proof_ends_every_closing(state: State) -> None:
    assert due(placed(state, arm="closed", inside=True, current=9.0)) is Signal.CLOSED_PROVED


def test_a_lane_that_is_not_clear_is_a_queue_when_its_patience_ends() -> None:
    story = placed(State.CLEARING, loop=True)
    way_of(story).attempt.hold_until = story.now + 1.0
    assert due(story, 0.9) is None
    assert due(story, way_of(story).attempt.hold_until - story.now) is Signal.QUEUE


def test_a_camera_delays_until_its_patience_ends_which_is_counted_once() -> None:
    story = placed(State.CLEARING)
    way, times = way_of(story), SITE.times
    began = story.now
    for after_s, signal in ((0.0, None), (29.9, None), (30.0, Signal.LANE_CLEAR)):
        story.now = began + after_s
        say(story)
        way.lane.clear_since = way.entered
        way.lane.sight(True, times, story.now)
        assert due(story) is signal
    assert way.attempt.camera_overridden
    assert way.attempt.camera_until == began + times.camera_hold


def test_a_camera_holds_an_arm_on_its_way_down_too() -> None:
    story = placed(State.LOWERING, arm="mid")
    way = way_of(story)
    way.lane.sight(True, SITE.times, story.now)
    assert due(story) is Signal.LANE_LOST
    assert camera_holds(story.gate, way, story.now)
    way.attempt.camera_until = story.now
    assert due(story) is None


@pytest.mark.parametrize(
    ("current", "held_s", "stalls"), [(8.0, 0.3, True), (7.9, 0.4, False), (8.0, 0.2, False)]
)
def test_a_motor_stalls_at_its_limit_for_its_time(current: float, held_s: float, stalls: bool) -> None:
    story = placed(State.LOWERING, arm="mid", current=current)
    assert due(story) is None
    assert due(story, held_s) is (Signal.OBSTRUCTION if stalls else None)


def test_a_stall_at_the_bottom_is_no_obstruction_but_a_missing_proof() -> None:
    story = placed(State.LOWERING, current=9.0)
    for _ in range(2):
        say(story, arm_angle=Sample(2.0), limit_open=Sample(0.0))
        signal = due(story)
        story.now += 0.3
    assert signal is Signal.OVERDUE


@pytest.mark.parametrize(
    ("state", "after", "plant"),
    [
        (State.LOWERING, None, {"arm": "mid", "current": 9.0}),
        (State.CLOSED, None, {"arm": "mid"}),
        (State.ESCAPE, None, {"arm": "open"}),
    ],
)
def test_what_held_in_the_state_before_counts_afresh(
    state: State, after: Signal | None, plant: dict[str, Any]
) -> None:
    """A stall, a lost proof and a way out are each counted from their own entry."""
    story = placed(state, **plant)
    assert due(story) is None
    assert way_of(story).since.due
    way_of(story).enter(State.CLEARING, SITE, story.now)
    assert not way_of(story).since.due
    story.now += 0.4
    way_of(story).enter(state, SITE, story.now - 0.1)
    say(story)
    way_of(story).lane.clear_since = story.now - 0.2
    assert due(story) is after


@pytest.mark.parametrize(
    ("angles", "signal"),
    [
        ((45.0, 45.9), Signal.NO_MOTION),
        ((45.0, 44.1), Signal.NO_MOTION),
        ((45.0, 44.0), None),
        ((45.0, 43.5), None),
        ((45.0, None), None),
        ((None, 45.0), None),
    ],
)
def test_an_arm_that_was_told_to_move_and_has_not(
    angles: tuple[float | None, float | None], signal: Signal | None
) -> None:
    story = placed(State.LOWERING, arm="mid")
    way = way_of(story)
    way.start_deg, way.motion_due = angles[0], story.now + 0.5
    assert due(story, 0.4) is None
    story.now = way.motion_due
    say(story, arm_angle=Sample(angles[1]))
    assert due(story) is signal
    assert way.motion_due is None, "asked once"


def test_a_proof_is_lost_by_a_contrary_word_that_lasts_a_second() -> None:
    story = placed(State.CLOSED, arm="mid")
    assert due(story) is None
    assert due(story, 0.9) is None
    assert due(story, 0.2) is Signal.PROOF_LOST
    silent = placed(State.CLOSED, arm="mid")
    assert due(silent) is None
    assert [next_signal(silent.gate, way_of(silent), silent.now + s) for s in (1.0, 5.0)] == [None, None]


def test_who_wanted_out_is_gone_when_arm_lane_and_wish_have_said_so_for_three_seconds() -> None:
    for blocked in ({}, {"arm": "mid"}, {"inside": True}, {"loop": True}):
        story = placed(State.ESCAPE, **({"arm": "open"} | blocked))
        assert due(story) is None
        assert due(story, 2.9) is None
        assert due(story, 0.2) is (None if blocked else Signal.RAISED), blocked


def test_an_unknown_wish_is_not_the_end_of_one() -> None:
    story = placed(State.ESCAPE, arm="open")
    for _ in range(10):
        say(story, inside_request=None)
        assert due(story) is None
        story.now += 0.5


@pytest.mark.parametrize("state", [State.CLEARING, State.HELD_OPEN, *RESTING])
def test_who_wants_out_is_let_out_unless_the_arm_is_up(state: State) -> None:
    assert due(placed(state, arm="mid", inside=True)) is Signal.ESCAPE_ASKED
    assert due(placed(state, arm="open", inside=True)) is not Signal.ESCAPE_ASKED
    once = placed(state, arm="mid", inside=True)
    way_of(once).attempt.let_out = True
    assert (due(once) is Signal.ESCAPE_ASKED) == (state is not State.CLEARING)


@pytest.mark.parametrize(("retries", "signal"), [(3, Signal.BACKED_OFF), (4, Signal.RETRIES_SPENT)])
def test_retries_are_spent_after_the_third(retries: int, signal: Signal) -> None:
    story = placed(State.BACKING_OFF, arm="open")
    way_of(story).attempt.retries = retries
    assert due(story) is signal


@pytest.mark.parametrize(("short_s", "signal"), [(0.0, Signal.RESUME_OPEN), (0.1, Signal.RESUME_CLOSE)])
def test_a_key_turned_back_opens_only_after_the_whole_dry_time(short_s: float, signal: Signal) -> None:
    story = placed(State.MANUAL, key=False)
    assert due(story) is None, "back for a moment only"
    story.gate.dry_since = story.now + KEY_BACK_S - SITE.times.reopen_dry + short_s
    assert due(story, KEY_BACK_S / 2.0) is None
    assert due(story, KEY_BACK_S / 2.0) is signal
    story.gate.incident = None
    assert due(story) is None, "each asks for its own second"
    assert due(story, KEY_BACK_S / 2.0) is None
    assert due(story, KEY_BACK_S / 2.0) is Signal.RESUME_OPEN


def test_a_key_whose_contact_is_loose_is_a_turned_key() -> None:
    story = Story()
    story.run(4.0)
    story.plant.water(20.0)
    for turn in range(9_100):
        story.plant.key = turn % 2 == 0
        story.run(0.2)
    steps = [effect.decision for effect in story.effects if isinstance(effect, Decided)]
    assert steps == [Signal.RESUME_OPEN, Signal.KEY_ON]
    assert story.alarms["gate.manual_long"] == 2
    story.plant.key = False
    story.run(KEY_BACK_S - 0.2)
    assert story.gate.state is State.MANUAL
    story.wait(0.3)
    assert story.gate.state is State.PRE_WARN


def test_a_key_that_nobody_watched_is_not_turned_back() -> None:
    story = Story()
    story.run(4.0, local_key=Sample(1.0))
    story.scan(local_key=Sample(0.0))
    story.now += 10.0 * SITE.times.device_silent
    story.scan(local_key=Sample(0.0))
    assert story.gate.state is State.MANUAL, "a contact that is loose may say so twice"
    story.run(KEY_BACK_S + 0.2)
    assert story.gate.state is State.OPEN


def test_an_exit_waits_until_the_last_car_has_left() -> None:
    ways = (Approach("north"), Approach("out", "exit"))
    story = placed(State.CLOSED, replace(SITE, approaches=ways), arm="closed")
    out = story.gate.approaches[1]
    out.state, out.entered, out.clear_need_s = State.CLEARING, story.now, 1.0
    story.now = way_of(story).entered + SITE.emptying_s - 0.1
    for after_s, signal in ((0.0, None), (0.1, Signal.LANE_CLEAR)):
        story.now += after_s
        story.plant.arm = "open"
        out.take(story.plant.scan().points, SITE.times, story.now)
        out.lane.clear_since = out.entered
        assert next_signal(story.gate, out, story.now) is signal
