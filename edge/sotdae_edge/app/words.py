"""What the gate says, as messages: pure translation from core values to wire bodies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from sotdae_edge.config import FacilityConfig, GateConfig
from sotdae_edge.core import policies
from sotdae_edge.core.effects import Alarm, Answer, Decided
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.site import Site
from sotdae_edge.core.validity import ChannelState
from sotdae_edge.ports import OutboxStats
from sotdae_shared.messages import (
    DecisionBody,
    Estimate,
    EventBody,
    HealthBody,
    Kind,
    Reading,
    ReportBody,
    TelemetryBody,
)
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag, Unit

CONTEXT: dict[str, Unit] = {
    "river_stage": Unit.CM,
    "rain_rate": Unit.MM_PER_H,
    "arm_angle": Unit.DEGREE,
    "motor_current": Unit.AMPERE,
}
"""Points beside the level channels that go into telemetry, with their units."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What people are shown beside what the gate decides on."""

    estimate: Estimate | None = None
    drifted: frozenset[str] = frozenset()
    """Channels whose dry road is not at zero."""


NOTHING = Beside()


def said(effect: Decided | Alarm | Answer) -> tuple[Kind, BaseModel]:
    """Return the message that tells of an effect."""
    match effect:
        case Decided():
            return Kind.DECISION, _decision(effect)
        case Alarm():
            return Kind.EVENT, EventBody(
                code=effect.code, priority=effect.priority, active=effect.active, text=effect.text[:500],
                data={"test": True} if effect.test else {},
            )  # fmt: skip
        case Answer():
            return Kind.REPORT, ReportBody(report=effect.report, re=effect.re or None, data=effect.data)


def _decision(effect: Decided) -> DecisionBody:
    return DecisionBody(
        decision=effect.decision,
        state=effect.state,
        previous=effect.previous,
        because=tuple(text[:500] for text in effect.because),
        incident=effect.incident,
        first_out=effect.first_out,
        level_cm=effect.level_cm,
        rate_cm_min=effect.rate_cm_min,
        architecture=effect.architecture,
        votes=cast("Any", effect.votes),
        lane=cast("Any", effect.lane),
        command=effect.command,
        verdict=effect.verdict,
        approach=effect.approach or None,
    )


def telemetry(
    gate: Gate, points: Mapping[str, Sample], now: float, beside: Beside = NOTHING
) -> TelemetryBody:
    """Return the newest readings of every channel, the voted level, the estimate, and the context."""
    readings = [
        _channel(channel, channel.spec.name in beside.drifted, now) for channel in gate.sensing.channels
    ]
    readings.append(_reading("level", Unit.CM, gate.sensing.level_cm(now)))
    readings.append(_reading("rate", Unit.CM_PER_MIN, gate.sensing.rate_cm_min()))
    heard = gate.heard(now)
    readings += [
        _reading(name, unit, points[name].value if heard else None)
        for name, unit in CONTEXT.items()
        if name in points
    ]
    readings += [] if beside.estimate is None else _estimated(beside.estimate)
    return TelemetryBody(readings=tuple(readings))


def _estimated(estimate: Estimate) -> list[Reading]:
    """Return the estimate as readings; what lies behind, or is not foreseen, has none."""
    found = [
        _reading("level_est", Unit.CM, estimate.level_cm),
        _reading("level_est_sigma", Unit.CM, estimate.level_sigma_cm),
        _reading("rate_est", Unit.CM_PER_MIN, estimate.rate_cm_min),
        _reading("rate_est_sigma", Unit.CM_PER_MIN, estimate.rate_sigma_cm_min),
    ]
    for name, eta in estimate.eta.items():
        found.append(_reading(f"eta_{name}_s", Unit.SECOND, eta.s))
        found.append(_reading(f"eta_{name}_sigma_s", Unit.SECOND, eta.sigma_s))
    return found


def _flag(flag: Flag, drifted: bool) -> Flag:
    """Return a channel's flag; a good one that has drifted is suspect. It still votes: drift is slow."""
    return Flag.SUSPECT if drifted and flag is Flag.PASS else flag


def _channel(channel: ChannelState, drifted: bool, now: float) -> Reading:
    flag = _flag(channel.flag_at(now), drifted)
    level = channel.level if flag not in (Flag.MISSING, Flag.NOT_EVALUATED) else None
    value = None if level is None else max(level.low, 0.0) if channel.spec.kind == "switch" else level.low
    return Reading(
        channel=channel.spec.name,
        unit=Unit.CM,
        value=None if value is None else round(value, 2),
        flag=flag if value is not None or flag in (Flag.MISSING, Flag.FAIL) else Flag.MISSING,
    )


def _reading(name: str, unit: Unit, value: float | None) -> Reading:
    return Reading(
        channel=name,
        unit=unit,
        value=None if value is None else round(value, 2),
        flag=Flag.MISSING if value is None else Flag.PASS,
    )


def health(
    gate: Gate,
    stats: OutboxStats,
    lost: int,
    own: Sequence[str],
    now: float,
    *,
    beside: Beside = NOTHING,
) -> HealthBody:
    """Return the gate's whole visible state; `own` are alarms of the agent beside the gate's."""
    level_cm, rate = gate.sensing.level_cm(now), gate.sensing.rate_cm_min()
    return HealthBody(
        stage=cast("Any", Stage.CLOSE.value if gate.incident is not None else gate.stage.value),
        barrier=gate.state.value,
        lane=cast("Any", gate.occupancy(now).value),
        level_cm=None if level_cm is None else round(level_cm, 2),
        rate_cm_min=None if rate is None else round(rate, 2),
        estimate=beside.estimate,
        architecture=gate.sensing.close_vote(now).architecture,
        channels={
            name: _flag(flag, name in beside.drifted) for name, flag in gate.sensing.flags(now).items()
        },
        outputs=_read_back(gate, now),
        approaches={way.spec.name: way.state.value for way in gate.approaches if way.spec.name},
        alarms=tuple(sorted({*gate.alarms.active, *own})),
        rungs=gate.standing.rungs,
        uptime_s=round(now - gate.born, 1),
        policy=policies.version(gate),
        policy_waits=policies.waits(gate),
        pending=stats.pending,
        dropped=stats.dropped + lost,
    )


def _read_back(gate: Gate, now: float) -> dict[str, bool | None]:
    """Return what the controller reads back; with several approaches each name begins with its own."""
    found: dict[str, bool | None] = {}
    for way in gate.approaches:
        start = f"{way.spec.name}." if way.spec.name else ""
        found |= {start + name: seen for name, seen in way.arm.read_back(now).items()}
    return found


def place(facility: FacilityConfig) -> dict[str, Any]:
    """Return what makes the place unmistakable, for a birth report."""
    return {
        "name": facility.name,
        "name_en": facility.name_en or facility.name,
        "disambiguation": facility.disambiguation,
        "lat": facility.lat,
        "lon": facility.lon,
    }


def birth(config: GateConfig, site: Site, re: str | None) -> ReportBody:
    """Return the gate's description of itself, with the thresholds that are in force."""
    levels = site.levels
    return ReportBody(
        report="birth",
        re=re,
        data={
            **place(config.facility),
            "thresholds": {
                "caution_cm": levels.caution_cm,
                "close_cm": levels.close_cm,
                "unsafe_cm": levels.unsafe_cm,
                "river_trigger_cm": levels.river_trigger_cm,
            },
            "channels": [channel.name for channel in config.channels],
            "approaches": [{"name": each.name, "side": each.side} for each in config.approaches],
            "lead_s": round(site.lead_s, 1),
            "drill": site.drill,
        },
    )
