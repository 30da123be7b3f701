"""Readings over time in DuckDB, written in columns, one transaction per batch with its journal offset."""

import math
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from sotdae_hub.core.points import ms, point_rows
from sotdae_hub.ports import Entry, Point
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.messages import Class, Kind
from sotdae_shared.units import Flag

_SCHEMA = """
CREATE TABLE IF NOT EXISTS points (
    facility VARCHAR, channel VARCHAR, unit VARCHAR, at_ms BIGINT, value DOUBLE, flag UTINYINT
);
CREATE TABLE IF NOT EXISTS message (
    journal_offset BIGINT, node VARCHAR, boot VARCHAR, class VARCHAR, seq BIGINT, gap_to BIGINT
);
CREATE TABLE IF NOT EXISTS progress (journal_offset BIGINT);
INSERT INTO progress SELECT 0 WHERE NOT EXISTS (FROM progress);
"""
_SERIES = """
WITH span AS (
    SELECT at_ms, value, flag, unit, (at_ms - $start) * $points // ($end - $start) AS bucket
    FROM points
    WHERE facility = $facility AND channel = $channel AND at_ms >= $start AND at_ms < $end
)
SELECT arg_max(at_ms, coalesce(value, '-inf'::DOUBLE)), max(value),
       arg_max(flag, coalesce(value, '-inf'::DOUBLE)), any_value(unit)
FROM span GROUP BY bucket ORDER BY bucket
"""


class DuckDbMetrics:
    """See ports.MetricsStore. The message table has no unique constraint: a double would be seen."""

    name = "metrics"
    kinds = frozenset({Kind.TELEMETRY, Kind.HEALTH, Kind.GAP})

    def __init__(self, path: Path) -> None:
        """Open or create. Raises LinkError if the file cannot be used, or is used by another process."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with ExitStack() as undo:
                opened = duckdb.connect(str(path), config={"threads": 2, "memory_limit": "1GB"})
                self._db = undo.enter_context(closing(opened))
                self._db.execute(_SCHEMA)
                self.offset: int = _one(self._db, "SELECT journal_offset FROM progress")
                self.rows: int = _one(self._db, "SELECT count(*) FROM message")
                undo.pop_all()
        except (duckdb.Error, ValueError, TypeError) as error:
            raise LinkError(f"metrics {path}: {error}") from error
        self._lock = threading.Lock()

    def project(self, entries: Sequence[Entry], upto: int) -> None:
        """See ports.Projection."""
        own = [entry for entry in entries if entry.envelope.cls is Class.TELEMETRY]
        rows = [row for entry in own for row in point_rows(entry.envelope)]
        messages = [(entry.offset, *entry.envelope.key, entry.gap_to) for entry in own]
        with self._lock:
            try:
                self._db.begin()
                self._insert("points", rows)
                self._insert("message", messages)
                self._db.execute("UPDATE progress SET journal_offset = ?", [upto])
                self._db.commit()
            except BaseException as error:
                with suppress(duckdb.Error):  # a commit that a full disk refused has ended by itself
                    self._db.rollback()
                if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.DataError):
                    raise LinkError(f"metrics: {error}") from error
                raise
        self.offset = upto
        self.rows += len(messages)

    def _insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        columns = {f"c{index}": _column(values) for index, values in enumerate(zip(*rows, strict=True))}
        self._db.register("batch", columns)
        self._db.execute(f"INSERT INTO {table} SELECT * FROM batch")  # noqa: S608
        self._db.unregister("batch")

    def series(
        self, facility: str, channel: str, start: datetime, end: datetime, points: int
    ) -> tuple[str | None, list[Point]]:
        """See ports.MetricsStore."""
        bounds = {"start": ms(start), "end": ms(end)}
        names = {"facility": facility, "channel": channel, "points": points}
        try:
            with self._db.cursor() as cursor:
                found = cursor.execute(_SERIES, {**bounds, **names}).fetchall()
            unit = found[0][3] if found else None
            return unit, [Point(_moment(at_ms), value, Flag(flag)) for at_ms, value, flag, _ in found]
        except (duckdb.Error, ValueError, OverflowError) as error:  # the latter of a damaged row
            raise LinkError(f"metrics: {error}") from error

    def close(self) -> None:
        """See ports.Journal."""
        with self._lock:
            with suppress(duckdb.Error):  # then the next start does it
                self._db.execute("CHECKPOINT")
            self._db.close()


def _column(values: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    sample = next((value for value in values if value is not None), None)
    if isinstance(sample, str):
        return np.array(values, dtype=object)
    if isinstance(sample, float) or sample is None:
        gaps = [value is None for value in values]
        numbers = [math.nan if value is None else value for value in values]
        return np.ma.MaskedArray(np.array(numbers, dtype=np.float64), mask=gaps)
    return np.array(values, dtype=np.int64)


def _one(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def message_rows(path: Path) -> list[tuple[str, str, str, int, int]]:
    """Read (node, boot, class, seq, gap_to) of every message row of a file that nobody else has open.

    Raises:
        ConfigError: if it cannot be read.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as db:
            return db.execute("SELECT node, boot, class, seq, gap_to FROM message").fetchall()
    except duckdb.Error as error:
        raise ConfigError(str(path), [f"{error} (stop the hub first)"]) from error
