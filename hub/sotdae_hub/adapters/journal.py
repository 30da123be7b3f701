"""The ingest journal: one SQLite file, WAL, synced to the disk at every commit."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from sotdae_hub.adapters.damage import REFUSALS, TORN
from sotdae_hub.adapters.recent import Recent
from sotdae_hub.adapters.streams import Streams
from sotdae_hub.core.ingest import Accepted, Presence, Quarantined, Rejected, Verdict
from sotdae_hub.ports import Arrival, Entry, Receipt, Tally
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import Header, Kind, StateBody
from sotdae_shared.topics import Address
from sotdae_shared.wire import decode

REJECTED_KEPT = 1_000
"""Rejected messages kept for a look; they come from anybody, so they must not fill the disk."""
REJECTED_BYTES = 4_096

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    offset INTEGER PRIMARY KEY AUTOINCREMENT,
    facility TEXT NOT NULL, node TEXT NOT NULL, boot TEXT NOT NULL, class TEXT NOT NULL,
    seq INTEGER NOT NULL, gap_to INTEGER NOT NULL, kind TEXT NOT NULL,
    received_ms INTEGER NOT NULL, raw BLOB NOT NULL,
    UNIQUE (node, boot, class, seq, gap_to)
);
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_ms INTEGER NOT NULL, topic TEXT NOT NULL, reason TEXT NOT NULL, raw BLOB NOT NULL,
    facility TEXT, node TEXT, boot TEXT, class TEXT, seq INTEGER,
    UNIQUE (node, boot, class, seq)
);
CREATE TABLE IF NOT EXISTS stream (
    node TEXT, boot TEXT, class TEXT, facility TEXT NOT NULL, ranges TEXT NOT NULL,
    stored INTEGER NOT NULL, quarantined INTEGER NOT NULL,
    PRIMARY KEY (node, boot, class)
);
CREATE TABLE IF NOT EXISTS node (
    facility TEXT, node TEXT, storage TEXT NOT NULL, boots TEXT NOT NULL, tail_unknown INTEGER NOT NULL,
    PRIMARY KEY (facility, node)
);
"""
_HEAD = """
SELECT max((SELECT coalesce(max(offset), 0) FROM message),
           (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'message'))
"""


class SqliteJournal:
    """See ports.Journal. A gap is kept under its own key: it never hides the message it may overlap."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises LinkError if the file cannot be used."""
        self._path = path
        try:
            with ExitStack() as undo:
                self._db = undo.enter_context(closing(connect(path)))
                self._db.executescript(_SCHEMA)
                self._reader = undo.enter_context(closing(connect(path)))
                # What is no text parks its own row only.
                self._reader.text_factory = lambda raw: raw.decode(errors="replace")
                self._streams = Streams(self._db)
                self.head = int(self._db.execute(_HEAD).fetchone()[0])
                undo.pop_all()
        except (*REFUSALS, *TORN) as error:
            raise LinkError(f"journal {path}: {error}") from error
        self._lock = threading.Lock()
        self._fresh: list[tuple[Entry, int]] = []
        self._recent = Recent(self.head)
        self._unsure = False
        """Whether the streams in memory may hold what was not committed."""

    def begin_above(self, offset: int) -> None:
        """Give no offset up to this one: a store would take what stands there for something it has."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'message'")
                self._db.execute("INSERT INTO sqlite_sequence VALUES ('message', ?)", (offset,))
        except REFUSALS as error:
            raise LinkError(f"journal: {error}") from error
        self.head = offset
        self._recent = Recent(offset)

    def counts(self) -> tuple[int, int]:
        """Return how many messages are quarantined and how many rejected ones are kept."""
        try:
            with self._lock:
                row = self._reader.execute(
                    "SELECT count(node), count(*) - count(node) FROM quarantine"
                ).fetchone()
        except REFUSALS as error:
            raise LinkError(f"journal: {error}") from error
        return (row[0], row[1])

    def append(self, batch: Sequence[tuple[Arrival, Verdict]]) -> Receipt:
        """See ports.Journal."""
        self._fresh = []
        try:
            if self._unsure:
                self._streams = Streams(self._db)
            self._unsure = True
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                results = [self._put(arrival, verdict) for arrival, verdict in batch]
                self._streams.save(self._db)
                head = self._db.execute(_HEAD).fetchone()[0]
        except (*REFUSALS, *TORN) as error:
            raise LinkError(f"journal: {error}") from error
        self._unsure = False
        self._recent.add(self._fresh)
        self.head = head
        return Receipt(
            stored=results.count("stored"),
            duplicates=results.count("duplicate"),
            quarantined=results.count("quarantined"),
            rejected=results.count("rejected"),
            acks=self._streams.acks(),
            head=head,
        )

    def _put(self, arrival: Arrival, verdict: Verdict) -> str:
        match verdict:
            case Accepted():
                return self._store(arrival, verdict)
            case Quarantined(header, reason):
                return self._park(arrival, header, reason)
            case Rejected(reason):
                return self._refuse(arrival, reason)
            case Presence(address, state):
                return self._meet(address, state)

    def _store(self, arrival: Arrival, accepted: Accepted) -> str:
        envelope = accepted.envelope
        gap_to = accepted.last if envelope.kind is Kind.GAP else 0
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO message (facility, node, boot, class, seq, gap_to, kind, received_ms, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (envelope.facility, *envelope.key, gap_to, envelope.kind, _ms(arrival.at), arrival.raw),
        )
        new = cursor.rowcount
        self._streams.hold(envelope, accepted.last, stored=new if not gap_to else 0)
        if not new:
            return "duplicate"
        self._fresh.append((Entry(cursor.lastrowid or 0, arrival.at, envelope, gap_to), len(arrival.raw)))
        return "stored"

    def _park(self, arrival: Arrival, header: Header, reason: str) -> str:
        if self._streams.holds(header):
            self._streams.hold(header, header.seq)
            return "duplicate"
        self._quarantine(arrival, reason, arrival.raw, header)
        self._streams.hold(header, header.seq, quarantined=1)
        return "quarantined"

    def _refuse(self, arrival: Arrival, reason: str) -> str:
        self._quarantine(arrival, reason, arrival.raw[:REJECTED_BYTES], None)
        self._db.execute(
            "DELETE FROM quarantine WHERE node IS NULL AND id <="
            " (SELECT id FROM quarantine WHERE node IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (REJECTED_KEPT,),
        )
        return "rejected"

    def _quarantine(self, arrival: Arrival, reason: str, raw: bytes, header: Header | None) -> None:
        who = (header.facility, *header.key) if header else (None,) * 5
        self._db.execute(
            "INSERT OR IGNORE INTO quarantine"
            " (received_ms, topic, reason, raw, facility, node, boot, class, seq)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_ms(arrival.at), _storable(arrival.topic), _storable(reason), raw, *who),
        )

    def _meet(self, address: Address, state: StateBody) -> str:
        key = (str(address.facility), address.node)
        row = self._db.execute(
            "SELECT storage, tail_unknown FROM node WHERE facility = ? AND node = ?", key
        ).fetchone()
        lost = row is not None and (row[1] or row[0] != state.storage)
        self._db.execute(
            "INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?)",
            (*key, state.storage, json.dumps(state.boots), int(lost)),
        )
        if lost:
            self._streams.lose_tail(key[0])
        return "presence"

    def read(self, after: int, limit: int, kinds: frozenset[Kind]) -> tuple[list[Entry], int]:
        """See ports.Journal."""
        head = self.head  # rows above it may be committed meanwhile: they belong to the next read
        entries = self._recent.read(after, head, limit, kinds)
        if entries is None:
            return self._read_file(after, head, limit, kinds)
        return entries, entries[-1].offset if len(entries) == limit else max(head, after)

    def park(self, offset: int, reader: str, reason: str) -> None:
        """See ports.Journal."""
        try:
            # From a store's thread: a connection of its own stays out of the writer's transaction.
            with closing(connect(self._path)) as db:
                db.execute(
                    "INSERT OR IGNORE INTO quarantine"
                    " (received_ms, topic, reason, raw, facility, node, boot, class, seq)"
                    " SELECT received_ms, ?, ?, raw, facility, node, boot, class, seq FROM message"
                    " WHERE offset = ?",
                    (reader, reason[:500], offset),
                )
        except REFUSALS as error:
            raise LinkError(f"journal: {error}") from error

    def _read_file(
        self, after: int, head: int, limit: int, kinds: frozenset[Kind]
    ) -> tuple[list[Entry], int]:
        marks = ", ".join("?" * len(kinds))
        try:
            with self._lock:
                rows = self._reader.execute(
                    "SELECT offset, received_ms, gap_to, raw FROM message"  # noqa: S608
                    f" WHERE offset > ? AND offset <= ? AND kind IN ({marks}) ORDER BY offset LIMIT ?",
                    (after, head, *sorted(kinds), limit),
                ).fetchall()
        except REFUSALS as error:
            raise LinkError(f"journal: {error}") from error
        entries = []
        for offset, received_ms, gap_to, raw in rows:
            try:
                envelope, received_at = decode(raw), datetime.fromtimestamp(received_ms / 1000, UTC)
            except (WireError, *TORN) as error:  # an older hub took it, or the row is damaged
                self.park(offset, "journal", str(error))
                continue
            entries.append(Entry(offset, received_at, envelope, gap_to))
        return entries, rows[-1][0] if len(rows) == limit else max(head, after)

    def tally(self, facility: str) -> Tally:
        """See ports.Journal."""
        return self._streams.tally(facility)

    def close(self) -> None:
        """See ports.Journal."""
        with self._lock:
            self._reader.close()
        close(self._db)


def connect(path: Path, *, synchronous: str = "FULL") -> sqlite3.Connection:
    """Open a SQLite file in WAL mode; transactions are explicit.

    One that cannot be used must be closed at once: left to the garbage collector, it would be closed at any
    time, and SQLite then removes the journal of whatever file has its name by then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous}")
    except BaseException:
        db.close()
        raise
    return db


def close(db: sqlite3.Connection) -> None:
    """Let go of a SQLite file, with all in one place where the disk takes that."""
    with suppress(sqlite3.Error):  # what is committed is in the other file
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _storable(text: str) -> str:
    """Return what a file can hold of a sender's words: no half characters, and not without end."""
    return text.encode(errors="replace").decode()[:500]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
