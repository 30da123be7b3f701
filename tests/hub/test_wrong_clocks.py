"""A gate whose wall clock is wrong is shown as it is now, not as it was before."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hub_kit import GATE, START, Pen

from sotdae_hub.adapters.last_values import SqliteLastValues
from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.core.saying import dated, said_at
from sotdae_hub.ports import Entry
from sotdae_shared.messages import ClockTrust, Envelope, Kind

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC)
DECADE = timedelta(days=3653)
NEXT_BOOT = "00000000000000bb"


def health(pen: Pen, barrier: str, clock: ClockTrust = ClockTrust.SYNCED) -> Envelope:
    body = {"stage": "close", "barrier": barrier, "lane": "clear", "level_cm": 20.0, "rate_cm_min": 20.0}
    return pen.envelope(Kind.HEALTH, body).model_copy(update={"clock": clock})


def level(pen: Pen, cm: float, clock: ClockTrust = ClockTrust.SYNCED) -> Envelope:
    reading = {"channel": "radar_level", "unit": "cm", "value": cm, "flag": 1}
    return pen.envelope(Kind.TELEMETRY, {"readings": [reading]}).model_copy(update={"clock": clock})


def came(store: SqlRecords | SqliteLastValues, envelopes: Sequence[Envelope], at: datetime) -> None:
    first = store.offset + 1
    entries = [Entry(first + index, at, envelope, 0) for index, envelope in enumerate(envelopes)]
    store.project(entries, store.offset + len(entries))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqlRecords]:
    with closing(SqlRecords(tmp_path / "records.sqlite3", tmp_path / "pictures")) as records:
        yield records


@pytest.fixture
def last(tmp_path: Path) -> Iterator[SqliteLastValues]:
    with closing(SqliteLastValues(tmp_path / "last.sqlite3")) as last:
        yield last


def barrier(records: SqlRecords) -> str | None:
    (twin,) = records.twins()
    return twin.health.barrier


def value(last: SqliteLastValues) -> float | None:
    (found,) = last.of(GATE.facility)
    return found.value


def test_a_boot_in_1970_takes_over(records: SqlRecords) -> None:
    came(records, [health(Pen(), "open")], START + HOUR)
    came(records, [health(Pen(boot=NEXT_BOOT, at=EPOCH), "closed", ClockTrust.UNTRUSTED)], START + 2 * HOUR)
    assert barrier(records) == "closed"
    came(records, [health(Pen(boot="00000000000000cc", at=START + 3 * HOUR), "open")], START + 4 * HOUR)
    assert barrier(records) == "open"


def test_a_word_from_the_future_does_not_stand_for_ten_years(records: SqlRecords) -> None:
    came(records, [health(Pen(at=START + DECADE), "open")], START + HOUR)
    came(records, [health(Pen(boot=NEXT_BOOT, at=START + HOUR), "closed")], START + 2 * HOUR)
    assert barrier(records) == "closed"


def test_what_a_former_boot_left_does_not_take_over(records: SqlRecords) -> None:
    left = health(Pen(), "open")
    came(records, [health(Pen(boot=NEXT_BOOT, at=START + HOUR), "closed")], START + 2 * HOUR)
    came(records, [left], START + 3 * HOUR)
    assert barrier(records) == "closed"


def test_the_newest_reading_is_shown_whatever_the_clock_says(last: SqliteLastValues) -> None:
    pen = Pen()
    came(last, [level(pen, 1.0)], START + HOUR)
    came(last, [level(Pen(at=EPOCH), 2.0, ClockTrust.UNTRUSTED)], START + 2 * HOUR)
    assert value(last) == 2.0
    came(last, [level(Pen(at=START + DECADE), 3.0)], START + 3 * HOUR)
    came(last, [level(Pen(at=START + 4 * HOUR), 4.0)], START + 4 * HOUR + timedelta(seconds=9))
    assert value(last) == 4.0
    came(last, [level(pen, 5.0)], START + 5 * HOUR)
    assert value(last) == 4.0, "back-fill"


def test_a_believed_clock_is_taken_at_its_word() -> None:
    early, late = START, START + HOUR
    assert said_at(early, ClockTrust.SYNCED, late) == early
    assert said_at(early, ClockTrust.HOLDOVER, late) == early
    assert said_at(late, ClockTrust.SYNCED, early) == early
    assert said_at(early, ClockTrust.UNTRUSTED, late) == late


@pytest.mark.parametrize("wrong", [EPOCH, START - DECADE, START + DECADE])
def test_what_cannot_have_been_said_then_is_filed_when_it_came(records: SqlRecords, wrong: datetime) -> None:
    body = {"code": "water.close", "priority": 1, "active": True}
    decision = {
        "decision": "trip",
        "state": "pre_warn",
        "previous": "open",
        "because": ["x"],
        "incident": "i",
    }
    right, pen = Pen(), Pen(boot=NEXT_BOOT, at=wrong)
    came(records, [right.envelope(Kind.EVENT, {**body, "code": "mains.lost"})], START + HOUR)
    said = [pen.envelope(Kind.EVENT, body), pen.envelope(Kind.DECISION, decision)]
    came(records, said, START + 2 * HOUR)
    assert [each.body["code"] for each in records.events(GATE.facility, 9)] == ["water.close", "mains.lost"]
    (incident,) = records.incidents(9)
    assert incident.opened_at == START + 2 * HOUR


def test_a_plausible_time_is_kept_however_late_it_comes() -> None:
    assert dated(START, START + 40 * DECADE) == START
    assert dated(START + HOUR, START) == START + HOUR
    assert dated(EPOCH, START) == START
