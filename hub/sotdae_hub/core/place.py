"""What is known of a facility as a place: the hub's own list first, then what its nodes say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from sotdae_shared.cities import City, city_of
from sotdae_shared.ids import FacilityId


class Limits(BaseModel):
    """Levels that the site acts on, in centimetres."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    caution_cm: FiniteFloat | None = None
    close_cm: FiniteFloat | None = None
    unsafe_cm: FiniteFloat | None = None
    river_trigger_cm: FiniteFloat | None = None


class SelfPortrait(BaseModel):
    """The fields of a birth report that the hub uses; a report may carry more, or none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Field(max_length=80)] | None = None
    name_en: Annotated[str, Field(max_length=80)] | None = None
    disambiguation: Annotated[str, Field(max_length=200)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    thresholds: Limits | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A facility as a place."""

    id: FacilityId
    city: City
    name: str
    name_en: str
    disambiguation: str
    lat: float
    lon: float
    limits: Limits = field(default_factory=Limits)


UNKNOWN_CITY = City("", "", "", 37.41, 127.52)
"""Stands for a code outside the table: the middle of the province."""


def portrait(data: Mapping[str, Any]) -> SelfPortrait:
    """Read a birth report; what cannot be read is as good as not said."""
    try:
        return SelfPortrait.model_validate(dict(data))
    except ValidationError:
        return SelfPortrait()


def locate(facility: FacilityId, known: Iterable[SelfPortrait]) -> Place:
    """Merge what is known, the most trusted first."""
    city = city_of(facility.city) or UNKNOWN_CITY._replace(code=facility.city)
    sources = list(known)

    def first(name: str, default: Any) -> Any:
        said = (getattr(source, name) for source in sources)
        return next((value for value in said if value not in (None, "")), default)

    at = next(((s.lat, s.lon) for s in sources if s.lat is not None and s.lon is not None), None)
    lat, lon = at or (city.lat, city.lon)
    return Place(
        facility, city, first("name", str(facility)), first("name_en", str(facility)),
        first("disambiguation", ""), lat, lon, first("thresholds", Limits()),
    )  # fmt: skip
