"""The newest reading of every channel: one SQLite table, upserted."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from sotdae_hub.adapters.damage import REFUSALS, TORN
from sotdae_hub.adapters.journal import close, connect
from sotdae_hub.core.points import ms
from sotdae_hub.core.saying import said_at
from sotdae_hub.ports import Entry, Last
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind
from sotdae_shared.units import Flag

_SCHEMA = """
CREATE TABLE IF NOT EXISTS last (
    facility TEXT, channel TEXT, unit TEXT NOT NULL, value REAL,
    flag INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (facility, channel)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), journal_offset INTEGER NOT NULL);
INSERT OR IGNORE INTO progress VALUES (1, 0);
"""
_UPSERT = """
INSERT INTO last VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE
SET unit = excluded.unit, value = excluded.value, flag = excluded.flag, at_ms = excluded.at_ms
WHERE excluded.at_ms >= last.at_ms
"""


class SqliteLastValues:
    """See ports.LastValues. A back-filled reading never replaces a newer one."""

    name = "last"
    kinds = frozenset({Kind.TELEMETRY})

    def __init__(self, path: Path) -> None:
        """Open or create. Raises LinkError if the file cannot be used."""
        try:
            with ExitStack() as undo:
                # NORMAL: after a power cut offset and rows are both a little older, and follow again.
                self._db = undo.enter_context(closing(connect(path, synchronous="NORMAL")))
                self._db.executescript(_SCHEMA)
                self.offset = int(self._db.execute("SELECT journal_offset FROM progress").fetchone()[0])
                undo.pop_all()
        except (*REFUSALS, *TORN) as error:
            raise LinkError(f"last values {path}: {error}") from error
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        """See ports.Projection."""
        try:
            with self._lock:
                return int(self._db.execute("SELECT count(*) FROM last").fetchone()[0])
        except REFUSALS as error:
            raise LinkError(f"last values: {error}") from error

    def project(self, entries: Sequence[Entry], upto: int) -> None:
        """See ports.Projection."""
        rows = _newest(entries)
        with self._lock:
            try:
                with self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    self._db.executemany(_UPSERT, rows.values())
                    self._db.execute("UPDATE progress SET journal_offset = ?", (upto,))
            except REFUSALS as error:
                raise LinkError(f"last values: {error}") from error
        self.offset = upto

    def of(self, facility: str) -> list[Last]:
        """See ports.LastValues."""
        query = "SELECT channel, unit, value, flag, at_ms FROM last WHERE facility = ? ORDER BY channel"
        try:
            with self._lock:
                found = self._db.execute(query, (facility,)).fetchall()
            return [
                Last(channel, unit, value, Flag(flag), datetime.fromtimestamp(at_ms / 1000, UTC))
                for channel, unit, value, flag, at_ms in found
            ]
        except (*REFUSALS, *TORN) as error:
            raise LinkError(f"last values: {error}") from error

    def close(self) -> None:
        """See ports.Projection."""
        with self._lock:
            close(self._db)


def _newest(entries: Sequence[Entry]) -> dict[tuple[str, str], tuple[str, str, str, float | None, int, int]]:
    found: dict[tuple[str, str], tuple[str, str, str, float | None, int, int]] = {}
    for entry in entries:
        envelope = entry.envelope
        facility, sent_ms = envelope.facility, ms(said_at(envelope.at, envelope.clock, entry.received_at))
        for reading in envelope.body.readings:
            key = (facility, reading.channel)
            at_ms = sent_ms if reading.at is None else ms(reading.at)
            if key not in found or at_ms >= found[key][-1]:
                found[key] = (*key, reading.unit.value, reading.value, reading.flag.value, at_ms)
    return found
