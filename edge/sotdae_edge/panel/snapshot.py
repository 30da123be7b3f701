"""A gate as a panel shows it: every value with its age or its reason, None where nothing is known."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat

from sotdae_shared.messages import ClockTrust, Estimate
from sotdae_shared.units import Flag

Known = bool | None


class _Seen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceSeen(_Seen):
    """Which place this is, unmistakably."""

    facility: str
    node: str
    name: str
    name_en: str
    disambiguation: str
    drill: bool


class BypassSeen(_Seen):
    """Who took a channel out of the vote, why, and for how much longer."""

    by: str
    reason: str
    left_s: FiniteFloat


class ChannelSeen(_Seen):
    """A level channel: the water lies between `low_cm` and `high_cm`."""

    name: str
    kind: Literal["analog", "switch"]
    low_cm: FiniteFloat | None
    high_cm: FiniteFloat | None
    flag: Flag
    age_s: FiniteFloat | None
    ballot: Literal["trip", "dry", "abstain", "bad"]
    why: str | None
    """What a person must see to."""
    bypass: BypassSeen | None


class WaterSeen(_Seen):
    """Water, river, rain and mains, as voted and as read."""

    stage: str
    level_cm: FiniteFloat | None
    rate_cm_min: FiniteFloat | None
    architecture: str
    close_cm: FiniteFloat
    trips: tuple[str, ...]
    """Every cause to close that is present now."""
    channels: tuple[ChannelSeen, ...]
    river_cm: FiniteFloat | None
    river_trigger_cm: FiniteFloat | None
    rain_mm_h: FiniteFloat | None
    mains_ok: Known
    estimate: Estimate | None
    """The filtered level and when it reaches what; it decides nothing."""
    dry_s: FiniteFloat
    """For how long everything has been seen dry; `dry_need_s` is what a reopening needs."""
    dry_need_s: FiniteFloat


class LampSeen(_Seen):
    """One warning: what the gate asked for, and what the controller reads back."""

    name: str
    asked: Known
    read: Known


class ArmSeen(_Seen):
    """One approach: its arm, its lanes, its warnings, as the controller says."""

    name: str
    """Empty for the only one of a facility."""
    side: Literal["entry", "exit"]
    state: str
    failed: str | None
    since_s: FiniteFloat
    """For how long it has been in this state."""
    lane: Literal["clear", "occupied", "unknown"]
    witnesses: dict[str, Literal["clear", "occupied", "unknown"]]
    camera: Literal["none", "silent", "occupied", "nothing"]
    angle_deg: FiniteFloat | None
    motor_a: FiniteFloat | None
    limit_open: Known
    limit_closed: Known
    proved: Literal["open", "closed"] | None
    local_key: Known
    inside_request: Known
    inside_release: Known
    """The inside handle of a riverside gate, and its lock; None where there is none."""
    locked: Known
    lamps: tuple[LampSeen, ...]


class IncidentSeen(_Seen):
    """The latched cause to be closed. Only people end it."""

    name: str
    cause: str
    first_out: str
    because: tuple[str, ...]
    ordered_by: str | None


class AlarmSeen(_Seen):
    """An active alarm; priority 1 is life safety."""

    code: str
    priority: int
    text: str


class DecisionSeen(_Seen):
    """One of the last decisions."""

    at: AwareDatetime
    decision: str
    state: str
    previous: str
    because: tuple[str, ...]
    verdict: Literal["accepted", "refused"] | None


class HubSeen(_Seen):
    """The way to the hub."""

    configured: bool
    connected: bool
    heard_s: FiniteFloat
    """How long ago the hub last gave a sign of life."""
    pending: int | None
    """Messages waiting in the outbox; None when they cannot be counted."""
    dropped: int | None


class Snapshot(_Seen):
    """The whole gate."""

    place: PlaceSeen
    boot: str
    uptime_s: FiniteFloat
    clock: ClockTrust
    state: str
    """The gate's as a whole: that of the approach that is least closed."""
    incident: IncidentSeen | None
    water: WaterSeen
    arms: tuple[ArmSeen, ...]
    alarms: tuple[AlarmSeen, ...]
    """Most urgent first."""
    decisions: tuple[DecisionSeen, ...]
    """Newest first."""
    hub: HubSeen
    voice: str | None
    """What a riverside gate is told to say; None where there is no voice."""
    testing: tuple[str, ...]
    """Actuators under test now."""
    controller_heard: bool
    last_seq: dict[str, int]
    """By key: the highest number of an accepted order."""
