"""Files of the hub that a disk spoils or refuses while it runs: told, the end of no task, nothing lost."""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from disk_kit import disk_of
from hub_kit import GATE, START, Message, Pen

from sotdae_hub.accounting import count_stores
from sotdae_hub.adapters.filing import PICTURES_KEPT
from sotdae_hub.app import Hub, Stores, _again, open_stores
from sotdae_hub.config import HubConfig, parse_config
from sotdae_hub.core.ingest import judge
from sotdae_hub.following import Follower
from sotdae_hub.ports import Arrival, Projection
from sotdae_shared.errors import ConfigError, LinkError

FACILITY = str(GATE.facility)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
        yield stores


def append(stores: Stores, *messages: Message) -> None:
    stores.journal.append([(Arrival(t, raw, False, START), judge(t, raw)) for t, raw, _ in messages])


def step(store: Projection, stores: Stores) -> None:
    """Follow once."""
    Follower(store, stores.journal, asyncio.Condition(), lambda store, entries: None)._step()


def follow_all(stores: Stores) -> None:
    for store in stores.followers():
        step(store, stores)
        assert store.offset == stores.journal.head


def change(path: Path, *statements: str) -> None:
    """Do to a file what no hub does."""
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_full_disk_costs_the_metrics_nothing(stores: Stores, tmp_path: Path) -> None:
    pen = Pen()
    append(stores, pen.readings())
    step(stores.metrics, stores)
    append(stores, pen.readings(), pen.readings(), pen.health())
    room = (tmp_path / "metrics.duckdb.wal").stat().st_size + 50
    with disk_of(room), pytest.raises(LinkError, match=r"^metrics: .*Failed to commit"):
        step(stores.metrics, stores)
    step(stores.metrics, stores)
    assert (stores.metrics.rows, stores.metrics.offset) == (4, 4)
    assert stores.journal.counts() == (0, 0), "what a disk refuses is not parked: it may take it later"


def test_a_damaged_row_of_the_journal_is_parked(stores: Stores, tmp_path: Path) -> None:
    pen = Pen()
    append(stores, *(pen.event() for _ in range(4)))
    statements = ("received_ms = 'x' WHERE offset = 1", "received_ms = 1 << 62 WHERE offset = 2")
    change(tmp_path / "journal.sqlite3", *(f"UPDATE message SET {each}" for each in statements))
    with closing(open_stores(HubConfig(dir=tmp_path))) as again:
        step(again.records, again)
        assert [each.body["code"] for each in again.records.events(FACILITY, 9)] == [
            "sensor.radar.silent"
        ] * 2
        assert again.journal.counts() == (2, 0)


def test_a_journal_that_another_program_spoilt_refuses_and_no_more(stores: Stores, tmp_path: Path) -> None:
    pen = Pen()
    append(stores, pen.event())
    change(tmp_path / "journal.sqlite3", "DROP TABLE message", "DROP TABLE stream")
    for _ in range(2):
        with pytest.raises(LinkError, match="no such table"):
            append(stores, pen.event())


def test_what_a_journal_did_not_take_is_not_held(stores: Stores, tmp_path: Path) -> None:
    pen = Pen()
    message = pen.event()
    change(tmp_path / "journal.sqlite3", "ALTER TABLE stream RENAME TO gone")
    with pytest.raises(LinkError):
        append(stores, message)
    change(tmp_path / "journal.sqlite3", "ALTER TABLE gone RENAME TO stream")
    receipt = stores.journal.append([(Arrival(*message[:2], False, START), judge(*message[:2]))])
    assert (receipt.stored, receipt.duplicates, stores.journal.tally(FACILITY).stored) == (1, 0, 1)


def test_last_values_that_cannot_be_counted_are_told(stores: Stores, tmp_path: Path) -> None:
    change(tmp_path / "last.sqlite3", "DROP TABLE last")
    with pytest.raises(LinkError):
        Hub(HubConfig(dir=tmp_path), stores, random.Random(1)).health()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE twin SET body = '{bad'",
        "UPDATE twin SET body = '{}'",
        "UPDATE twin SET at = 'x'",
        "UPDATE twin SET heard_at = 1 << 62",
        "UPDATE twin SET clock = 'syncad'",
        "UPDATE birth SET data = '[]', at = 'x'",
        "UPDATE birth SET data = 'null'",
        "UPDATE decision SET body = '{bad'",
        "UPDATE decision SET body = '{}'",
        "UPDATE incident SET latest_at = 'x'",
        "UPDATE twin SET clock = CAST(x'ff' AS TEXT)",
        "UPDATE birth SET data = CAST(x'ff' AS TEXT)",
        "UPDATE incident SET latest_at = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_damaged_row_of_the_records_hides_no_other_and_is_replaced(
    stores: Stores, tmp_path: Path, damage: str
) -> None:
    pen, other = Pen(), Pen(replace(GATE, node="gate-8"))
    append(stores, pen.health(), pen.birth(name="a"), pen.decision("closed", "open", "i-1"), other.health())
    follow_all(stores)
    change(tmp_path / "records.sqlite3", f"{damage} WHERE facility = '{FACILITY}'")
    hub = Hub(HubConfig(dir=tmp_path), stores, random.Random(1))
    hub.desk.facilities()
    hub.desk.state(FACILITY)
    hub.desk.incidents()
    hub.spreader.look()
    append(stores, pen.health(), pen.birth(name="b"), pen.decision("lowering", "closed", "i-1"))
    append(stores, pen.decision("open", "lowering", None))
    follow_all(stores)
    assert stores.journal.counts() == (0, 0)
    assert [twin.node for twin in stores.records.twins(FACILITY) if twin.node == pen.address.node]
    assert [birth.data["name"] for birth in stores.records.births(FACILITY)] == ["b"]
    assert not any(each.active for each in stores.records.incidents(9))


def test_a_damaged_row_is_told_by_who_counts(tmp_path: Path) -> None:
    with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
        append(stores, Pen().event())
        follow_all(stores)
    assert count_stores(tmp_path).stored == 1
    change(tmp_path / "records.sqlite3", "UPDATE message SET seq = 'x'")
    with pytest.raises(ConfigError, match=r"records.sqlite3: cannot be counted: "):
        count_stores(tmp_path)


def test_a_part_that_only_tells_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sotdae_hub.app.AGAIN_S", 0.0)
    asyncio.run(asyncio.wait_for(begins_anew(), 10))


async def begins_anew() -> None:
    well, failures = asyncio.Event(), iter([KeyError("a"), LinkError("b")])

    async def tell() -> None:
        for error in failures:
            raise error
        well.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(_again("herald", tell))
    await well.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


@pytest.mark.parametrize("offset", ["'x'", str(1 << 62)])
@pytest.mark.parametrize("name", ["last", "records"])
def test_a_damaged_offset_is_told_and_stays_out_of_the_journal(
    tmp_path: Path, name: str, offset: str
) -> None:
    with closing(open_stores(HubConfig(dir=tmp_path))):
        pass
    change(tmp_path / f"{name}.sqlite3", f"UPDATE progress SET journal_offset = {offset}")
    with pytest.raises(LinkError, match="move"):
        open_stores(HubConfig(dir=tmp_path))
    change(tmp_path / f"{name}.sqlite3", "UPDATE progress SET journal_offset = 0")
    with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
        append(stores, Pen().event())
        assert stores.journal.head == 1


def test_a_migration_that_is_cut_off_is_made_by_the_next_start(tmp_path: Path) -> None:
    records = tmp_path / "records.sqlite3"
    with closing(open_stores(HubConfig(dir=tmp_path))):
        pass
    for table in ("twin", "policy_forgotten"):
        change(records, f"ALTER TABLE {table} DROP COLUMN journal_offset")
    change(records, "UPDATE alembic_version SET version_num = '0005'")
    change(records, "ALTER TABLE policy_forgotten RENAME TO away")  # the second step fails
    with pytest.raises(LinkError):
        open_stores(HubConfig(dir=tmp_path))
    change(records, "ALTER TABLE away RENAME TO policy_forgotten")
    with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
        assert stores.policies.forgotten() == []


def test_a_picture_that_cannot_be_deleted_costs_nothing(stores: Stores, tmp_path: Path) -> None:
    pen = Pen()
    append(stores, *(pen.clip() for _ in range(PICTURES_KEPT)))
    step(stores.records, stores)
    oldest = min((tmp_path / "pictures" / FACILITY).iterdir())
    oldest.unlink()
    oldest.mkdir()
    append(stores, pen.clip())
    step(stores.records, stores)
    assert stores.records.rows == stores.records.offset == PICTURES_KEPT + 1
    assert stores.journal.counts() == (0, 0)


def test_a_file_in_the_place_of_the_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("x")
    with pytest.raises(ConfigError, match="pictures: cannot be made or entered"):
        open_stores(HubConfig(dir=tmp_path))


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "", "a\\u0000b"])
def test_what_is_no_host_is_told_at_the_start(host: str) -> None:
    with pytest.raises(ConfigError, match=r"broker.host: .*want the name or the address of a host"):
        parse_config(f'dir = "x"\nbroker.host = "{host}"', "hub.toml")


@pytest.mark.parametrize("kept", [0, 2])
def test_a_journal_that_is_new_or_old_hides_nothing_that_comes(tmp_path: Path, kept: int) -> None:
    pen, journal = Pen(), tmp_path / "journal.sqlite3"
    with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
        append(stores, *(pen.event() for _ in range(5)))
        follow_all(stores)
    change(journal, f"DELETE FROM message WHERE offset > {kept}", "DELETE FROM sqlite_sequence")
    for start in range(2):
        with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
            assert stores.journal.head == 5 + start
            append(stores, pen.event())
            follow_all(stores)
            assert len(stores.records.events(FACILITY, 9)) == 6 + start


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("journal.sqlite3", "bring it back from a backup, or move it away .*: what a store had not read"),
        ("last.sqlite3", "move it away .*: it is made anew from the journal"),
        ("metrics.duckdb", "move it away .*: it is made anew from the journal"),
        ("records.sqlite3", "bring it back from a backup, or move it away .*: all but policies and looks"),
    ],
)
@pytest.mark.parametrize("damage", [bytes(8192), None])
def test_a_file_that_cannot_be_opened_is_one_line_with_what_mends_it(
    tmp_path: Path, name: str, says: str, damage: bytes | None
) -> None:
    if damage is None:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(damage)
    with pytest.raises(LinkError, match=says) as caught:
        open_stores(HubConfig(dir=tmp_path))
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)
