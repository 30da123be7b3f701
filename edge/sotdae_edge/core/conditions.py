"""The gate's alarm conditions, and its words for why it took a step."""

from typing import TYPE_CHECKING

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.lane import Lane

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

GRACE_S = 3.0
"""After a start, what has not been heard yet is not yet an alarm."""

_FAILED = {
    State.HELD_OPEN: "queue under the arm: held open with every warning closed; send somebody",
    State.PARTIAL: "closed is not proved; send somebody",
    State.OBSTRUCTED: "something blocks the arm; send somebody",
    State.FAULT: "the arm does not obey; send somebody",
}


def of(gate: "Gate", now: float) -> list[Condition]:
    """Return every alarm condition that holds now."""
    found = _barrier(gate, now) + _water(gate)
    if gate.site.drill:
        found.append(_holds("drill.active", 3, f"drill: dry for {gate.site.times.reopen_dry:g} s reopens"))
    if now >= gate.born + GRACE_S:
        found += _devices(gate, now) + _sensors(gate, now) + _warnings(gate, now)
    return found


def _barrier(gate: "Gate", now: float) -> list[Condition]:
    found = []
    if gate.failed is not None:
        found.append(_holds(f"gate.{gate.failed}", 1, _FAILED[gate.failed]))
    times, manual, is_open = gate.site.times, gate.state is State.MANUAL, gate.state is State.OPEN
    if gate.since.held("manual", manual, times.manual_alarm, now):
        found.append(_holds("gate.manual_long", 2, "the local key has been turned for a long time"))
    astray = is_open and gate.arm.known(now) and not gate.arm.open_proved(now)
    if gate.since.held("astray", astray, times.readback, now):
        found.append(_holds("gate.arm_astray", 2, "the arm left its open position without an order"))
    if gate.escapes > gate.site.retries:
        found.append(_holds("gate.escapes", 1, "repeated requests from inside"))
    if gate.attempt.camera_overridden:
        found.append(_holds("camera.override", 3, "loop and curtain decide over the camera"))
    return found


def _water(gate: "Gate") -> list[Condition]:
    found = []
    if gate.incident is not None:
        found.append(_holds("water.close", 1, "; ".join(gate.incident.because)))
    if gate.stage in (Stage.CAUTION, Stage.CLOSE):
        found.append(_holds("water.caution", 3, "water or river at caution"))
    return found


def _devices(gate: "Gate", now: float) -> list[Condition]:
    found = []
    heard = gate.arm.known(now)
    if not heard:
        found.append(_holds("controller.silent", 1, "the barrier controller does not answer"))
    unsure = heard and gate.lane.occupancy(now) is Lane.UNKNOWN
    if gate.since.held("lane", unsure, gate.site.times.readback, now):
        found.append(_holds("lane.unknown", 2, "loop or curtain failed: the arm cannot be lowered"))
    if gate.sensing.mains_ok is False:
        found.append(_holds("mains.lost", 2, "mains lost: on battery"))
    return found


def _sensors(gate: "Gate", now: float) -> list[Condition]:
    bad = {}
    for channel in gate.sensing.channels:
        trouble = channel.trouble(gate.site, now)
        if trouble is not None:
            bad[channel.spec.name] = trouble
    priority = 3 if len(gate.sensing.channels) - len(bad) >= 2 else 2
    found = [_holds(f"sensor.{name}", priority, f"{name}: {trouble}") for name, trouble in bad.items()]
    if gate.sensing.blind(now):
        text = "no valid level channel; context decides; send somebody"
        found.append(_holds("level.blind", 1, text))
    if gate.sensing.river_lost(now):
        found.append(_holds("river.lost", 2, "river gauge silent: its last word ages into caution"))
    return found


def _warnings(gate: "Gate", now: float) -> list[Condition]:
    asked = gate.outputs.warned
    closed, siren = (False, False) if asked is None else (asked.closed, asked.siren)
    wanted = {"sign_closed": closed, "flasher_on": closed, "siren_on": siren}
    dead = []
    for lamp, lit in wanted.items():
        dark = lit and gate.arm.flag(lamp, now) is False
        if gate.since.held(lamp, dark, gate.site.times.readback, now):
            dead.append(lamp)
    found = [_holds(f"warning.{lamp}", 2, f"{lamp}: no read-back") for lamp in dead]
    if len(dead) * 2 > sum(wanted.values()):
        found.append(_holds("warning.activation", 1, "activation failure: most warnings are dead"))
    return found


def _holds(code: str, priority: int, text: str) -> Condition:
    return Condition(code, priority, True, text)


def because(gate: "Gate", signal: Signal, before: State, now: float) -> tuple[str, ...]:
    """Return the reasons of a step, for its record."""
    if signal in (Signal.TRIP, Signal.RESUME_CLOSE) and gate.incident is not None:
        return gate.incident.because
    times = gate.site.times
    texts = {
        Signal.WARNED: f"warnings for {times.pre_warn:g} s",
        Signal.LANE_CLEAR: f"loop and curtain clear for {gate.clear_need_s:g} s",
        Signal.LANE_LOST: "the lane is no longer proved clear",
        Signal.QUEUE: f"not clear for {times.held_open:g} s",
        Signal.CLOSED_PROVED: "limit switch and encoder",
        Signal.OBSTRUCTION: "something under the arm" if _occupied(gate, now) else "motor stalled",
        Signal.OVERDUE: "no proof at the end of travel",
        Signal.NO_MOTION: "the encoder shows no motion",
        Signal.OPEN_GRANTED: "two people reopened",
        Signal.RESUME_OPEN: "arm proven open, nothing latched",
        Signal.RESUME_CLOSED: "arm proven closed",
        Signal.RESUME_CLOSE: "the arm is not proven open",
    }
    if signal is Signal.LANE_CLEAR and gate.attempt.camera_overridden:
        return (texts[signal], f"camera overridden after {times.camera_hold:g} s")
    return (texts.get(signal, signal.value.replace("_", " ")),)


def _occupied(gate: "Gate", now: float) -> bool:
    return gate.lane.occupancy(now) is Lane.OCCUPIED
