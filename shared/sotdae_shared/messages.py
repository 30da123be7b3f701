"""Every message that crosses a process, once.

The header (`v` to `seq`) stays stable across versions, so that a hub can account for a message whose
body it cannot read. Upward bodies ignore unknown fields (a hub accepts schema N and N-1); downward
bodies forbid them (an edge obeys nothing it does not fully understand).
"""

import json
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, FiniteFloat

from sotdae_shared.ids import BootText, FacilityText, FacilityType, NodeText
from sotdae_shared.units import Flag, Unit

SCHEMA_VERSION = 1
MAX_READINGS = 2_000
"""Readings in one telemetry message: a city agent's batch, well under the wire limit."""


class Class(StrEnum):
    """Delivery class: each (boot, class) has its own gap-free sequence."""

    SAFETY = "safety"
    TELEMETRY = "telemetry"
    BULK = "bulk"


class Kind(StrEnum):
    """What a message is; the last word of its topic."""

    TELEMETRY = "telemetry"
    HEALTH = "health"
    EVENT = "event"
    DECISION = "decision"
    REPORT = "report"
    CLIP = "clip"
    GAP = "gap"
    ACK = "ack"
    COMMAND = "command"
    RELEASE = "release"
    QUERY = "query"
    POLICY = "policy"


class ClockTrust(StrEnum):
    """How far the sender's wall clock can be believed."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNTRUSTED = "untrusted"


class _Up(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Down(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Name = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=500)]


def _finite(data: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not plain JSON: {error}") from error
    return data


Data = Annotated[dict[Name, Any], AfterValidator(_finite)]
"""Free details of a message: plain JSON, so without NaN, which no store and no browser would take."""
MAX_COUNT = 2**53 - 1
"""Largest whole number that every reader of JSON keeps exact, and every store can hold."""
Seq = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class Reading(_Up):
    """One measured value. `value` is None exactly when nothing usable was measured."""

    channel: Name
    unit: Unit
    value: FiniteFloat | None
    flag: Flag
    at: AwareDatetime | None = None
    """When it was measured, if not at the envelope's `at` (back-filled history)."""


class TelemetryBody(_Up):
    """A batch of readings, oldest first."""

    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=MAX_READINGS)]


class Eta(_Up):
    """How long until the water reaches a level if it rises as it does, and one sigma of that, in seconds."""

    s: Annotated[FiniteFloat, Field(ge=0)]
    sigma_s: Annotated[FiniteFloat, Field(ge=0)]


class Estimate(_Up):
    """Level and rate of rise, filtered for people to look at, with one sigma each. It decides nothing."""

    level_cm: FiniteFloat
    level_sigma_cm: Annotated[FiniteFloat, Field(ge=0)]
    rate_cm_min: FiniteFloat
    rate_sigma_cm_min: Annotated[FiniteFloat, Field(ge=0)]
    eta: dict[Name, Eta] = {}
    """By ``caution``, ``close``, ``unsafe``: those that lie ahead, while a rise is proven."""


class HealthBody(_Up):
    """What a node says of itself, every few seconds: its liveness and its whole visible state."""

    stage: Literal["unknown", "normal", "caution", "close"]
    barrier: Name | None = None
    """State of the barrier machine; None for a facility without a barrier."""
    approaches: dict[Name, Name] = {}
    """State of each approach, where there are several; `barrier` speaks for all."""
    lane: Literal["clear", "occupied", "unknown"] | None = None
    level_cm: FiniteFloat | None = None
    """Voted level; None when no channel is valid."""
    rate_cm_min: FiniteFloat | None = None
    estimate: Estimate | None = None
    """For display only; None when nothing is known, or from a node that does not filter."""
    architecture: Name | None = None
    """The vote in force, such as ``2oo3``."""
    channels: dict[Name, Flag] = {}
    outputs: dict[Name, bool | None] = {}
    """Read-back of sign, flasher, siren, limit switches; None is unknown."""
    alarms: tuple[Name, ...] = ()
    rungs: tuple[Name, ...] = ()
    """Rungs of degradation in force, such as ``hub_lost``; each also has an alarm that says what is left."""
    uptime_s: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    policy: Count | None = None
    """Version of the policy in force; 0 is the site's own file alone, None a node that takes none."""
    policy_waits: Count | None = None
    """Version that is frozen until the water is gone."""
    pending: Count = 0
    """Messages waiting in the outbox."""
    dropped: Count = 0


class EventBody(_Up):
    """Something happened or an alarm changed. Priority 1 is life safety, 4 is information."""

    code: Name
    priority: Annotated[int, Field(ge=1, le=4)]
    active: bool
    text: Text = ""
    data: Data = {}


class DecisionBody(_Up):
    """One decision of a gate, with everything needed to explain it."""

    decision: Name
    state: Name
    previous: Name
    because: tuple[Text, ...]
    incident: Name | None = None
    first_out: Name | None = None
    """The cause that tripped first: a channel, ``predicted``, ``river``, ``command`` or ``context``."""
    level_cm: FiniteFloat | None = None
    rate_cm_min: FiniteFloat | None = None
    architecture: Name | None = None
    votes: dict[Name, Literal["trip", "dry", "abstain", "bad"]] = {}
    lane: Literal["clear", "occupied", "unknown"] | None = None
    command: Name | None = None
    """Id of the command this answers, if any."""
    verdict: Literal["accepted", "refused"] | None = None
    approach: Name | None = None
    """The approach that took this step, where there are several."""


class ReportBody(_Up):
    """An answer or a self-description: ``birth``, ``nonce``, ``release_wanted``, ``selftest``."""

    report: Name
    re: Name | None = None
    """Id of the query it answers."""
    data: Data = {}


class ClipBody(_Up):
    """A picture."""

    camera: Name
    media: Literal["image/jpeg"]
    taken_at: AwareDatetime
    data: Annotated[Base64Bytes, Field(max_length=300_000)]
    """The file's bytes once made; give base64 when making one, as on the wire."""


class GapBody(_Up):
    """Messages `seq` to `to` of this class were evicted; they count as dropped, never as stored."""

    to: Seq
    reason: Name


class AckBody(_Down):
    """The hub holds these messages durably. The edge may delete them."""

    model_config = ConfigDict(populate_by_name=True)

    boot: BootText
    cls: Annotated[Class, Field(alias="class")]
    upto: Count
    """Every sequence number from 1 to this one is held."""
    ranges: tuple[tuple[Seq, Seq], ...] = ()
    """Further closed ranges held above `upto`."""


class Approval(_Down):
    """One person's signature over the canonical bytes of the command without its approvals."""

    key: Name
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class CommandBody(_Down):
    """A signed order. The edge decides whether to obey."""

    id: Name
    facility: FacilityText
    actuator: Name
    """``barrier`` to close and open, ``channel:<name>`` to bypass, restore and test, ``lamps``, ``siren``."""
    target: Literal["close", "open", "bypass", "restore", "test"]
    reason: Text
    incident: Name | None = None
    issuer: Name
    """Where it was made, for the record. It has no authority: the signatures have."""
    seq: Seq
    """Above every number that a signer's key was accepted with."""
    not_after: AwareDatetime
    expect_state: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    lasts_s: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """How long a bypass stands."""
    checklist: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """What the signers of an opening attest, such as ``on_site``."""
    approvals: Annotated[tuple[Approval, ...], Field(max_length=8)] = ()


class ReleaseBody(_Down):
    """The hub's word to a gate that waits for its release. Alone it opens nothing."""

    id: Name
    facility: FacilityText
    command: Name
    """Id of the order that waits."""
    incident: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """The gate's second nonce, given for this order alone."""
    granted: bool
    because: Text
    key: Name
    """Which of the keys under ``[[release]]`` of the gate's file has signed."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """Over the canonical bytes of all the rest; see ``signing.release_bytes``."""


class QueryBody(_Down):
    """A question: ``birth`` (describe yourself) or ``nonce`` (what to sign for a reopening)."""

    id: Name
    query: Literal["birth", "nonce"]


Cm = Annotated[FiniteFloat, Field(ge=-1_000, le=200_000)]
Seconds = Annotated[FiniteFloat, Field(ge=0, le=604_800)]


class PolicyValues(_Down):
    """The thresholds and durations that a policy may set; what is None is left to the site's own file."""

    caution_cm: Cm | None = None
    caution_off_cm: Cm | None = None
    close_cm: Cm | None = None
    predict_from_cm: Cm | None = None
    reopen_cm: Cm | None = None
    river_caution_cm: Cm | None = None
    river_trigger_cm: Cm | None = None
    rain_warning_mm_h: Annotated[FiniteFloat, Field(ge=0, le=1_000)] | None = None
    caution_off_s: Seconds | None = None
    pre_warn_s: Seconds | None = None
    held_open_s: Seconds | None = None
    camera_hold_s: Seconds | None = None
    blind_s: Seconds | None = None
    hub_silent_s: Seconds | None = None
    reopen_dry_s: Seconds | None = None
    caution_after_open_s: Seconds | None = None
    manual_alarm_s: Seconds | None = None
    repair_s: Seconds | None = None


Scope = Annotated[str, Field(pattern=r"^([A-Z]{2}|[0-9]{5}|[A-Z]{2}-[0-9]{5}-[A-Z]{2}-[0-9]{4})$")]
"""A province (``GG``), a city by its code, or one facility."""


class PolicyBody(_Down):
    """A signed policy: what it sets, for whom, and who says so. It replaces the one before it whole."""

    v: Literal[1] = 1
    version: Seq
    """Above every version that its facilities have had: there is no way back but a new version."""
    scope: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=2_000)]
    types: Annotated[tuple[FacilityType, ...], Field(min_length=1, max_length=8)]
    """Which facilities of the scope, such as underpasses only."""
    issued_at: AwareDatetime
    review_by: AwareDatetime
    """When people must look at it again. It warns; the policy stays in force."""
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    values: PolicyValues
    approvals: Annotated[tuple[Approval, ...], Field(max_length=8)] = ()


class StateBody(_Up):
    """Retained presence. A will carries the session it belongs to; liveness is heartbeat age."""

    status: Literal["online", "offline"]
    session: Name
    storage: Name
    """Incarnation of the outbox's disk: a new one means that unfinished boots have an unknown tail."""
    boots: tuple[BootText, ...] = ()


Body = (
    TelemetryBody | HealthBody | EventBody | DecisionBody | ReportBody | ClipBody | GapBody
    | AckBody | CommandBody | ReleaseBody | QueryBody | PolicyBody
)  # fmt: skip

BODY_OF: dict[Kind, type[BaseModel]] = {
    Kind.TELEMETRY: TelemetryBody,
    Kind.HEALTH: HealthBody,
    Kind.EVENT: EventBody,
    Kind.DECISION: DecisionBody,
    Kind.REPORT: ReportBody,
    Kind.CLIP: ClipBody,
    Kind.GAP: GapBody,
    Kind.ACK: AckBody,
    Kind.COMMAND: CommandBody,
    Kind.RELEASE: ReleaseBody,
    Kind.QUERY: QueryBody,
    Kind.POLICY: PolicyBody,
}

CLASS_OF: dict[Kind, Class] = {
    Kind.TELEMETRY: Class.TELEMETRY,
    Kind.HEALTH: Class.TELEMETRY,
    Kind.EVENT: Class.SAFETY,
    Kind.DECISION: Class.SAFETY,
    Kind.REPORT: Class.SAFETY,
    Kind.CLIP: Class.BULK,
}
"""Class of each kind that a node originates. A gap has the class of what it replaces."""

UP_KINDS = frozenset({*CLASS_OF, Kind.GAP})
DOWN_KINDS = frozenset({Kind.ACK, Kind.COMMAND, Kind.RELEASE, Kind.QUERY, Kind.POLICY})


class Header(BaseModel):
    """The part of an upward message that every version shares: enough to account for it and ack it."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    v: Annotated[int, Field(ge=1, le=1_000)]
    facility: FacilityText
    node: NodeText
    boot: BootText
    cls: Annotated[Class, Field(alias="class")]
    seq: Seq

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes a message unique: node, boot, class, seq."""
        return (self.node, self.boot, self.cls.value, self.seq)


class Envelope(Header):
    """An upward message, understood."""

    at: AwareDatetime
    clock: ClockTrust
    mono_ms: Count
    kind: Kind
    body: Any
    """The model that `kind` names in BODY_OF."""
