"""A file that cannot be used is not kept open: somebody will put another in its place."""

import gc
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hub_kit import START, Pen
from open_files import opened_below

from sotdae_hub.adapters.duckdb_metrics import DuckDbMetrics
from sotdae_hub.adapters.influx import InfluxMetrics
from sotdae_hub.adapters.journal import SqliteJournal
from sotdae_hub.adapters.last_values import SqliteLastValues
from sotdae_hub.adapters.policies import SqlPolicies
from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.core.ingest import judge
from sotdae_hub.ports import Arrival
from sotdae_shared.errors import LinkError

STORES: dict[str, Callable[[Path], object]] = {
    "journal": SqliteJournal,
    "last values": SqliteLastValues,
    "metrics": DuckDbMetrics,
    "ledger of metrics": lambda path: InfluxMetrics("http://127.0.0.1:9", "o", "b", "", path),
    "records": lambda path: SqlRecords(path, path.with_name("pictures")),
    "policies": SqlPolicies,
}


def junk(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)


def another_programs(path: Path) -> None:
    """A good file whose tables have the right names and the wrong columns."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        for name in ("message", "stream", "node", "last", "progress", "policy", "event", "alembic_version"):
            db.execute(f"CREATE TABLE {name} (odd)")
            db.execute(f"INSERT INTO {name} VALUES ('x')")
        db.commit()


@pytest.mark.parametrize("damage", [junk, another_programs])
@pytest.mark.parametrize("store", STORES)
def test_a_file_that_cannot_be_used_is_let_go(
    store: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    damage(path)
    with pytest.raises(LinkError):
        STORES[store](path)
    assert opened_below(tmp_path) == []


def test_what_is_stored_in_the_place_of_a_broken_file_stays(tmp_path: Path) -> None:
    """SQLite takes a journal away by its name when it closes: the broken file's, or the new one's."""
    path, mended = tmp_path / "file", tmp_path / "mended"
    another_programs(path)
    with closing(SqliteJournal(mended)):
        pass
    with pytest.raises(LinkError) as caught:
        SqliteJournal(path)
    mended.replace(path)
    with closing(SqliteJournal(path)) as journal:
        topic, raw, _ = Pen().event()
        journal.append([(Arrival(topic, raw, False, START), judge(topic, raw))])
        del caught
        gc.collect()
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM message").fetchone() == (1,)
