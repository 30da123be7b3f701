"""Which signal the gate gives its barrier now: one guard per state, looked up in a table."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sotdae_edge.core.approach import KEY_BACK, ApproachState
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.riverside import released

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

KEY_BACK_S = 1.0
"""A key is turned back, and a handle let go, when it has been seen so for so long: contacts are loose."""

Guard = Callable[["Gate", ApproachState, float], Signal | None]


def next_signal(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    """Return the signal that is due, or None. A person's hand goes before everything."""
    if way.state is not State.MANUAL and _by_hand(gate, way, now):
        return Signal.KEY_ON
    return GUARDS[way.state](gate, way, now)


def _by_hand(gate: "Gate", way: ApproachState, now: float) -> bool | None:
    """Tell whether somebody has the key turned or, at the riverside, the inside handle; None: unknown."""
    turned = way.arm.flag("local_key", now)
    if gate.site.riverside is None:
        return turned
    hands = (turned, released(way, now))
    return True if True in hands else None if None in hands else False


def _start(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    """After a start: what the controller does not say, be it the key, does not delay protection."""
    return _resume(gate, way, now, gate.incident is None) if way.arm.known(now) else None


def _manual(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    """Only a key that stays turned back ends MANUAL; a person may have raised the arm after the flood.

    But one key opens one arm: while another approach is still closed, this one closes again. And at the
    riverside, where the inside handle is anybody's, no hand ends an incident.
    """
    if not way.since.held(KEY_BACK, _by_hand(gate, way, now) is False, KEY_BACK_S, now):
        return None
    way.since.forget(KEY_BACK)
    others = all(other.state in (State.OPEN, State.MANUAL) for other in gate.approaches)
    dry = others and gate.site.riverside is None and gate.dry_s(now) >= gate.site.times.reopen_dry
    return _resume(gate, way, now, gate.incident is None or dry)


def _resume(gate: "Gate", way: ApproachState, now: float, released: bool) -> Signal:
    """Open only if nothing holds the gate and the arm is proven open."""
    if released and not gate.trips and way.arm.open_proved(now):
        return Signal.RESUME_OPEN
    return Signal.RESUME_CLOSED if way.arm.closed_proved(now) else Signal.RESUME_CLOSE


def _open(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    return Signal.TRIP if gate.incident is not None else None


def _pre_warn(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    return Signal.WARNED if _due(way, now) else None


def _clearing(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if way.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    held = way.attempt.hold_until is not None and now >= way.attempt.hold_until
    if held and not _free(gate, way, now):
        return Signal.QUEUE
    if _bars_the_way_out(way, now) and not way.attempt.let_out:
        return Signal.ESCAPE_ASKED
    return Signal.LANE_CLEAR if _may_lower(gate, way, now) else None


def _free(gate: "Gate", way: ApproachState, now: float) -> bool:
    """Tell whether nothing is under the arm and, at an exit, nobody is left inside."""
    if way.lane.occupancy(now) is not Lane.CLEAR:
        return False
    emptied_at = gate.emptied_at() if way.is_exit else now
    return emptied_at is not None and now >= emptied_at


def _may_lower(gate: "Gate", way: ApproachState, now: float) -> bool:
    clear_at = gate.clear_at(way)
    if clear_at is None or now < clear_at or not _free(gate, way, now):
        return False
    return not camera_holds(gate, way, now)


def camera_holds(gate: "Gate", way: ApproachState, now: float) -> bool:
    """Tell whether the camera delays motion. Its patience is counted once for each closing."""
    if not way.lane.camera_occupied(now):
        return False
    if way.attempt.camera_until is None:
        way.attempt.camera_until = now + gate.site.times.camera_hold
    if now < way.attempt.camera_until:
        return True
    way.attempt.camera_overridden = True
    return False


def _lowering(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if way.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    current = way.arm.value("motor_current", now)
    strained = current is not None and current >= gate.site.stall_a
    stalled = way.since.held("stall", strained, gate.site.times.stall, now)
    at_bottom = way.arm.at_bottom(now)
    if way.lane.occupancy(now) is Lane.OCCUPIED or (stalled and not at_bottom):
        return Signal.OBSTRUCTION
    # A break that nobody watched (a stalled agent) counts like one that was seen.
    watched = way.lane.clear_through(way.entered) and _free(gate, way, now)
    if not watched or camera_holds(gate, way, now):
        return Signal.LANE_LOST
    if _still(way, now):
        return Signal.NO_MOTION
    # Down but not proved, as with a dead limit switch: to back off would only open the road again.
    return Signal.OVERDUE if _due(way, now) or stalled else None


def _still(way: ApproachState, now: float) -> bool:
    """Tell whether the arm was told to move and has not; proved by the encoder, else not claimed."""
    if way.motion_due is None or now < way.motion_due:
        return False
    angle = way.arm.value("arm_angle", now)
    way.motion_due = None
    return angle is not None and way.start_deg is not None and abs(angle - way.start_deg) < 1.0


def _backing_off(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if not (_due(way, now) or way.arm.open_proved(now)):
        return None
    return Signal.RETRIES_SPENT if way.attempt.retries > gate.site.retries else Signal.BACKED_OFF


def _closed(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if gate.incident is None:
        return Signal.OPEN_GRANTED
    if way.arm.flag("inside_request", now) or _fails_up(way, now):
        return Signal.ESCAPE_ASKED
    # Silence of the controller is an alarm of its own; the proof is lost only by a contrary word.
    contrary = way.arm.known(now) and not way.arm.closed_proved(now)
    if way.since.held("proof", contrary, gate.site.times.proof_lost, now):
        return Signal.PROOF_LOST
    return None


def _fails_up(way: ApproachState, now: float) -> bool:
    """Tell whether an exit must be raised: somebody is under it, or nobody can tell (DOMAIN 1.5)."""
    return way.is_exit and way.arm.known(now) and way.lane.occupancy(now) is not Lane.CLEAR


def _bars_the_way_out(way: ApproachState, now: float) -> bool:
    """Tell whether somebody wants out, and the arm, whatever it was doing, is not proved open."""
    asked = way.arm.flag("inside_request", now) or _fails_up(way, now)
    return asked and not way.arm.open_proved(now)


def _escape(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    gone = way.arm.open_proved(now) and way.arm.flag("inside_request", now) is False
    left = gone and way.lane.occupancy(now) is Lane.CLEAR
    passed = way.since.held("escaped", left, gate.site.times.clear_after_raise, now)
    return Signal.RAISED if passed or _due(way, now) else None


def _held_open(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if gate.incident is None:
        return Signal.OPEN_GRANTED
    if way.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    if _bars_the_way_out(way, now):
        return Signal.ESCAPE_ASKED
    return Signal.LANE_CLEAR if _may_lower(gate, way, now) else None


def _resting(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if gate.incident is None:
        return Signal.OPEN_GRANTED
    if way.arm.closed_proved(now):
        return Signal.CLOSED_PROVED
    if _bars_the_way_out(way, now):
        return Signal.ESCAPE_ASKED
    return Signal.RETRY if _due(way, now) else None


def _opening(gate: "Gate", way: ApproachState, now: float) -> Signal | None:
    if gate.incident is not None:
        return Signal.TRIP
    if way.arm.open_proved(now):
        return Signal.OPEN_PROVED
    return Signal.OVERDUE if _due(way, now) else None


def _due(way: ApproachState, now: float) -> bool:
    return way.deadline is not None and now >= way.deadline


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
