"""Which signal the gate gives its barrier now: one guard per state, looked up in a table."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.lane import Lane

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

Guard = Callable[["Gate", float], Signal | None]


def next_signal(gate: "Gate", now: float) -> Signal | None:
    """Return the signal that is due, or None. A person's key goes before everything."""
    if gate.state is not State.MANUAL and gate.arm.flag("local_key", now):
        return Signal.KEY_ON
    return GUARDS[gate.state](gate, now)


def _start(gate: "Gate", now: float) -> Signal | None:
    """After a start: what the controller does not say, be it the key, does not delay protection."""
    return _resume(gate, now, gate.incident is None) if gate.arm.known(now) else None


def _manual(gate: "Gate", now: float) -> Signal | None:
    """Only a key that is seen turned back ends MANUAL; a person may have raised the arm after the flood."""
    if gate.arm.flag("local_key", now) is not False:
        return None
    return _resume(gate, now, gate.incident is None or gate.dry_s(now) >= gate.site.times.reopen_dry)


def _resume(gate: "Gate", now: float, released: bool) -> Signal:
    """Open only if nothing holds the gate and the arm is proven open."""
    if released and not gate.trips and gate.arm.open_proved(now):
        return Signal.RESUME_OPEN
    return Signal.RESUME_CLOSED if gate.arm.closed_proved(now) else Signal.RESUME_CLOSE


def _open(gate: "Gate", now: float) -> Signal | None:
    return Signal.TRIP if gate.incident is not None else None


def _pre_warn(gate: "Gate", now: float) -> Signal | None:
    return Signal.WARNED if _due(gate, now) else None


def _clearing(gate: "Gate", now: float) -> Signal | None:
    if gate.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    if _may_lower(gate, now):
        return Signal.LANE_CLEAR
    held = gate.attempt.hold_until is not None and now >= gate.attempt.hold_until
    return Signal.QUEUE if held and gate.lane.occupancy(now) is not Lane.CLEAR else None


def _may_lower(gate: "Gate", now: float) -> bool:
    clear_at = gate.clear_at()
    if gate.lane.occupancy(now) is not Lane.CLEAR or clear_at is None or now < clear_at:
        return False
    return not camera_holds(gate, now)


def camera_holds(gate: "Gate", now: float) -> bool:
    """Tell whether the camera delays motion. Its patience is counted once for each closing."""
    if not gate.lane.camera_occupied(now):
        return False
    if gate.attempt.camera_until is None:
        gate.attempt.camera_until = now + gate.site.times.camera_hold
    if now < gate.attempt.camera_until:
        return True
    gate.attempt.camera_overridden = True
    return False


def _lowering(gate: "Gate", now: float) -> Signal | None:
    if gate.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    current = gate.arm.value("motor_current", now)
    strained = current is not None and current >= gate.site.stall_a
    stalled = gate.since.held("stall", strained, gate.site.times.stall, now)
    at_bottom = gate.arm.at_bottom(now)
    if gate.lane.occupancy(now) is Lane.OCCUPIED or (stalled and not at_bottom):
        return Signal.OBSTRUCTION
    # A break that nobody watched (a stalled agent) counts like one that was seen.
    if not gate.lane.clear_through(gate.entered) or camera_holds(gate, now):
        return Signal.LANE_LOST
    if _still(gate, now):
        return Signal.NO_MOTION
    # Down but not proved, as with a dead limit switch: to back off would only open the road again.
    return Signal.OVERDUE if _due(gate, now) or stalled else None


def _still(gate: "Gate", now: float) -> bool:
    """Tell whether the arm was told to move and has not; proved by the encoder, else not claimed."""
    if gate.motion_due is None or now < gate.motion_due:
        return False
    angle = gate.arm.value("arm_angle", now)
    gate.motion_due = None
    return angle is not None and gate.start_deg is not None and abs(angle - gate.start_deg) < 1.0


def _backing_off(gate: "Gate", now: float) -> Signal | None:
    if not (_due(gate, now) or gate.arm.open_proved(now)):
        return None
    return Signal.RETRIES_SPENT if gate.attempt.retries > gate.site.retries else Signal.BACKED_OFF


def _closed(gate: "Gate", now: float) -> Signal | None:
    if gate.incident is None:
        return Signal.OPEN_GRANTED
    if gate.arm.flag("inside_request", now):
        return Signal.ESCAPE_ASKED
    # Silence of the controller is an alarm of its own; the proof is lost only by a contrary word.
    contrary = gate.arm.known(now) and not gate.arm.closed_proved(now)
    if gate.since.held("proof", contrary, gate.site.times.proof_lost, now):
        return Signal.PROOF_LOST
    return None


def _escape(gate: "Gate", now: float) -> Signal | None:
    gone = gate.arm.open_proved(now) and gate.arm.flag("inside_request", now) is False
    left = gone and gate.lane.occupancy(now) is Lane.CLEAR
    passed = gate.since.held("escaped", left, gate.site.times.clear_after_raise, now)
    return Signal.RAISED if passed or _due(gate, now) else None


def _held_open(gate: "Gate", now: float) -> Signal | None:
    if gate.incident is None:
        return Signal.OPEN_GRANTED
    if gate.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    return Signal.LANE_CLEAR if _may_lower(gate, now) else None


def _resting(gate: "Gate", now: float) -> Signal | None:
    if gate.incident is None:
        return Signal.OPEN_GRANTED
    if gate.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    if gate.arm.flag("inside_request", now) and not gate.arm.open_proved(now):
        return Signal.ESCAPE_ASKED
    return Signal.RETRY if _due(gate, now) else None


def _opening(gate: "Gate", now: float) -> Signal | None:
    if gate.incident is not None:
        return Signal.TRIP
    if gate.arm.open_proved(now):
        return Signal.OPEN_PROVED
    return Signal.OVERDUE if _due(gate, now) else None


def _due(gate: "Gate", now: float) -> bool:
    return gate.deadline is not None and now >= gate.deadline


GUARDS: dict[State, Guard] = {
    State.START: _start,
    State.OPEN: _open,
    State.PRE_WARN: _pre_warn,
    State.CLEARING: _clearing,
    State.LOWERING: _lowering,
    State.BACKING_OFF: _backing_off,
    State.CLOSED: _closed,
    State.HELD_OPEN: _held_open,
    State.ESCAPE: _escape,
    State.PARTIAL: _resting,
    State.OBSTRUCTED: _resting,
    State.FAULT: _resting,
    State.OPENING: _opening,
    State.MANUAL: _manual,
}
