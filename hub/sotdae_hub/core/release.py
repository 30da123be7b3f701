"""Whether this hub releases an order to open: it knows order and incident, and nothing else is open there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from sotdae_hub.core.incidents import HAZARD_OF, IncidentRecord, incident_id
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import CommandBody, Name

WANTED = "release_wanted"
"""The report by which a gate asks."""


class Wanted(BaseModel):
    """What a gate asks a release for; it says more, of which this hub believes nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    command: Name
    incident: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    valid_s: Annotated[FiniteFloat, Field(gt=0, le=600)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A gate's question: who asks, and how long ago, in seconds."""

    facility: str
    node: str
    wanted: Wanted
    age_s: float


@dataclass(frozen=True, slots=True)
class Carried:
    """An order to open that went through this hub."""

    command: CommandBody
    node: str
    by: str
    """Whose token it came with."""
    at_s: float
    """Monotonic time."""


def objection(asked: Asked, carried: Carried | None, known: Iterable[IncidentRecord]) -> str | None:
    """Return why this hub does not release, or None. `known` are the incidents of the place."""
    facility, wanted = asked.facility, asked.wanted
    if asked.age_s >= wanted.valid_s:
        return f"asked {asked.age_s:.0f} s ago: too late"
    if carried is None:
        return "this hub did not carry the order"
    if (carried.command.facility, carried.node) != (facility, asked.node):
        return f"carried to {carried.node} of {carried.command.facility}"
    if carried.command.incident != wanted.incident:
        return f"the order names incident {carried.command.incident}"
    return _held(wanted.incident, facility, [record for record in known if record.active])


def _held(incident: str, facility: str, active: list[IncidentRecord]) -> str | None:
    """Return what holds the place besides. An older one of the same hazard is over: the gate has gone on."""
    name = incident_id(facility, HAZARD_OF[FacilityId(facility).type], incident)
    mine = next((record for record in active if record.id == name), None)
    if mine is None:
        return "this hub knows no such incident to be open"
    for other in active:
        if other.id != name and (other.hazard != mine.hazard or other.opened_at > mine.opened_at):
            return f"another incident is open here: {other.hazard} {other.id}"
    return None
