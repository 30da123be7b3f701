"""One approach's memory: what the entry into each state begins, keeps and forgets."""

from dataclasses import replace

import pytest
from edge.core.plant import SITE, Plant

from sotdae_edge.core.approach import KEY_BACK, SHUT, ApproachState
from sotdae_edge.core.attempt import LIMITS, Attempt
from sotdae_edge.core.barrier import FAILED, SETTLED, State
from sotdae_edge.core.effects import Drive, Motion
from sotdae_edge.core.site import Approach

TIMES = SITE.times
ENTRY, EXIT = Approach("north"), Approach("out", "exit")
NOW = 100.0


def at(state: State, spec: Approach = ENTRY) -> ApproachState:
    """Return an approach that has been in a state for a while, in the midst of an attempt."""
    way = ApproachState.of(spec)
    way.state, way.entered, way.escapes = state, 90.0, 4
    way.attempt = Attempt(hold_until=107.0, camera_until=108.0, retries=1)
    return way


def entered(before: State, state: State, spec: Approach = ENTRY) -> ApproachState:
    way = at(before, spec)
    way.enter(state, SITE, NOW)
    return way


@pytest.mark.parametrize("state", State)
def test_a_state_begins_now_and_has_its_own_time(state: State) -> None:
    way = entered(State.CLEARING, state)
    assert (way.state, way.entered) == (state, NOW)
    limits_s = {
        "pre_warn": 5.0, "lowering": 25.0, "backing_off": 4.0, "escape": 20.0, "partial": 60.0,
        "obstructed": 60.0, "fault": 60.0, "opening": 25.0,
    }  # fmt: skip
    assert {each.value for each in LIMITS} == limits_s.keys()
    limit_s = limits_s.get(state.value)
    assert way.deadline == (None if limit_s is None else NOW + limit_s)


@pytest.mark.parametrize("condition", ["stall", "proof", "escaped"])
def test_what_counted_in_the_last_state_counts_afresh(condition: str) -> None:
    way = at(State.LOWERING)
    for name in (condition, "manual"):
        way.since.held(name, True, 1.0, 90.0)
    way.enter(State.CLEARING, SITE, NOW)
    assert way.since.due.keys() == {"manual"}


@pytest.mark.parametrize("state", State)
def test_a_failure_is_told_until_it_is_settled(state: State) -> None:
    way = at(State.CLEARING)
    way.failed = State.HELD_OPEN
    way.enter(state, SITE, NOW)
    expected = state if state in FAILED else None if state in SETTLED else State.HELD_OPEN
    assert way.failed is expected


NEW_ATTEMPT = {"open", "pre_warn", "closed", "escape", "partial", "obstructed", "fault"}


@pytest.mark.parametrize("state", State)
def test_patience_is_that_of_one_attempt(state: State) -> None:
    for before in State:
        way = entered(before, state)
        halted = state is State.ESCAPE and before in (State.CLEARING, State.HELD_OPEN)
        begun = state.value in NEW_ATTEMPT and not halted
        assert (way.attempt.hold_until, way.attempt.camera_until) == (
            (None, None) if begun else (107.0, 108.0)
        ), f"from {before}"


def test_a_lane_gets_its_patience_once_and_an_exit_the_time_to_empty_besides() -> None:
    for spec, patience_s in ((ENTRY, 30.0), (EXIT, 30.0 + SITE.emptying_s)):
        way = ApproachState.of(spec)
        way.enter(State.CLEARING, SITE, NOW)
        assert way.attempt.hold_until == NOW + patience_s
        way.enter(State.CLEARING, SITE, NOW + 5.0)
        assert way.attempt.hold_until == NOW + patience_s


@pytest.mark.parametrize("before", State)
def test_after_a_raise_the_lane_must_be_clear_for_longer(before: State) -> None:
    raised = before in (State.BACKING_OFF, State.ESCAPE, State.OPENING)
    way = entered(before, State.CLEARING)
    assert way.clear_need_s == (TIMES.clear_after_raise if raised else TIMES.clear)
    way.enter(State.HELD_OPEN, SITE, NOW + 30.0)
    assert way.clear_need_s == TIMES.clear


def test_a_lowering_watches_for_motion_from_where_the_arm_is() -> None:
    way = at(State.CLEARING)
    way.take(Plant(arm="mid").scan().points, TIMES, NOW)
    way.attempt.let_out = True
    way.enter(State.LOWERING, SITE, NOW)
    assert (way.motion_due, way.start_deg, way.attempt.let_out) == (NOW + TIMES.no_motion, 45.0, False)
    way.enter(State.CLEARING, SITE, NOW + 1.0)
    assert way.motion_due is None


def test_retries_and_requests_from_inside_are_counted() -> None:
    way = entered(State.LOWERING, State.BACKING_OFF)
    assert way.attempt.retries == 2
    way = entered(State.CLEARING, State.ESCAPE)
    assert (way.escapes, way.attempt.let_out) == (5, True)
    for state in State:
        expected = 0 if state in (State.OPEN, State.PRE_WARN) else 5 if state is State.ESCAPE else 4
        assert entered(State.CLOSED, state).escapes == expected


def test_the_arm_may_come_down_when_lane_and_warnings_both_allow() -> None:
    way = at(State.CLEARING)
    way.clear_need_s = 3.0
    assert way.clear_at(95.0, 5.0) is None, "the lane is not clear"
    way.lane.clear_since = 92.0
    assert way.clear_at(None, 5.0) is None, "nobody is warned"
    assert way.clear_at(80.0, 5.0) == 95.0
    assert way.clear_at(93.0, 5.0) == 98.0
    way.lane.clear_since = 85.0
    assert way.clear_at(80.0, 5.0) == 93.0, "time before the state does not count"


def test_the_arm_is_driven_only_upon_a_clear_lane_and_up_until_it_is_proved_open() -> None:
    plant, way = Plant(), at(State.LOWERING)
    for loop, motion in ((False, Motion.LOWER), (True, Motion.STOP), (False, Motion.LOWER)):
        plant.loop = loop
        way.take(plant.scan().points, TIMES, NOW)
        assert way.move(0.0, NOW) == [Drive(motion, "north")]
    assert way.move(0.0, NOW + TIMES.lane_age) == [Drive(Motion.STOP, "north")]
    for state in State:
        for arm in ("mid", "open"):
            plant.arm, way = arm, at(state)
            way.take(plant.scan().points, TIMES, NOW)
            raises = state in (State.BACKING_OFF, State.ESCAPE, State.OPENING) and arm == "mid"
            told = [Drive(Motion.LOWER, "north")] if state is State.LOWERING else []
            assert way.move(0.0, NOW) == ([Drive(Motion.RAISE, "north")] if raises else told), state


def test_when_time_alone_may_change_something() -> None:
    attempt = Attempt()
    assert attempt.next_deadline(0.0) is None
    attempt = Attempt(hold_until=5.0, camera_until=7.0)
    assert [attempt.next_deadline(now) for now in (4.9, 5.0, 7.0)] == [5.0, 7.0, None]
    way = at(State.PRE_WARN)
    way.take(Plant().scan().points, replace(TIMES, device_silent=3.0), NOW)
    way.deadline, way.motion_due, way.latched.due, way.driven.due = 201.0, 202.0, 203.0, 204.0
    way.driven.motion = Motion.LOWER
    way.since.held("manual", True, 105.0, NOW)
    assert set(way.deadlines(NOW)) == {
        float("-inf"), 205.0, 107.0, 204.0, 201.0, 202.0,
    }  # fmt: skip
    assert set(way.renewals()) == {NOW + TIMES.lane_age, NOW + 3.0, 203.0}


@pytest.mark.parametrize(("heard_until", "counts"), [(NOW + 0.1, True), (NOW, False)])
def test_what_must_be_watched_counts_afresh_after_a_silence(heard_until: float, counts: bool) -> None:
    way = at(State.CLOSED)
    way.since.held(SHUT, True, 30.0, 90.0)
    way.since.held(KEY_BACK, True, 1.0, 90.0)
    way.since.held("manual", True, 30.0, 90.0)
    way.arm.fresh_until = heard_until
    way.take(Plant(arm="closed").scan().points, TIMES, NOW)
    assert way.since.due.keys() == ({SHUT, KEY_BACK, "manual"} if counts else {"manual"})
