"""What a panel is shown: pure translation from the gate and its agent to a snapshot."""

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Literal

from sotdae_edge.config import FacilityConfig
from sotdae_edge.core.alarms import AlarmBook
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.authority import Rank
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.lane import Witness
from sotdae_edge.core.validity import ChannelState
from sotdae_edge.panel.snapshot import (
    AlarmSeen,
    ArmSeen,
    BypassSeen,
    ChannelSeen,
    DecisionSeen,
    HubSeen,
    IncidentSeen,
    LampSeen,
    PlaceSeen,
    Snapshot,
    WaterSeen,
)
from sotdae_edge.panel.wire import Shown
from sotdae_shared.messages import DecisionBody, Estimate

if TYPE_CHECKING:
    from sotdae_edge.app.gate import GateApp

REMEMBERED = 20
"""Decisions that a panel can look back on."""

Occupancy = Literal["clear", "occupied", "unknown"]
Camera = Literal["none", "silent", "occupied", "nothing"]


def decision_seen(body: DecisionBody, at: datetime) -> DecisionSeen:
    """Return a decision as a panel remembers it."""
    return DecisionSeen(
        at=at,
        decision=body.decision,
        state=body.state,
        previous=body.previous,
        because=body.because,
        verdict=body.verdict,
    )


def shown(app: "GateApp") -> Shown:
    """Return the gate as of now, with what its agent knows besides."""
    now, gate = app.clock.monotonic(), app.gate
    found = Snapshot(
        place=_place(gate, app.config.facility),
        boot=gate.boot,
        uptime_s=now - gate.born,
        clock=app.clock.trust(),
        state=gate.state.value,
        incident=_incident(gate),
        water=_water(gate, app.display.fresh(now), now),
        arms=tuple(_arm(gate, way, _camera(way, app, now), now) for way in gate.approaches),
        alarms=_alarms(gate.alarms, app.watched),
        decisions=tuple(app.recent),
        hub=_hub(app, now),
        voice=_voice(gate),
        testing=tuple(sorted(gate.selftests.running())),
        controller_heard=gate.heard(now),
        last_seq=dict(gate.last_seq),
    )
    return Shown(at=app.clock.wall(), gate=found)


def _ago(way: ApproachState, gate: Gate, now: float) -> float:
    return max(0.0, now - (way.entered if isfinite(way.entered) else gate.born))


def _place(gate: Gate, facility: FacilityConfig) -> PlaceSeen:
    return PlaceSeen(
        facility=str(facility.id),
        node=facility.node,
        name=facility.name,
        name_en=facility.name_en or facility.name,
        disambiguation=facility.disambiguation,
        drill=gate.site.drill,
    )


def _incident(gate: Gate) -> IncidentSeen | None:
    if (found := gate.incident) is None:
        return None
    rank = None if found.rank is None else Rank(found.rank).name.lower()
    return IncidentSeen(
        name=found.name, cause=found.cause, first_out=found.first_out, because=found.because, ordered_by=rank
    )


def _water(gate: Gate, estimate: Estimate | None, now: float) -> WaterSeen:
    sensing, levels = gate.sensing, gate.site.levels
    ballot = sensing.close_vote(now)
    return WaterSeen(
        stage=Stage.CLOSE.value if gate.incident is not None else gate.stage.value,
        level_cm=sensing.level_cm(now),
        rate_cm_min=sensing.rate_cm_min(),
        architecture=ballot.architecture,
        close_cm=levels.close_cm,
        trips=tuple(text for trip in gate.trips for text in trip.because),
        channels=tuple(
            _channel(gate, each, ballot.ballots[each.spec.name], now) for each in sensing.channels
        ),
        river_cm=sensing.river.at(now),
        river_trigger_cm=levels.river_trigger_cm,
        rain_mm_h=sensing.rain.at(now),
        mains_ok=sensing.mains_ok if gate.heard(now) else None,
        estimate=estimate,
        dry_s=gate.dry_s(now),
        dry_need_s=gate.site.times.reopen_dry,
    )


def _channel(
    gate: Gate, channel: ChannelState, ballot: Literal["trip", "dry", "abstain", "bad"], now: float
) -> ChannelSeen:
    level, bypass = channel.seen(now), channel.bypass if channel.bypassed(now) else None
    taken = channel.fresh_until - gate.site.times.channel_age
    return ChannelSeen(
        name=channel.spec.name,
        kind=channel.spec.kind,
        low_cm=None if level is None else level.low,
        high_cm=None if level is None else level.high,
        flag=channel.flag_at(now),
        age_s=now - taken if isfinite(taken) else None,
        ballot=ballot,
        why=channel.trouble(gate.site, now),
        bypass=None
        if bypass is None
        else BypassSeen(by=bypass.by, reason=bypass.reason, left_s=bypass.until - now),
    )


def _arm(gate: Gate, way: ApproachState, camera: Camera, now: float) -> ArmSeen:
    arm = way.arm
    proved: Literal["open", "closed"] | None = "closed" if arm.closed_proved(now) else None
    return ArmSeen(
        name=way.spec.name,
        side=way.spec.side,
        state=way.state.value,
        failed=None if way.failed is None else way.failed.value,
        since_s=_ago(way, gate, now),
        lane=way.lane.occupancy(now).value,
        witnesses={each.point: _witness(each, now) for each in way.lane.witnesses},
        camera=camera,
        angle_deg=arm.value("arm_angle", now),
        motor_a=arm.value("motor_current", now),
        limit_open=arm.flag("limit_open", now),
        limit_closed=arm.flag("limit_closed", now),
        proved="open" if arm.open_proved(now) else proved,
        local_key=arm.flag("local_key", now),
        inside_request=arm.flag("inside_request", now),
        inside_release=arm.flag("inside_release", now),
        locked=arm.flag("locked", now),
        lamps=_lamps(gate, way, now),
    )


def _camera(way: ApproachState, app: "GateApp", now: float) -> Camera:
    """Return the camera's word on an approach. Its silence is not an empty lane."""
    if way.lane.camera_occupied(now):
        return "occupied"
    camera = app.config.camera
    if app.eyes is None or camera is None or camera.approach not in ("", way.spec.name):
        return "none"
    return "nothing" if app.eyes.problem is None else "silent"


def _witness(each: Witness, now: float) -> Occupancy:
    if not each.healthy or now >= each.fresh_until:
        return "unknown"
    return "occupied" if each.occupied else "clear"


def _lamps(gate: Gate, way: ApproachState, now: float) -> tuple[LampSeen, ...]:
    asked = gate.outputs.warned
    closed, siren, caution = (
        (None, None, None) if asked is None else (asked.closed, asked.siren, asked.caution)
    )
    wanted = {"sign_closed": closed, "flasher_on": closed, "siren_on": siren, "sign_caution": caution}
    return tuple(LampSeen(name=name, asked=on, read=way.arm.flag(name, now)) for name, on in wanted.items())


def _voice(gate: Gate) -> str | None:
    asked = gate.outputs.warned
    return None if gate.site.riverside is None or asked is None else asked.voice.name.lower()


def _alarms(*books: AlarmBook) -> tuple[AlarmSeen, ...]:
    found = [
        AlarmSeen(code=code, priority=priority, text=book.texts[code])
        for book in books
        for code, priority in book.active.items()
    ]
    return tuple(sorted(found, key=lambda alarm: (alarm.priority, alarm.code)))


def _hub(app: "GateApp", now: float) -> HubSeen:
    stats = app.stats
    return HubSeen(
        configured=app.uplink is not None,
        connected=app.uplink is not None and app.uplink.session > 0,
        heard_s=max(0.0, now - app.gate.hub_heard),
        pending=None if stats is None else stats.pending,
        dropped=None if stats is None else stats.dropped + app.recorder.lost,
    )
