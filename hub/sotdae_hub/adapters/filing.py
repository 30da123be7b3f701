"""How each kind of message becomes rows of the records, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from sotdae_hub.adapters import tables
from sotdae_hub.adapters.database import whole
from sotdae_hub.adapters.pictures import PictureFiles
from sotdae_hub.adapters.verdicts import file_verdict
from sotdae_hub.core.incidents import IncidentRecord, fact_of, fold, settled, settles
from sotdae_hub.core.saying import dated, said_at
from sotdae_hub.ports import Entry
from sotdae_shared.messages import Class, ClockTrust, DecisionBody, Envelope, Kind

PICTURES_KEPT = 20
"""Newest pictures kept of each facility."""
_CLOCKS = frozenset(ClockTrust)


def file_all(db: Connection, entries: Sequence[Entry], pictures: PictureFiles) -> list[str]:
    """Write entries; return the picture files that are no longer named once this is committed."""
    entries = [_dated(entry) for entry in entries]
    own = [entry for entry in entries if entry.envelope.cls is not Class.TELEMETRY]
    if own:
        rows = [_message_row(entry) for entry in own]
        db.execute(insert(tables.message), rows)
    _file_bodies(db, tables.decision, own, Kind.DECISION)
    _file_bodies(db, tables.event, own, Kind.EVENT)
    _file_bodies(db, tables.report, own, Kind.REPORT)
    for entry in own:
        _fold_incident(db, entry.envelope)
        if entry.envelope.kind is Kind.REPORT and entry.envelope.body.report == "birth":
            _file_birth(db, entry)
        elif entry.envelope.kind is Kind.DECISION:
            file_verdict(db, entry.envelope)
    for facility in {entry.envelope.facility for entry in own if entry.envelope.kind is Kind.DECISION}:
        _settle_incidents(db, facility)
    for entry in _newest_health(entries):
        _file_twin(db, entry)
    return _file_clips(db, own, pictures)


def _dated(entry: Entry) -> Entry:
    at = dated(entry.envelope.at, entry.received_at)
    if at == entry.envelope.at:
        return entry
    return replace(entry, envelope=entry.envelope.model_copy(update={"at": at}))


def _message_row(entry: Entry) -> dict[str, Any]:
    node, boot, cls, seq = entry.envelope.key
    return {
        "journal_offset": entry.offset,
        "node": node,
        "boot": boot,
        "class": cls,
        "seq": seq,
        "gap_to": entry.gap_to,
    }


def _file_bodies(db: Connection, table: Table, entries: Sequence[Entry], kind: Kind) -> None:
    rows = [
        {
            "journal_offset": entry.offset,
            "facility": entry.envelope.facility,
            "at": entry.envelope.at,
            "body": entry.envelope.body.model_dump(mode="json"),
        }
        for entry in entries
        if entry.envelope.kind is kind
    ]
    if rows:
        db.execute(insert(table), rows)


def read_incident(db: Connection, name: str) -> IncidentRecord | None:
    """Return one incident; none, too, where it is damaged."""
    found = db.execute(select(tables.incident).where(tables.incident.c.id == name))
    row = next(whole(found, tables.incident.name), None)
    return None if row is None else IncidentRecord(**row._mapping)


def _fold_incident(db: Connection, envelope: Envelope) -> None:
    fact = fact_of(envelope)
    if fact is None:
        return
    _save_incident(db, fold(read_incident(db, fact.id), fact))


def _settle_incidents(db: Connection, facility: str) -> None:
    """End what a later decision shows at rest, in whatever order the two arrived."""
    table = tables.incident
    open_ones = (table.c.facility == facility) & table.c.active & table.c.area.is_(None)
    for row in list(whole(db.execute(select(table).where(open_ones)), table.name)):
        record = IncidentRecord(**row._mapping)
        later = (tables.decision.c.facility == facility) & (tables.decision.c.at > record.latest_at)
        found = db.execute(select(tables.decision).where(later).order_by(tables.decision.c.at))
        for decision in whole(found, tables.decision.name):
            if _at_rest(decision.body):
                _save_incident(db, settled(record, decision.at))
                break


def _at_rest(body: Any) -> bool:
    """Whether a decision on disk shows its place at rest; one that is damaged does not."""
    try:
        return settles(DecisionBody.model_validate(body))
    except ValidationError:
        return False


def _save_incident(db: Connection, record: IncidentRecord) -> None:
    _put(db, tables.incident, tables.incident.c.id == record.id, asdict(record))


def _file_birth(db: Connection, entry: Entry) -> None:
    envelope, said, table = entry.envelope, _said(entry), tables.birth
    key = (table.c.facility == envelope.facility) & (table.c.node == envelope.node)
    before = next(whole(db.execute(select(table.c.at).where(key)), table.name), None)
    if before is not None and before.at > said:
        return
    values = {"at": said, "data": envelope.body.model_dump(mode="json")["data"]}
    _put(db, table, key, {"facility": envelope.facility, "node": envelope.node, **values})


def _newest_health(entries: Sequence[Entry]) -> list[Entry]:
    newest: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        envelope = entry.envelope
        if envelope.kind is not Kind.HEALTH:
            continue
        key = (envelope.facility, envelope.node)
        before = newest.get(key)
        if before is None or _later(entry, before.envelope.boot, before.envelope.seq, _said(before)):
            newest[key] = entry
    return list(newest.values())


def _file_twin(db: Connection, entry: Entry) -> None:
    envelope, table = entry.envelope, tables.twin
    key = (table.c.facility == envelope.facility) & (table.c.node == envelope.node)
    columns = (table.c.boot, table.c.seq, table.c.at, table.c.clock, table.c.heard_at)
    before = next(whole(db.execute(select(*columns).where(key)), table.name), None)
    if before is not None and before.clock in _CLOCKS:
        said = said_at(before.at, ClockTrust(before.clock), before.heard_at)
        if not _later(entry, before.boot, before.seq, said):
            # It is there all the same.
            db.execute(update(table).where(key).values(journal_offset=entry.offset))
            return
    values = {
        "facility": envelope.facility,
        "node": envelope.node,
        "boot": envelope.boot,
        "seq": envelope.seq,
        "at": envelope.at,
        "clock": envelope.clock.value,
        "heard_at": entry.received_at,
        "journal_offset": entry.offset,
        "body": envelope.body.model_dump(mode="json"),
    }
    _put(db, table, key, values)


def _later(entry: Entry, boot: str, seq: int, said: datetime) -> bool:
    """Whether a message is newer. Within a boot the sequence decides, since a clock may be set back."""
    envelope = entry.envelope
    return envelope.seq > seq if envelope.boot == boot else _said(entry) >= said


def _said(entry: Entry) -> datetime:
    return said_at(entry.envelope.at, entry.envelope.clock, entry.received_at)


def _put(db: Connection, table: Table, key: Any, values: dict[str, Any]) -> None:
    """Put a row in the place of the one that is there, which may be damaged."""
    db.execute(delete(table).where(key))
    db.execute(insert(table).values(values))


def _file_clips(db: Connection, entries: Sequence[Entry], pictures: PictureFiles) -> list[str]:
    facilities = set()
    for entry in entries:
        envelope = entry.envelope
        if envelope.kind is not Kind.CLIP:
            continue
        name = pictures.keep(envelope.facility, entry.offset, envelope.body.data)
        if name is None:
            continue
        facilities.add(envelope.facility)
        clip = {"camera": envelope.body.camera, "taken_at": envelope.body.taken_at, "file": name}
        row = {"journal_offset": entry.offset, "facility": envelope.facility, **clip}
        db.execute(insert(tables.clip).values(row))
    return [name for facility in facilities for name in _forget_old_clips(db, facility)]


def _forget_old_clips(db: Connection, facility: str) -> list[str]:
    table = tables.clip
    old = db.execute(
        select(table.c.journal_offset, table.c.file)
        .where(table.c.facility == facility)
        .order_by(table.c.taken_at.desc(), table.c.journal_offset.desc())
        .offset(PICTURES_KEPT)
    ).all()
    db.execute(delete(table).where(table.c.journal_offset.in_([row.journal_offset for row in old])))
    return [row.file for row in old]


def count_messages(db: Connection) -> int:
    """Return how many messages are filed."""
    return int(db.execute(select(func.count()).select_from(tables.message)).scalar_one())
