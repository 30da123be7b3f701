"""Incidents from decisions and events: whatever order they come in, the same incidents result."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sotdae_shared.ids import FacilityId, FacilityType
from sotdae_shared.messages import DecisionBody, Envelope, EventBody

HAZARD_OF: dict[FacilityType, str] = {
    FacilityType.UNDERPASS: "flood",
    FacilityType.RIVERSIDE_GATE: "flood",
    FacilityType.SEMI_BASEMENT: "flood",
    FacilityType.RESERVOIR: "flood",
    FacilityType.SLOPE: "landslide",
    FacilityType.CROWD_AREA: "crowd",
    FacilityType.CITY_CENTRE: "crowd",
    FacilityType.DRONE_BASE: "search",
}
"""The hazard that a facility of each type watches."""

AREA_FLOOD = "area_flood"
"""Several homes flooding together: a hazard, and a code of events whose `data` name `area` and `episode`."""
CITY_HAZARD = {"slope": "landslide", "reservoir": "flood"}
"""Hazard by the first word of a city agent's decision about a slope or a reservoir."""
AREA_DECISIONS = frozenset({AREA_FLOOD, "area_grew", "area_cleared"})
"""Decisions of a city agent about a whole area."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One message's contribution to one incident."""

    id: str
    facility: str
    hazard: str
    area: str | None
    at: datetime
    active: bool
    first_out: str | None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident as its facts leave it."""

    id: str
    facility: str
    hazard: str
    area: str | None
    opened_at: datetime
    latest_at: datetime
    active: bool
    first_out: str | None
    first_out_at: datetime | None
    events: int


def incident_id(place: str, hazard: str, episode: str) -> str:
    """Name an incident so that everyone who sees it gives it the same name."""
    return hashlib.sha256(f"{place}|{hazard}|{episode}".encode()).hexdigest()[:12]


def fact_of(envelope: Envelope) -> Fact | None:
    """Return what a message says about an incident, or None if it belongs to none."""
    body = envelope.body
    if isinstance(body, DecisionBody) and body.incident is not None:
        hazard = _hazard_of(envelope, body.decision)
        active = not _harmless(body.state, body.previous)
        return _fact(envelope, hazard, body.incident, active=active, first_out=body.first_out)
    # A test of a device never opens an incident (DOMAIN 5): it carries its status all the way.
    if isinstance(body, EventBody) and body.data.get("test") is not True:
        area, episode = body.data.get("area"), body.data.get("episode")
        if body.code == AREA_FLOOD and isinstance(area, str) and isinstance(episode, str):
            return _fact(envelope, AREA_FLOOD, episode, active=body.active, area=area[:64])
    return None


def settles(decision: DecisionBody) -> bool:
    """Whether a decision shows its place at rest: open again, and no incident goes on.

    A gate forgets its incident when two people grant the opening, so the last decision names none.
    """
    return decision.incident is None and decision.state.casefold() == "open"


def settled(record: IncidentRecord, at: datetime) -> IncidentRecord:
    """End an incident because its place came to rest."""
    return replace(record, active=False, latest_at=at)


def _harmless(state: str, previous: str) -> bool:
    return state.casefold() in ("open", "dry", "normal") and previous.casefold() != state.casefold()


def _hazard_of(envelope: Envelope, decision: str) -> str:
    if decision in AREA_DECISIONS:
        return AREA_FLOOD
    if (hazard := CITY_HAZARD.get(decision.partition("_")[0])) is not None:
        return hazard
    return HAZARD_OF[FacilityId(envelope.facility).type]


def _fact(
    envelope: Envelope, hazard: str, episode: str, *, active: bool, area: str | None = None,
    first_out: str | None = None,
) -> Fact:  # fmt: skip
    name = incident_id(area or envelope.facility, hazard, episode)
    return Fact(name, envelope.facility, hazard, area, envelope.at, active, first_out)


def fold(record: IncidentRecord | None, fact: Fact) -> IncidentRecord:
    """Add one fact. The earliest opens the incident, the latest says whether it lasts."""
    if record is None:
        first_out_at = fact.at if fact.first_out else None
        return IncidentRecord(
            fact.id, fact.facility, fact.hazard, fact.area, fact.at, fact.at, fact.active,
            fact.first_out, first_out_at, 1,
        )  # fmt: skip
    record = replace(record, opened_at=min(record.opened_at, fact.at), events=record.events + 1)
    if fact.first_out and (record.first_out_at is None or fact.at < record.first_out_at):
        record = replace(record, first_out=fact.first_out, first_out_at=fact.at)
    if fact.at > record.latest_at:
        return replace(record, latest_at=fact.at, active=fact.active)
    if fact.at == record.latest_at:  # of two at one moment the graver counts
        return replace(record, active=record.active or fact.active)
    return record
