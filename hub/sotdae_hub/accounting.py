"""Counts what the stores really hold, from their files, after the hub has stopped."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sotdae_hub.adapters.damage import REFUSALS, TORN
from sotdae_hub.adapters.duckdb_metrics import message_rows
from sotdae_hub.core.acks import Ranges
from sotdae_shared.errors import ConfigError

Key = tuple[str, str, str]
"""Node, boot, class."""
Row = tuple[str, str, str, int, int]
"""Node, boot, class, seq, gap_to."""


@dataclass(frozen=True, slots=True)
class StreamAccount:
    """One stream's numbers."""

    node: str
    boot: str
    cls: str
    stored: int
    """Rows."""
    distinct: int
    """Messages behind these rows."""
    duplicated: int
    dropped: int
    """Evicted at the edge, as its gap markers say, and not stored all the same."""
    quarantined: int
    top: int
    """Highest sequence number accounted for."""


@dataclass(frozen=True, slots=True)
class Account:
    """The sums, and every stream."""

    stored: int
    distinct: int
    duplicated: int
    dropped: int
    quarantined: int
    streams: tuple[StreamAccount, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(slots=True)
class _Sheet:
    rows: int = 0
    seqs: Ranges = field(default_factory=Ranges)
    gaps: Ranges = field(default_factory=Ranges)
    parked: Ranges = field(default_factory=Ranges)

    def close(self, key: Key) -> StreamAccount:
        both = Ranges([*self.seqs, *self.gaps])
        every = Ranges([*both, *self.parked])
        return StreamAccount(
            *key,
            stored=self.rows,
            distinct=len(self.seqs),
            duplicated=self.rows - len(self.seqs),
            dropped=len(both) - len(self.seqs),
            quarantined=len(every) - len(both),
            top=every.top,
        )


def count_stores(directory: Path) -> Account:
    """Count every message row over all stores of a hub's directory.

    Raises:
        ConfigError: if a file is missing or in use.
    """
    sheets: dict[Key, _Sheet] = {}
    for node, boot, cls, seq, gap_to in _stored(directory):
        sheet = sheets.setdefault((node, boot, cls), _Sheet())
        if gap_to:
            sheet.gaps.add(seq, gap_to)
        else:
            sheet.rows += 1
            sheet.seqs.add(seq, seq)
    for node, boot, cls, seq, _ in _sqlite(directory / "journal.sqlite3", "quarantine", "0"):
        sheets.setdefault((node, boot, cls), _Sheet()).parked.add(seq, seq)
    streams = tuple(sheet.close(key) for key, sheet in sorted(sheets.items()))
    return Account(
        stored=sum(stream.stored for stream in streams),
        distinct=sum(stream.distinct for stream in streams),
        duplicated=sum(stream.duplicated for stream in streams),
        dropped=sum(stream.dropped for stream in streams),
        quarantined=sum(stream.quarantined for stream in streams),
        streams=streams,
    )


def _stored(directory: Path) -> Iterator[Row]:
    yield from _sqlite(directory / "records.sqlite3", "message")
    ledger = (
        directory / "metrics-ledger.sqlite3"
    )  # readings are on a server; what was written is counted here
    if ledger.exists():
        yield from _sqlite(ledger, "message")
    else:
        yield from message_rows(_existing(directory / "metrics.duckdb"))


def _sqlite(path: Path, table: str, gap_to: str = "gap_to") -> Iterator[Row]:
    try:
        with closing(sqlite3.connect(f"file:{_existing(path)}?mode=ro", uri=True)) as db:
            rows = f'SELECT node, boot, "class", seq, {gap_to} FROM {table} WHERE node IS NOT NULL'  # noqa: S608
            for node, boot, cls, seq, last in db.execute(rows):
                yield str(node), str(boot), str(cls), int(seq), int(last)
    except (*REFUSALS, *TORN) as error:
        raise ConfigError(str(path), [f"cannot be counted: {error}"]) from error


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ConfigError(str(path), ["there is no such file: is this a hub's directory?"])
    return path
