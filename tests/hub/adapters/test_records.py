"""The records on a real database."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hub_kit import GATE, HOMES, JPEG, START, Message, Pen

from sotdae_hub.adapters import tables
from sotdae_hub.adapters.database import engine_for, migrate
from sotdae_hub.adapters.filing import PICTURES_KEPT
from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.ports import Entry
from sotdae_shared.messages import Kind
from sotdae_shared.wire import decode


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqlRecords]:
    with closing(open_records(tmp_path)) as records:
        yield records


def open_records(root: Path) -> SqlRecords:
    return SqlRecords(root / "records.sqlite3", root / "pictures")


def project(records: SqlRecords, messages: Sequence[Message]) -> None:
    first = records.offset + 1
    entries = [Entry(first + index, START, decode(raw), 0) for index, (_, raw, _) in enumerate(messages)]
    records.project(entries, records.offset + len(entries))


def test_the_migrations_build_the_declared_tables(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "r")
    migrate(engine)
    migrate(engine)
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), tables.metadata) == []
    engine.dispose()


def test_every_safety_and_bulk_message_is_one_row(records: SqlRecords) -> None:
    messages = Pen().mix(20)
    project(records, messages)
    own = [key for *_, key in messages if key[2] != "telemetry"]
    assert records.rows == len(own)


def test_offset_and_rows_survive_together(tmp_path: Path) -> None:
    with closing(open_records(tmp_path)) as records:
        project(records, Pen().mix(20))
        before = (records.offset, records.rows)
    with closing(open_records(tmp_path)) as records:
        assert (records.offset, records.rows) == before


def test_a_page_that_fails_leaves_nothing(records: SqlRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    pen = Pen()
    project(records, [pen.event()])
    clash = Entry(1, START, decode(pen.event()[1]), 0)  # offset 1 is taken
    with pytest.raises(Exception, match="records: "):
        records.project([Entry(2, START, decode(pen.event()[1]), 0), clash], 2)
    assert (records.offset, records.rows, len(records.events(GATE.facility, 10))) == (1, 1, 1)


def test_newest_come_first(records: SqlRecords) -> None:
    pen = Pen()
    project(records, [pen.event(code=f"e{index}") for index in range(5)])
    assert [each.body["code"] for each in records.events(GATE.facility, 3)] == ["e4", "e3", "e2"]
    assert records.events(HOMES.facility, 3) == []


def test_a_late_old_health_does_not_replace_a_newer_one(records: SqlRecords) -> None:
    pen = Pen()
    old, new = pen.health(level_cm=1.0), pen.health(level_cm=9.0)
    project(records, [new])
    project(records, [old])
    (twin,) = records.twins()
    assert twin.health.level_cm == 9.0


def test_within_a_boot_the_sequence_decides_even_if_the_clock_was_set_back(records: SqlRecords) -> None:
    pen = Pen()
    before = pen.health(level_cm=1.0)
    pen.at -= timedelta(days=1)
    project(records, [before, pen.health(level_cm=9.0)])
    (twin,) = records.twins(GATE.facility)
    assert twin.health.level_cm == 9.0


def _flood(pen: Pen) -> list[Message]:
    """Write what a gate writes; when people grant the opening it forgets its incident first."""
    return [
        pen.decision("pre_warn", "open", "aa-1", first_out="radar"),
        pen.decision("closed", "lowering", "aa-1", first_out="radar"),
        pen.decision("closed", "closed", None, decision="open", verdict="accepted"),
        pen.decision("opening", "closed", None),
        pen.decision("open", "opening", None),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (4, 0, 1, 2, 3), (1, 4, 3, 0, 2)])
def test_an_incident_ends_when_its_gate_is_open_again(records: SqlRecords, order: Sequence[int]) -> None:
    messages = _flood(Pen())
    for index in order:
        project(records, [messages[index]])
    (incident,) = records.incidents(10)
    assert (incident.active, incident.first_out, incident.events) == (False, "radar", 2)
    assert incident.latest_at == decode(messages[4][1]).at
    assert records.open_incident(GATE.facility) is None


def test_an_incident_lasts_while_its_gate_is_not_open(records: SqlRecords) -> None:
    project(records, _flood(Pen())[:4])
    (incident,) = records.incidents(10)
    assert incident.active
    assert records.open_incident(GATE.facility) == incident.id


def test_homes_that_flood_together_are_one_incident(records: SqlRecords) -> None:
    pen = Pen(HOMES)
    flood: dict[str, Any] = {"decision": "area_flood", "because": ["3 homes"], "first_out": "homes"}
    body = {**flood, "state": "area_flood", "previous": "dry", "incident": "area-1"}
    project(records, [pen.write(Kind.DECISION, body), pen.write(Kind.DECISION, body)])
    (incident,) = records.incidents(10)
    assert incident.active
    cleared = {**flood, "state": "dry", "previous": "area_flood", "incident": "area-1"}
    project(records, [pen.write(Kind.DECISION, cleared)])
    (incident,) = records.incidents(10)
    assert (incident.active, incident.events) == (False, 3)


def test_only_the_newest_pictures_are_kept(records: SqlRecords, tmp_path: Path) -> None:
    pen = Pen()
    project(records, [pen.clip() for _ in range(PICTURES_KEPT + 5)])
    newest = records.picture(GATE.facility)
    assert newest is not None
    assert newest.path.read_bytes() == JPEG
    assert len(list((tmp_path / "pictures").glob("*/*.jpg"))) == PICTURES_KEPT
    assert records.rows == PICTURES_KEPT + 5


def test_what_is_no_jpeg_is_counted_but_not_shown(records: SqlRecords) -> None:
    project(records, [Pen().clip(b"<script>")])
    assert records.rows == 1
    assert records.picture(GATE.facility) is None


def test_a_picture_without_a_row_is_swept(tmp_path: Path) -> None:
    stray = tmp_path / "pictures" / GATE.facility / "000000000099.jpg"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(JPEG)
    open_records(tmp_path).close()
    assert not stray.exists()
