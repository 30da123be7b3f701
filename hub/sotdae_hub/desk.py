"""Everything the API answers, put together from the stores. Methods block."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sotdae_hub.config import FacilityPlace
from sotdae_hub.core.incidents import IncidentRecord
from sotdae_hub.core.place import Place, SelfPortrait, locate, portrait
from sotdae_hub.links import Links
from sotdae_hub.ports import Journal, LastValues, MetricsStore, Picture, Recorded, Records, Twin
from sotdae_hub.views import (
    Completeness,
    Decision,
    Event,
    Facility,
    FacilityState,
    Incident,
    Report,
    SensorState,
    Series,
    SeriesPoint,
    Thresholds,
)
from sotdae_shared.ids import FacilityId

INCIDENTS = 500


@dataclass(slots=True)
class Desk:
    """Answers questions; changes nothing."""

    journal: Journal
    metrics: MetricsStore
    last: LastValues
    records: Records
    links: Links
    expected: Mapping[str, SelfPortrait]
    """What the configuration says of facilities, by id."""

    def known(self, facility: str) -> bool:
        """Whether a facility is expected or was ever heard."""
        return facility in self.expected or facility in self.links.facilities()

    def facilities(self) -> list[Facility]:
        """Return every facility, by id."""
        twins: dict[str, list[Twin]] = {}
        for twin in self.records.twins():
            twins.setdefault(twin.facility, []).append(twin)
        portraits: dict[str, list[SelfPortrait]] = {}
        for birth in self.records.births():
            portraits.setdefault(birth.facility, []).append(portrait(birth.data))
        names = {*self.expected, *self.links.facilities(), *twins}
        return [
            self._facility(self._place(name, portraits.get(name, [])), _speaker(twins.get(name, [])))
            for name in sorted(names)
        ]

    def facility(self, facility: str) -> Facility:
        """Return one facility."""
        return self._facility(self._here(facility), _speaker(self.records.twins(facility)))

    def state(self, facility: str) -> FacilityState:
        """Return all that is known of a facility, however old."""
        place = self._here(facility)
        twin = _speaker(self.records.twins(facility))
        health = None if twin is None else twin.health
        tally = self.journal.tally(facility)
        picture = self.records.picture(facility)
        return FacilityState(
            facility=self._facility(place, twin),
            thresholds=Thresholds.model_validate(place.limits.model_dump()),
            at=twin.at if twin else None,
            clock=twin.clock if twin else None,
            lane=health.lane if health else None,
            level_cm=health.level_cm if health else None,
            rate_cm_min=health.rate_cm_min if health else None,
            estimate=health.estimate if health else None,
            architecture=health.architecture if health else None,
            sensors=self._sensors(facility),
            outputs=dict(health.outputs) if health else {},
            alarms=health.alarms if health else (),
            rungs=health.rungs if health else (),
            pending=health.pending if health else 0,
            completeness=Completeness(
                stored=tally.stored,
                dropped=tally.dropped,
                missing=tally.missing,
                tail_unknown=tally.tail_unknown,
            ),
            incident=self.records.open_incident(facility),
            picture_at=picture.taken_at if picture else None,
        )

    def decisions(self, facility: str, limit: int) -> list[Decision]:
        """Return the newest decisions, newest first."""
        return [decision_view(each) for each in self.records.decisions(facility, limit)]

    def events(self, facility: str, limit: int) -> list[Event]:
        """Return the newest events, newest first."""
        return [event_view(each) for each in self.records.events(facility, limit)]

    def reports(self, facility: str, limit: int) -> list[Report]:
        """Return the newest reports, newest first."""
        found = self.records.reports(facility, limit)
        return [Report.model_validate({"at": r.at, "facility": r.facility, **r.body}) for r in found]

    def series(self, facility: str, channel: str, now: datetime, seconds: int, points: int) -> Series:
        """Return the last `seconds` of a channel in at most `points` points."""
        start, end = now - timedelta(seconds=seconds), now + timedelta(seconds=1)
        unit, found = self.metrics.series(facility, channel, start, end, points)
        shown = tuple(SeriesPoint(at=p.at, value=p.value, flag=p.flag) for p in found)
        return Series(facility=facility, channel=channel, unit=unit, points=shown)

    def incidents(self, limit: int = INCIDENTS, facility: str | None = None) -> list[Incident]:
        """Return incidents of one facility or all, active ones first, then the newest."""
        names: dict[str, str] = {}
        found = self.records.incidents(limit, facility)
        for record in found:
            if record.facility not in names:
                names[record.facility] = self._here(record.facility).name
        return [_incident_view(record, names[record.facility]) for record in found]

    def incident(self, name: str) -> Incident | None:
        """Return one incident."""
        record = self.records.incident(name)
        return None if record is None else _incident_view(record, self._here(record.facility).name)

    def picture(self, facility: str) -> Picture | None:
        """Return the newest picture."""
        return self.records.picture(facility)

    def _here(self, facility: str) -> Place:
        return self._place(facility, [portrait(birth.data) for birth in self.records.births(facility)])

    def _place(self, facility: str, portraits: list[SelfPortrait]) -> Place:
        own = [self.expected[facility]] if facility in self.expected else []
        return locate(FacilityId(facility), [*own, *reversed(portraits)])

    def _facility(self, place: Place, twin: Twin | None) -> Facility:
        link = self.links.of(place.id)
        heard = twin is not None and link.status == "online"
        return Facility(
            id=place.id,
            type=place.id.type,
            name=place.name,
            name_en=place.name_en,
            disambiguation=place.disambiguation,
            city=place.city.code,
            city_name=place.city.name,
            city_name_en=place.city.name_en,
            lat=place.lat,
            lon=place.lon,
            stage=twin.health.stage if twin is not None and heard else "unknown",
            barrier=twin.health.barrier if twin is not None else None,
            link=link,
        )

    def _sensors(self, facility: str) -> tuple[SensorState, ...]:
        return tuple(
            SensorState(channel=each.channel, unit=each.unit, value=each.value, flag=each.flag, at=each.at)
            for each in self.last.of(facility)
        )


def decision_view(record: Recorded) -> Decision:
    """Show a stored decision."""
    return Decision.model_validate({"at": record.at, "facility": record.facility, **record.body})


def event_view(record: Recorded) -> Event:
    """Show a stored event."""
    return Event.model_validate({"at": record.at, "facility": record.facility, **record.body})


def _incident_view(record: IncidentRecord, name: str) -> Incident:
    where = f"{record.area}, {name}" if record.area else name
    return Incident(
        id=record.id,
        facility=record.facility,
        hazard=record.hazard,
        state="active" if record.active else "cleared",
        opened_at=record.opened_at,
        cleared_at=None if record.active else record.latest_at,
        first_out=record.first_out,
        title=f"{where}: {record.hazard}",
        events=record.events,
    )


def _speaker(twins: list[Twin]) -> Twin | None:
    """Choose who speaks for a facility: the node with its barrier, else the newest."""
    return max(twins, key=lambda twin: (twin.health.barrier is not None, twin.at), default=None)


def portraits_of(places: Iterable[FacilityPlace]) -> dict[str, SelfPortrait]:
    """Return what the configuration says of facilities, by id."""
    return {place.id: SelfPortrait.model_validate(place.model_dump(exclude={"id"})) for place in places}
