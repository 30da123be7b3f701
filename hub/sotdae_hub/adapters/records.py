"""The records in SQL (SQLAlchemy): SQLite embedded."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, Select, Table, insert, select, update

from sotdae_hub.adapters import tables
from sotdae_hub.adapters.database import damage_told, engine_for, guarded, migrate, opening, whole
from sotdae_hub.adapters.filing import count_messages, file_all, read_incident
from sotdae_hub.adapters.pictures import PictureFiles
from sotdae_hub.core.incidents import IncidentRecord
from sotdae_hub.ports import Birth, Entry, Picture, Recorded, Twin
from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Class, HealthBody, Kind

log = logging.getLogger(__name__)


class SqlRecords:
    """See ports.Records. Pictures are files beside the database."""

    name = "records"
    kinds = frozenset({Kind.EVENT, Kind.DECISION, Kind.REPORT, Kind.CLIP, Kind.GAP, Kind.HEALTH})

    def __init__(self, path: Path, pictures: Path) -> None:
        """Open or create, and bring the schema up to date. Raises LinkError if it cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = engine_for(path, any_text=True)
        self._pictures = PictureFiles(pictures)
        self._lock = threading.Lock()
        with opening(f"{self.name} {path}", self._engine):
            migrate(self._engine)
            with self._engine.connect() as db:
                self.offset = int(db.execute(select(tables.progress.c.journal_offset)).scalar_one())
                self.rows = count_messages(db)
                self._pictures.sweep(set(db.execute(select(tables.clip.c.file)).scalars()))

    def project(self, entries: Sequence[Entry], upto: int) -> None:
        """See ports.Projection."""
        with guarded(self.name), self._lock:
            with self._engine.begin() as db:
                gone = file_all(db, entries, self._pictures)
                db.execute(update(tables.progress).values(journal_offset=upto))
            self._pictures.drop(gone)
        self.offset = upto
        self.rows += sum(entry.envelope.cls is not Class.TELEMETRY for entry in entries)

    def twins(self, facility: str | None = None) -> list[Twin]:
        """See ports.Records."""
        with self._reading() as db:
            rows = list(whole(db.execute(_of(tables.twin, facility)), tables.twin.name))
        return [twin for row in rows if (twin := _twin(row)) is not None]

    def births(self, facility: str | None = None) -> list[Birth]:
        """See ports.Records."""
        with self._reading() as db:
            rows = list(whole(db.execute(_of(tables.birth, facility)), tables.birth.name))
        sound = [row for row in rows if isinstance(row.data, dict) and _is_named(row.facility)]
        return [Birth(row.facility, row.node, row.data) for row in sound]

    def decisions(self, facility: str, limit: int) -> list[Recorded]:
        """See ports.Records."""
        return self._newest(tables.decision, facility, limit)

    def events(self, facility: str, limit: int) -> list[Recorded]:
        """See ports.Records."""
        return self._newest(tables.event, facility, limit)

    def reports(self, facility: str, limit: int) -> list[Recorded]:
        """See ports.Records."""
        return self._newest(tables.report, facility, limit)

    def incidents(self, limit: int, facility: str | None = None) -> list[IncidentRecord]:
        """See ports.Records."""
        table = tables.incident
        newest = select(table).order_by(table.c.active.desc(), table.c.opened_at.desc()).limit(limit)
        if facility is not None:
            newest = newest.where(table.c.facility == facility)
        with self._reading() as db:
            rows = list(whole(db.execute(newest), table.name))
        return [IncidentRecord(**row._mapping) for row in rows if _is_named(row.facility)]

    def open_incident(self, facility: str) -> str | None:
        """See ports.Records."""
        table = tables.incident
        mine = select(table.c.id).where((table.c.facility == facility) & table.c.active)
        with self._reading() as db:
            return db.execute(mine.order_by(table.c.opened_at.desc()).limit(1)).scalar_one_or_none()

    def incident(self, name: str) -> IncidentRecord | None:
        """See ports.Records."""
        with self._reading() as db:
            return read_incident(db, name)

    def picture(self, facility: str) -> Picture | None:
        """See ports.Records."""
        table = tables.clip
        newest = select(table).where(table.c.facility == facility).order_by(table.c.taken_at.desc()).limit(1)
        with damage_told(self.name), self._reading() as db:
            row = db.execute(newest).one_or_none()
        if row is None:
            return None
        return Picture(facility, row.camera, row.taken_at, self._pictures.root / row.file)

    def note_access(self, at: datetime, agency: str, officer: str, purpose: str, what: str) -> None:
        """See ports.Records."""
        row = {"at": at, "agency": agency, "officer": officer, "purpose": purpose, "what": what}
        with guarded(self.name), self._lock, self._engine.begin() as db:
            db.execute(insert(tables.access).values(row))

    def accesses(self) -> list[dict[str, Any]]:
        """Return who looked at what, oldest first."""
        with self._reading() as db:
            rows = list(whole(db.execute(select(tables.access).order_by(tables.access.c.id)), "access"))
        return [dict(row._mapping) for row in rows]

    def close(self) -> None:
        """See ports.Projection."""
        self._engine.dispose()

    def _newest(self, table: Table, facility: str, limit: int) -> list[Recorded]:
        newest = (
            select(table)
            .where(table.c.facility == facility)
            .order_by(table.c.at.desc(), table.c.journal_offset.desc())
            .limit(limit)
        )
        with self._reading() as db:
            rows = list(whole(db.execute(newest), table.name))
        return [Recorded(row.facility, row.at, row.body) for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with guarded(self.name), self._engine.connect() as db:
            yield db


def _twin(row: Row[Any]) -> Twin | None:
    """Return a node's last word; None if it is damaged: the next one takes its place."""
    try:
        FacilityId(row.facility)
        health = HealthBody.model_validate(row.body)
    except (ValidationError, WireError) as error:
        log.error("%s/%s: its last word is damaged: %s", row.facility, row.node, str(error).splitlines()[0])
        return None
    return Twin(row.facility, row.node, row.at, row.clock, row.heard_at, row.journal_offset, health)


def _is_named(facility: str) -> bool:
    try:
        FacilityId(facility)
    except WireError:
        return False
    return True


def _of(table: Table, facility: str | None) -> Select[Any]:
    rows = select(table).order_by(table.c.at)
    return rows if facility is None else rows.where(table.c.facility == facility)
