"""The gate's alarm conditions, and its words for why it took a step."""

from typing import TYPE_CHECKING

from sotdae_edge.core import bypass, policies
from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.riverside import released

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

GRACE_S = 3.0
"""After a start, what has not been heard yet is not yet an alarm."""

LAMPS = ("sign_closed", "flasher_on", "siren_on")

_FAILED = {
    State.HELD_OPEN: "queue under the arm: held open with every warning closed; send somebody",
    State.PARTIAL: "closed is not proved; send somebody",
    State.OBSTRUCTED: "something blocks the arm; send somebody",
    State.FAULT: "the arm does not obey; send somebody",
}


def of(gate: "Gate", now: float) -> list[Condition]:
    """Return every alarm condition that holds now."""
    found = [*_water(gate), *gate.selftests.conditions(now), *policies.conditions(gate)]
    if gate.sensing.out(now):
        found += bypass.conditions(gate, now)
    if gate.site.drill:
        found.append(_holds("drill.active", 3, f"drill: dry for {gate.site.times.reopen_dry:g} s reopens"))
    heard, settled = gate.heard(now), now >= gate.born + GRACE_S
    for way in gate.approaches:
        found += _barrier(gate, way, now)
        if settled:
            found += _lane(gate, way, now) + _warnings(gate, way, now)
    if settled:
        found += _devices(gate, heard) + _sensors(gate, now)
    return found


def _barrier(gate: "Gate", way: ApproachState, now: float) -> list[Condition]:
    found = []
    if way.failed is not None:
        found.append(_failed(way, way.failed))
    times, spec = gate.site.times, way.spec
    if way.since.held("manual", way.state is State.MANUAL, times.manual_alarm, now):
        text = spec.said("the local key has been turned for a long time")
        found.append(_holds(spec.code("gate.manual_long"), 2, text))
    astray = way.state is State.OPEN and way.arm.known(now) and not way.arm.open_proved(now)
    if way.since.held("astray", astray, times.readback, now):
        text = spec.said("the arm left its open position without an order")
        found.append(_holds(spec.code("gate.arm_astray"), 2, text))
    if gate.site.riverside is not None:
        found += _riverside(gate, way, now)
    if way.escapes > gate.site.retries:
        found.append(_holds(spec.code("gate.escapes"), 1, spec.said("repeated requests from inside")))
    if way.attempt.camera_overridden:
        text = spec.said("loop and curtain decide over the camera")
        found.append(_holds(spec.code("camera.override"), 3, text))
    return found


def _riverside(gate: "Gate", way: ApproachState, now: float) -> list[Condition]:
    found, spec = [], way.spec
    if released(way, now):
        text = spec.said("opened from inside: somebody comes out; it closes behind them")
        found.append(_holds(spec.code("gate.released"), 2, text))
    locked, wanted = way.arm.flag("locked", now), way.latched.engaged
    astray = wanted is not None and locked is not None and locked is not wanted
    if way.since.held("lock", astray, gate.site.times.readback, now):
        text = "the lock holds though it must not" if locked else "the lock does not hold"
        found.append(_holds(spec.code("gate.lock"), 2, spec.said(text)))
    return found


def _failed(way: ApproachState, failed: State) -> Condition:
    code = way.spec.code(f"gate.{failed}")
    if way.is_exit and failed is State.HELD_OPEN:
        return _holds(code, 2, way.spec.said("exit held open: cars may still leave; send somebody"))
    return _holds(code, 1, way.spec.said(_FAILED[failed]))


def _water(gate: "Gate") -> list[Condition]:
    found = gate.rising.conditions() + gate.standing.conditions()
    if gate.incident is not None:
        found.append(_holds("water.close", 1, "; ".join(gate.incident.because)))
    if gate.stage in (Stage.CAUTION, Stage.CLOSE):
        found.append(_holds("water.caution", 3, "water or river at caution"))
    return found


def _lane(gate: "Gate", way: ApproachState, now: float) -> list[Condition]:
    unsure = way.arm.known(now) and way.lane.occupancy(now) is Lane.UNKNOWN
    if not way.since.held("lane", unsure, gate.site.times.readback, now):
        return []
    text = way.spec.said("loop or curtain failed: the arm cannot be lowered")
    return [_holds(way.spec.code("lane.unknown"), 2, text)]


def _devices(gate: "Gate", heard: bool) -> list[Condition]:
    found = []
    if not heard:
        found.append(_holds("controller.silent", 1, "the barrier controller does not answer"))
    if gate.sensing.mains_ok is False:
        found.append(_holds("mains.lost", 2, "mains lost: on battery"))
    return found


def _sensors(gate: "Gate", now: float) -> list[Condition]:
    found = [] if gate.sensing.outlook(now).sound else _channels(gate, now)
    if gate.repair_due is not None and now >= gate.repair_due:
        hours = gate.site.times.repair / 3600.0
        text = f"a channel has been missing for more than {hours:g} h of running"
        found.append(_holds("sensor.repair_overdue", 2, text))
    if gate.sensing.blind(now):
        text = "no valid level channel; context decides; send somebody"
        found.append(_holds("level.blind", 1, text))
    if gate.sensing.river_lost(now):
        found.append(_holds("river.lost", 2, "river gauge silent: its last word ages into caution"))
    return found


def _channels(gate: "Gate", now: float) -> list[Condition]:
    bad = {}
    for channel in gate.sensing.channels:
        trouble = channel.trouble(gate.site, now)
        if trouble is not None:
            bad[channel.spec.name] = trouble
    left = len(gate.sensing.channels) - len(bad.keys() | gate.sensing.out(now))
    priority = 3 if left >= 2 else 2
    return [_holds(f"sensor.{name}", priority, f"{name}: {trouble}") for name, trouble in bad.items()]


def _warnings(gate: "Gate", way: ApproachState, now: float) -> list[Condition]:
    # Lamps under test are judged by their test.
    asked = gate.outputs.warned if gate.selftests.pulse is None else None
    spec = way.spec
    if asked is None or not (asked.closed or asked.siren):
        way.since.forget(*LAMPS)
        return []
    wanted = {"sign_closed": asked.closed, "flasher_on": asked.closed, "siren_on": asked.siren}
    dead = []
    for lamp, lit in wanted.items():
        dark = lit and way.arm.flag(lamp, now) is False
        if way.since.held(lamp, dark, gate.site.times.readback, now):
            dead.append(lamp)
    found = [_holds(spec.code(f"warning.{lamp}"), 2, spec.said(f"{lamp}: no read-back")) for lamp in dead]
    if len(dead) * 2 > sum(wanted.values()):
        text = spec.said("activation failure: most warnings are dead")
        found.append(_holds(spec.code("warning.activation"), 1, text))
    return found


def _holds(code: str, priority: int, text: str) -> Condition:
    return Condition(code, priority, True, text)


def because(gate: "Gate", way: ApproachState, signal: Signal, now: float) -> tuple[str, ...]:
    """Return the reasons of a step, for its record."""
    if signal in (Signal.TRIP, Signal.RESUME_CLOSE) and gate.incident is not None:
        return gate.incident.because
    times = gate.site.times
    texts = {
        Signal.WARNED: f"warnings for {times.pre_warn:g} s",
        Signal.LANE_CLEAR: f"loop and curtain clear for {way.clear_need_s:g} s",
        Signal.LANE_LOST: "the lane is no longer proved clear",
        Signal.QUEUE: f"not clear for {times.held_open:g} s",
        Signal.CLOSED_PROVED: "limit switch and encoder",
        Signal.OBSTRUCTION: "something under the arm" if _occupied(way, now) else "motor stalled",
        Signal.OVERDUE: "no proof at the end of travel",
        Signal.NO_MOTION: "the encoder shows no motion",
        Signal.OPEN_GRANTED: "two people reopened",
        Signal.RESUME_OPEN: "arm proven open, nothing latched",
        Signal.RESUME_CLOSED: "arm proven closed",
        Signal.RESUME_CLOSE: "the arm is not proven open",
    }
    if signal is Signal.LANE_CLEAR and way.attempt.camera_overridden:
        return (texts[signal], f"camera overridden after {times.camera_hold:g} s")
    return (texts.get(signal, signal.value.replace("_", " ")),)


def _occupied(way: ApproachState, now: float) -> bool:
    return way.lane.occupancy(now) is Lane.OCCUPIED
