"""What a node says."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, FiniteFloat

from sotdae_shared.ids import BootText
from sotdae_shared.messages.words import Count, Data, Name, Seq, Text
from sotdae_shared.units import Flag, Unit

MAX_READINGS = 2_000
"""Readings in one telemetry message: a city agent's batch, well under the wire limit."""


class Up(BaseModel):
    """A body that goes up: unknown fields are ignored, so that a hub accepts schema N and N-1."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Reading(Up):
    """One measured value. `value` is None exactly when nothing usable was measured."""

    channel: Name
    unit: Unit
    value: FiniteFloat | None
    flag: Flag
    at: AwareDatetime | None = None
    """When it was measured, if not at the envelope's `at` (back-filled history)."""


class TelemetryBody(Up):
    """A batch of readings, oldest first."""

    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=MAX_READINGS)]


class Eta(Up):
    """How long until the water reaches a level if it rises as it does, and one sigma of that, in seconds."""

    s: Annotated[FiniteFloat, Field(ge=0)]
    sigma_s: Annotated[FiniteFloat, Field(ge=0)]


class Estimate(Up):
    """Level and rate of rise, filtered for people to look at, with one sigma each. It decides nothing."""

    level_cm: FiniteFloat
    level_sigma_cm: Annotated[FiniteFloat, Field(ge=0)]
    rate_cm_min: FiniteFloat
    rate_sigma_cm_min: Annotated[FiniteFloat, Field(ge=0)]
    eta: dict[Name, Eta] = {}
    """By ``caution``, ``close``, ``unsafe``: those that lie ahead, while a rise is proven."""


class HealthBody(Up):
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


class EventBody(Up):
    """Something happened or an alarm changed. Priority 1 is life safety, 4 is information."""

    code: Name
    priority: Annotated[int, Field(ge=1, le=4)]
    active: bool
    text: Text = ""
    data: Data = {}


class DecisionBody(Up):
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


class ReportBody(Up):
    """An answer or a self-description: ``birth``, ``nonce``, ``release_wanted``, ``selftest``."""

    report: Name
    re: Name | None = None
    """Id of the query it answers."""
    data: Data = {}


class ClipBody(Up):
    """A picture."""

    camera: Name
    media: Literal["image/jpeg"]
    taken_at: AwareDatetime
    data: Annotated[Base64Bytes, Field(max_length=300_000)]
    """The file's bytes once made; give base64 when making one, as on the wire."""


class GapBody(Up):
    """Messages `seq` to `to` of this class were evicted; they count as dropped, never as stored."""

    to: Seq
    reason: Name


class StateBody(Up):
    """Retained presence. A will carries the session it belongs to; liveness is heartbeat age."""

    status: Literal["online", "offline"]
    session: Name
    storage: Name
    """Incarnation of the outbox's disk: a new one means that unfinished boots have an unknown tail."""
    boots: tuple[BootText, ...] = ()
