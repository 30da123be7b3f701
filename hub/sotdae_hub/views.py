"""What the HTTP API answers: the shapes that console, agencies and scripts rely on."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sotdae_shared.messages import Estimate, PolicyBody

LinkStatus = Literal["online", "unknown"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Link(_View):
    """Whether the facility is heard. Silence is `unknown since`, never the last OK."""

    status: LinkStatus
    since: datetime | None
    """When this status began; None if the node was never heard."""
    last_heard: datetime | None


class Thresholds(_View):
    """Levels that the site acts on, in centimetres."""

    caution_cm: float | None = None
    close_cm: float | None = None
    unsafe_cm: float | None = None
    river_trigger_cm: float | None = None


class Facility(_View):
    """A place: what a map needs."""

    id: str
    type: str
    name: str
    name_en: str
    disambiguation: str
    """A line that tells this place from others of a like name, such as direction and road."""
    city: str
    city_name: str
    city_name_en: str
    lat: float
    lon: float
    stage: Literal["unknown", "normal", "caution", "close"]
    barrier: str | None
    link: Link


class SensorState(_View):
    """One channel's newest value and quality flag (1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing)."""

    channel: str
    unit: str
    value: float | None
    flag: int
    at: datetime


class Completeness(_View):
    """What is known to be stored of this facility's messages."""

    stored: int
    dropped: int
    """Evicted at the edge, with a gap marker."""
    missing: int
    """Sequence numbers below the highest seen that have not arrived (yet)."""
    tail_unknown: bool
    """A disk of this facility was lost: messages after its last stored one can never be counted."""


class FacilityState(_View):
    """A facility's twin: everything the hub last knew, and how old it is."""

    facility: Facility
    thresholds: Thresholds
    at: datetime | None
    """Time of the newest health message, by the edge's clock."""
    clock: str | None
    lane: str | None
    level_cm: float | None
    rate_cm_min: float | None
    estimate: Estimate | None = None
    """Filtered for display, with one sigma and what lies ahead; None from a node that does not filter."""
    architecture: str | None
    sensors: tuple[SensorState, ...]
    outputs: dict[str, bool | None]
    """Read-back: sign_closed, sign_caution, flasher_on, siren_on, limit_open, limit_closed."""
    alarms: tuple[str, ...]
    rungs: tuple[str, ...] = ()
    """Rungs of degradation in force, such as `hub_lost`."""
    pending: int
    completeness: Completeness
    incident: str | None
    """Id of the open incident, if any."""
    picture_at: datetime | None


class Decision(_View):
    """One decision of the edge, as recorded there."""

    at: datetime
    facility: str
    decision: str
    state: str
    previous: str
    because: tuple[str, ...]
    first_out: str | None
    level_cm: float | None
    rate_cm_min: float | None
    architecture: str | None
    votes: dict[str, str]
    incident: str | None
    command: str | None = None
    """Id of the order that this answers."""
    verdict: str | None
    """What the gate says to that order; `because` holds its reasons."""


class Report(_View):
    """What a node answered or said of itself: `birth`, `nonce`, `selftest`."""

    at: datetime
    facility: str
    report: str
    re: str | None
    """Id of the question that it answers."""
    data: dict[str, Any]


class Nonce(_View):
    """What a gate has two people sign for a reopening, and what stands in their way."""

    id: str
    node: str
    nonce: str | None
    """None while there is nothing to reopen."""
    facility: str
    actuator: str
    incident: str | None
    state: str
    tripping: bool
    channels_valid: bool
    dry_s: float
    valid_s: float
    """The nonce is good for so long at least, counted at the gate."""
    checklist: tuple[str, ...]
    last_seq: dict[str, int]
    """Highest sequence number that each key was accepted with."""
    bypassed: tuple[str, ...]
    roster: dict[str, str] = {}
    """Public key of each person whose signature counts, by the key's name."""
    release: bool = False
    """Whether the gate takes an order to open over the network at all."""


class Event(_View):
    """An event or alarm change."""

    at: datetime
    facility: str
    code: str
    priority: int
    active: bool
    text: str
    data: dict[str, Any]


class Incident(_View):
    """(facility or area, hazard, episode); the id is deterministic, so a cut cannot make two of one."""

    id: str
    facility: str
    hazard: str
    state: Literal["active", "cleared"]
    opened_at: datetime
    cleared_at: datetime | None
    first_out: str | None
    title: str
    events: int
    """Messages that belong to it."""


class SeriesPoint(_View):
    """One point of a chart; `value` is None where nothing usable was measured."""

    at: datetime
    value: float | None
    flag: int


class Series(_View):
    """One channel over time, oldest first."""

    facility: str
    channel: str
    unit: str | None
    points: tuple[SeriesPoint, ...]


class StoreHealth(_View):
    """One projection of the journal."""

    name: str
    offset: Annotated[int, Field(ge=0)]
    """Journal offset up to which it is written."""
    lag: Annotated[int, Field(ge=0)]
    rows: Annotated[int, Field(ge=0)]


class Health(_View):
    """The hub's own state."""

    status: Literal["ok", "degraded"]
    version: str
    started_at: datetime
    broker: Literal["connected", "disconnected"]
    broker_since: datetime
    journal: int
    """Highest journal offset."""
    stores: tuple[StoreHealth, ...]
    quarantined: int
    rejected: int
    duplicates: int
    """Messages that arrived again and were not stored twice."""


class RolloutView(_View):
    """How far a policy has got."""

    version: int
    state: Literal["running", "frozen", "aborted", "done"]
    why: str
    """What it waits for, what froze it, or why it was stopped."""
    frozen_by: str | None
    """The facility whose water freezes it."""
    since: datetime
    """When its ring and state began."""
    ring: int
    """The ring that it has reached, 1 first."""
    rings: tuple[int, ...]
    """How many nodes are in each."""
    abort_percent: float
    soak_s: float
    left_out: tuple[str, ...]
    """Facilities in the scope that people left out: not told, not counted."""
    published_at: datetime
    scope: tuple[str, ...]
    reason: str
    review_by: datetime


class PolicyView(_View):
    """A policy that was published, and its roll-out."""

    policy: PolicyBody
    rollout: RolloutView


class PolicyNode(_View):
    """What a node is to have, and what it says it has."""

    facility: str
    node: str
    link: LinkStatus
    desired: int | None
    """The version that it is to have now; None where no policy speaks to it yet."""
    applied: int | None
    """The version in force there; 0 is the site's own file alone, None a node that takes none."""
    waits: int | None
    """The version that it keeps until its water is gone."""
    refused: str | None
    """Why it refused the newest version that it was told."""
    since: datetime | None
    """When it decided so, by its own clock."""
    ring: int | None
    """Its ring in the newest roll-out that counts it, 1 first."""
    forgotten: str | None = None
    """Who said that it is gone for good, and why: it is not counted on until it is heard."""


class ForgottenView(_View):
    """Somebody's word that a node is gone for good."""

    facility: str
    node: str
    at: datetime
    by: str
    """The operator's token, or `loopback`."""
    reason: str


class PolicyStatus(_View):
    """Every roll-out, the newest first, and every node that takes policies."""

    rollouts: tuple[RolloutView, ...]
    nodes: tuple[PolicyNode, ...]
