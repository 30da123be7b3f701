"""What is told again, and when: warnings and a lock every second, a permit before the last one ends."""

import pytest

from sotdae_edge.core.effects import Drive, Lock, Motion, Warn
from sotdae_edge.core.outputs import ASSERT_S, Driven, Latched, Outputs

CLOSED = Warn(closed=True, siren=True, caution=False)
OPEN = Warn(closed=False, siren=False, caution=False)


def test_warnings_are_said_when_they_change_and_again_every_second() -> None:
    outputs = Outputs()
    assert outputs.warn(OPEN, 10.0) == [OPEN]
    assert outputs.warn(OPEN, 10.9) == []
    assert outputs.next_deadline(10.9) == 10.0 + ASSERT_S
    assert outputs.warn(CLOSED, 10.95) == [CLOSED]
    assert outputs.warn(CLOSED, 11.9) == []
    assert outputs.warn(CLOSED, 11.95) == [CLOSED]
    assert outputs.next_deadline(20.0) is None
    assert outputs.next_deadline(12.95) is None


def test_a_gate_at_rest_says_again_what_it_said_and_nothing_before_its_first_word() -> None:
    outputs = Outputs()
    assert outputs.again(10.0) == []
    outputs.warn(CLOSED, 10.0)
    assert outputs.again(10.9) == []
    assert outputs.again(11.0) == [CLOSED]
    assert outputs.again(11.1) == []
    assert outputs.next_deadline(11.1) == 12.0


def test_since_when_the_warnings_are_closed_counts_from_the_first_word() -> None:
    outputs = Outputs()
    outputs.warn(OPEN, 10.0)
    assert outputs.closed_since is None
    outputs.warn(CLOSED, 11.0)
    outputs.warn(CLOSED, 13.0)
    assert outputs.closed_since == 11.0
    outputs.warn(OPEN, 14.0)
    assert outputs.closed_since is None


@pytest.mark.parametrize("motion", [Motion.LOWER, Motion.RAISE])
def test_a_permit_is_renewed_and_a_stop_is_said_once(motion: Motion) -> None:
    driven = Driven()
    assert driven.move(Motion.STOP, "north", 0.1, 10.0) == []
    assert driven.next_deadline(10.0) is None
    assert driven.move(motion, "north", 0.1, 10.0) == [Drive(motion, "north")]
    assert driven.next_deadline(10.05) == pytest.approx(10.1)
    assert driven.move(motion, "north", 0.1, 10.05) == []
    assert driven.move(motion, "north", 0.1, 10.1) == [Drive(motion, "north")]
    assert driven.next_deadline(10.2) is None
    assert driven.move(Motion.STOP, "north", 0.1, 10.11) == [Drive(Motion.STOP, "north")]
    assert driven.next_deadline(10.12) is None
    assert driven.move(Motion.STOP, "north", 0.1, 30.0) == []


def test_another_motion_is_said_at_once() -> None:
    driven = Driven()
    driven.move(Motion.LOWER, "", 0.1, 10.0)
    assert driven.move(Motion.RAISE, "", 0.1, 10.01) == [Drive(Motion.RAISE)]


def test_a_lock_is_said_when_it_changes_and_again_every_second() -> None:
    latched = Latched()
    assert latched.hold(False, "east", 10.0) == [Lock(False, "east")]
    assert latched.hold(False, "east", 10.9) == []
    assert latched.hold(False, "east", 11.0) == [Lock(False, "east")]
    assert latched.hold(True, "east", 11.1) == [Lock(True, "east")]
    assert (latched.engaged, latched.due) == (True, 11.1 + ASSERT_S)
