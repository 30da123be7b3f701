"""Outbox in one SQLite file: a row is on disk before it is sent and leaves only by the hub's ack."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sotdae_edge.adapters.outbox.file import (
    LedgerCount,
    as_written,
    connect,
    is_corruption,
    lock,
    read_ledger,
    refusals,
    set_aside,
    transaction,
)
from sotdae_edge.adapters.outbox.runs import runs
from sotdae_edge.ports import Item, OutboxStats, Row, Stamp
from sotdae_shared import wire
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import CLASS_OF, SCHEMA_VERSION, AckBody, Class, Envelope, GapBody, Header, Kind
from sotdae_shared.topics import Address

TELEMETRY_BUDGET_BYTES = 64 * 1024 * 1024
BULK_BUDGET_BYTES = 16 * 1024 * 1024
READ_BYTES = 1024 * 1024
"""Most bytes that one `unsent` returns (but always one row): bounds memory and what is in flight."""

_T = TypeVar("_T")
_CLASSES = (Class.SAFETY, Class.TELEMETRY, Class.BULK)


@dataclass(frozen=True, slots=True)
class _Stream:
    id: int
    boot: str
    cls: Class


class SqliteOutbox:
    """Implements `ports.Outbox`. One process a file; one caller at a time, from any thread.

    A corrupt file is set aside as ``<name>.corrupt-<n>`` and a new storage incarnation begins; `seq` of this
    boot goes on where it was if that happens while running.
    """

    def __init__(
        self,
        path: Path,
        address: Address,
        boot: str,
        *,
        telemetry_budget_bytes: int = TELEMETRY_BUDGET_BYTES,
        bulk_budget_bytes: int = BULK_BUDGET_BYTES,
        ledger: bool = False,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """Open or create the file. Raises LinkError if the disk refuses."""
        self._path = path
        self._address = address
        self._boot = boot
        self._budget = {Class.TELEMETRY: telemetry_budget_bytes, Class.BULK: bulk_budget_bytes}
        self._ledger = ledger
        self._new_id = new_id
        self._last = dict.fromkeys(_CLASSES, 0)
        self.recovered_from_corruption = False
        """Whether a corrupt file was set aside; the runner raises an alarm."""
        self._open()

    @property
    def storage(self) -> str:
        """Incarnation of this disk: 16 hexadecimal digits."""
        return self._storage

    def put(self, items: Sequence[Item]) -> list[Header]:
        """Commit messages in one transaction.

        Raises:
            LinkError: if the disk refuses; nothing of the batch is kept and no `seq` is used.
            WireError: if a message is larger than the wire allows or does not start at a node.
        """
        return self._sound(lambda: self._put(items))

    def unsent(self, limit: int, after: tuple[str, str, int] | None = None) -> list[Row]:
        """Return waiting rows, this boot first, safety before telemetry before bulk; at most READ_BYTES.

        `after` is (boot, class, seq) of the last row of the page before. LinkError if the disk refuses.
        """
        return self._sound(lambda: self._unsent(limit, after))

    def _unsent(self, limit: int, after: tuple[str, str, int] | None) -> list[Row]:
        rows: list[Row] = []
        room = READ_BYTES
        with as_written():
            for stream, start in self._streams_from(after):
                found = self._db.execute(
                    "SELECT seq, kind, raw FROM message WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
                    (stream.id, start, limit - len(rows)),
                )
                for seq, kind, raw in found:
                    room -= len(raw)
                    if rows and room < 0:
                        return rows
                    rows.append(Row(self._header(stream, seq), Kind(kind), raw))
                if len(rows) >= limit:
                    break
        return rows

    def ack(self, ack: AckBody) -> int:
        """Delete what the hub holds; return how many rows went. Raises LinkError if the disk refuses."""
        return self._sound(lambda: self._ack(ack))

    def _ack(self, ack: AckBody) -> int:
        spans = [(1, ack.upto), *ack.ranges]
        gone = 0
        with transaction(self._db):
            stream = self._stream(ack.boot, ack.cls)
            if stream is None:
                return 0
            for first, last in spans:
                gone += self._delete(stream, first, last)
                self._shorten_gaps(stream, first, last)
            self._db.execute(
                "DELETE FROM stream WHERE id = ? AND rows = 0 AND boot <> ?", (stream.id, self._boot)
            )
        return gone

    def boots(self) -> tuple[str, ...]:
        """This boot, then others that still have waiting rows, oldest first."""
        others = self._sound(lambda: [stream.boot for stream in self._streams()])
        return tuple(dict.fromkeys([self._boot, *others]))

    def stats(self) -> OutboxStats:
        """Return counts of waiting and dropped messages; a gap marker counts as one that waits."""
        return self._sound(self._stats)

    def _stats(self) -> OutboxStats:
        counts = "SELECT sum(rows), sum(bytes), sum(rows) FILTER (WHERE class = ?) FROM stream"
        rows, size, safety = self._db.execute(counts, (Class.SAFETY,)).fetchone()
        return OutboxStats(rows, size, self._meta("dropped"), safety)

    def close(self) -> None:
        """Close the file; everything put is on disk already."""
        self._db.close()
        self._lock.close()

    @classmethod
    def ledger(cls, path: Path) -> list[LedgerCount]:
        """Count what a file's ledger holds. Raises LinkError if it has none or cannot be read."""
        return read_ledger(path)

    # Opening

    def _open(self) -> None:
        """Open the file, or set a corrupt one aside and begin a new one."""
        with self._refusals(), ExitStack() as undo:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = undo.enter_context(lock(self._path))
            try:
                with as_written():
                    self._begin()
            except sqlite3.DatabaseError as error:
                if not is_corruption(error):
                    raise
                self._begin_anew()
            undo.pop_all()

    def _sound(self, act: Callable[[], _T]) -> _T:
        """Act; where the file proves corrupt, set it aside and act on a new one."""
        try:
            with self._refusals():
                return act()
        except LinkError as error:
            if not is_corruption(error.__cause__):
                raise
        with self._refusals():
            self._db.close()
            self._begin_anew()
            return act()

    def _begin_anew(self) -> None:
        set_aside(self._path)
        self.recovered_from_corruption = True
        self._begin()

    def _begin(self) -> None:
        with ExitStack() as undo:
            self._db = undo.enter_context(closing(connect(self._path, ledger=self._ledger)))
            self._begin_boot()
            undo.pop_all()

    def _begin_boot(self) -> None:
        with transaction(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('storage', ?), ('dropped', 0)", (self._new_id(),)
            )
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('node', ?)", (self._address.node,))
            self._db.execute("DELETE FROM stream WHERE rows = 0 AND boot <> ?", (self._boot,))
            for cls in _CLASSES:
                self._db.execute(
                    "INSERT OR IGNORE INTO stream (boot, class, last) VALUES (?, ?, ?)",
                    (self._boot, cls, self._last[cls]),
                )
        for name, last in self._db.execute("SELECT class, last FROM stream WHERE boot = ?", (self._boot,)):
            self._last[Class(name)] = last
        self._storage = str(self._meta("storage"))
        self._own = {stream.cls: stream for stream in self._streams() if stream.boot == self._boot}

    def _meta(self, key: str) -> Any:
        return self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]

    def _refusals(self) -> AbstractContextManager[None]:
        return refusals(self._path)

    # Writing

    def _put(self, items: Sequence[Item]) -> list[Header]:
        if not items:
            return []
        with transaction(self._db):
            headers = [self._insert(item) for item in items]
            for cls, budget_bytes in self._budget.items():
                self._evict(cls, budget_bytes, items[-1].stamp)
        for header in headers:
            self._last[header.cls] = header.seq
        return headers

    def _insert(self, item: Item) -> Header:
        if item.kind not in CLASS_OF:
            raise WireError(f"{item.kind} does not start at a node")
        stream = self._own[CLASS_OF[item.kind]]
        next_seq = "UPDATE stream SET last = last + 1 WHERE id = ? RETURNING last"
        seq = self._db.execute(next_seq, (stream.id,)).fetchone()[0]
        raw = wire.encode(self._envelope(stream, seq, item))
        if len(raw) > wire.MAX_BYTES:
            raise WireError(f"{item.kind} of {len(raw)} bytes: the limit is {wire.MAX_BYTES}")
        self._db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)", (stream.id, seq, seq, item.kind, len(raw), raw)
        )
        return self._header(stream, seq)

    def _evict(self, cls: Class, budget_bytes: int, stamp: Stamp) -> None:
        """Replace the oldest rows by gap markers until the class fits its budget (markers weigh nothing)."""
        total = self._db.execute("SELECT sum(bytes) FROM stream WHERE class = ?", (cls,)).fetchone()[0]
        excess = total - budget_bytes
        for stream in sorted(self._streams(), key=lambda stream: stream.id):
            if stream.cls is not cls or excess <= 0:
                continue
            victims, freed = self._oldest(stream, excess)
            excess -= freed
            for first, last in runs(victims):
                self._drop(stream, first, last, stamp)

    def _oldest(self, stream: _Stream, excess: int) -> tuple[list[int], int]:
        """Choose the oldest rows that weigh `excess` bytes or, if there are no more, all."""
        chosen: list[int] = []
        freed = 0
        oldest = "SELECT seq, size FROM message WHERE stream = ? AND kind <> 'gap' ORDER BY seq"
        with closing(self._db.execute(oldest, (stream.id,))) as rows:
            for seq, size in rows:
                chosen.append(seq)
                freed += size
                if freed >= excess:
                    break
        return chosen, freed

    def _drop(self, stream: _Stream, first: int, last: int, stamp: Stamp) -> None:
        """Put one gap marker in the place of a run of rows, joined with the markers that touch it."""
        self._delete(stream, first, last)
        self._db.execute("UPDATE meta SET value = value + ? WHERE key = 'dropped'", (last - first + 1,))
        touching = self._db.execute(
            "DELETE FROM message WHERE stream = ? AND kind = 'gap' AND seq <= ? AND upto >= ? "
            "RETURNING seq, upto",
            (stream.id, last + 1, first - 1),
        ).fetchall()
        starts, ends = zip((first, last), *touching, strict=True)
        self._insert_gap(stream, min(starts), max(ends), stamp)

    def _insert_gap(self, stream: _Stream, first: int, last: int, stamp: Stamp) -> None:
        marker = Item(Kind.GAP, GapBody(to=last, reason="budget"), stamp)
        self._keep_gap(stream, first, last, wire.encode(self._envelope(stream, first, marker)))

    def _keep_gap(self, stream: _Stream, first: int, last: int, raw: bytes) -> None:
        self._db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, 0, ?)", (stream.id, first, last, Kind.GAP, raw)
        )

    def _delete(self, stream: _Stream, first: int, last: int) -> int:
        """Delete the rows that lie wholly within a closed range."""
        deleted = "DELETE FROM message WHERE stream = ? AND seq BETWEEN ? AND ? AND upto <= ?"
        return self._db.execute(deleted, (stream.id, first, last, last)).rowcount

    def _shorten_gaps(self, stream: _Stream, first: int, last: int) -> None:
        """Keep of each gap marker what an acked range leaves; it grew after the hub saw its rows."""
        cut = self._db.execute(
            "DELETE FROM message WHERE stream = ? AND kind = 'gap' AND seq <= ? AND upto >= ? "
            "RETURNING seq, upto, raw",
            (stream.id, last, first),
        ).fetchall()
        for seq, upto, raw in cut:
            try:
                old = wire.decode(raw)
            except WireError:  # rotten on disk: it stays whole, and an ack still takes the rows beside it
                self._keep_gap(stream, seq, upto, raw)
                continue
            stamp = Stamp(old.at, old.clock, old.mono_ms)
            for left, right in ((seq, first - 1), (last + 1, upto)):
                if left <= right:
                    self._insert_gap(stream, left, right, stamp)

    # Reading

    def _streams(self) -> list[_Stream]:
        """Streams with rows and this boot's, in the order of sending."""
        found = self._db.execute(
            "SELECT id, boot, class FROM stream WHERE rows > 0 OR boot = ?", (self._boot,)
        )
        return sorted((_Stream(key, boot, Class(name)) for key, boot, name in found), key=self._place)

    def _place(self, stream: _Stream) -> tuple[bool, int, int]:
        return (stream.boot != self._boot, _CLASSES.index(stream.cls), stream.id)

    def _streams_from(self, after: tuple[str, str, int] | None) -> Iterator[tuple[_Stream, int]]:
        streams = self._streams()
        if after is None:
            yield from ((stream, 0) for stream in streams)
            return
        boot, name, seq = after
        known = {(stream.boot, stream.cls): stream for stream in streams}
        # A stream that is acked and gone sorts before those of its class.
        last = known.get((boot, Class(name)), _Stream(0, boot, Class(name)))
        for stream in streams:
            if self._place(stream) >= self._place(last):
                yield stream, seq if stream == last else 0

    def _stream(self, boot: str, cls: Class) -> _Stream | None:
        found = self._db.execute("SELECT id FROM stream WHERE boot = ? AND class = ?", (boot, cls)).fetchone()
        return None if found is None else _Stream(found[0], boot, cls)

    def _header(self, stream: _Stream, seq: int) -> Header:
        return Header(
            v=SCHEMA_VERSION, facility=self._address.facility, node=self._address.node, boot=stream.boot,
            cls=stream.cls, seq=seq,
        )  # fmt: skip

    def _envelope(self, stream: _Stream, seq: int, item: Item) -> Envelope:
        return Envelope(
            v=SCHEMA_VERSION, facility=self._address.facility, node=self._address.node, boot=stream.boot,
            cls=stream.cls, seq=seq, at=item.stamp.at, clock=item.stamp.clock, mono_ms=item.stamp.mono_ms,
            kind=item.kind, body=item.body,
        )  # fmt: skip
