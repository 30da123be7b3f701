"""The gate's alarm conditions, and its words for why it took a step."""

from typing import TYPE_CHECKING

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.lane import Lane
from sotdae_shared.units import Flag

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
_LAMPS = ("sign_closed", "flasher_on", "siren_on")


def of(gate: "Gate", now: float) -> list[Condition]:
    """Return every alarm condition as of now."""
    old = now >= gate.born + GRACE_S
    found = _barrier(gate, now) + _water(gate, now)
    if old:
        found += _devices(gate, now) + _sensors(gate, now) + _warnings(gate, now)
    return found


def _barrier(gate: "Gate", now: float) -> list[Condition]:
    found = [Condition(f"gate.{state}", 1, gate.failed is state, text) for state, text in _FAILED.items()]
    manual = gate.since.held("manual", gate.state is State.MANUAL, gate.site.times.manual_alarm, now)
    astray = gate.state is State.OPEN and gate.arm.known(now) and not gate.arm.open_proved(now)
    astray = gate.since.held("astray", astray, gate.site.times.readback, now)
    return [
        *found,
        Condition("gate.manual_long", 2, manual, "the local key has been turned for a long time"),
        Condition("gate.arm_astray", 2, astray, "the arm left its open position without an order"),
        Condition("gate.escapes", 1, gate.escapes > gate.site.retries, "repeated requests from inside"),
        Condition(
            "camera.override", 3, gate.attempt.camera_overridden, "loop and curtain decide over the camera"
        ),
    ]


def _water(gate: "Gate", now: float) -> list[Condition]:
    incident = gate.incident
    why = "; ".join(incident.because) if incident is not None else ""
    caution = gate.stage in (Stage.CAUTION, Stage.CLOSE)
    return [
        Condition("water.close", 1, incident is not None, why),
        Condition("water.caution", 3, caution, "water or river at caution"),
    ]


def _devices(gate: "Gate", now: float) -> list[Condition]:
    heard = gate.arm.known(now)
    unsure = heard and gate.lane.occupancy(now) is Lane.UNKNOWN
    unsure = gate.since.held("lane", unsure, gate.site.times.readback, now)
    mains = gate.sensing.mains_ok is False
    return [
        Condition("controller.silent", 1, not heard, "the barrier controller does not answer"),
        Condition("lane.unknown", 2, unsure, "loop or curtain failed: the arm cannot be lowered"),
        Condition("mains.lost", 2, mains, "mains lost: on battery"),
    ]


def _sensors(gate: "Gate", now: float) -> list[Condition]:
    flags = gate.sensing.flags(now)
    bad = {name for name, flag in flags.items() if flag not in (Flag.PASS, Flag.SUSPECT)}
    left = len(flags) - len(bad)
    found = [
        Condition(f"sensor.{name}", 3 if left >= 2 else 2, name in bad, f"{name}: {flag.name.lower()}")
        for name, flag in flags.items()
    ]
    blind = gate.sensing.blind(now)
    lost = gate.sensing.river_lost(now)
    return [
        *found,
        Condition("level.blind", 1, blind, "no valid level channel; context decides; send somebody"),
        Condition("river.lost", 2, lost, "river gauge silent: its last word ages into caution"),
    ]


def _warnings(gate: "Gate", now: float) -> list[Condition]:
    asked = gate.outputs.warned
    wanted = {
        "sign_closed": asked is not None and asked.closed,
        "flasher_on": asked is not None and asked.closed,
        "siren_on": asked is not None and asked.siren,
    }
    dead = {
        lamp: gate.since.held(
            lamp, wanted[lamp] and gate.arm.flag(lamp, now) is False, gate.site.times.readback, now
        )
        for lamp in _LAMPS
    }
    failed = sum(dead.values()) * 2 > sum(wanted.values()) > 0
    found = [Condition(f"warning.{lamp}", 2, dead[lamp], f"{lamp}: no read-back") for lamp in _LAMPS]
    return [*found, Condition("warning.activation", 1, failed, "activation failure: most warnings are dead")]


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
