"""Every certificate that an authority gave, on disk before it is handed out."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sotdae_provisioning.pki.certificates import common_name
from sotdae_shared.errors import ConfigError, LinkError, SotdaeError

REFUSALS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; the latter where damage has made names of the schema into what is no text."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificates (
    serial TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    pem TEXT NOT NULL,
    revoked_at TEXT,
    reason TEXT,
    box TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS certificates_name ON certificates (name);
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS denied_keys (public TEXT PRIMARY KEY, denied_at TEXT NOT NULL, reason TEXT) STRICT;
"""
_SELECT = "SELECT serial, name, issued_at, expires_at, pem, revoked_at, reason, box FROM certificates"


DAMAGED = "is damaged: bring the authority's folder back from a backup, and revoke what was given since"


@dataclass(frozen=True, slots=True)
class Given:
    """One certificate that was given."""

    serial: int
    name: str
    issued_at: datetime
    expires_at: datetime
    pem: str
    revoked_at: datetime | None
    reason: str | None
    box: str | None = None
    """The box's serial number, as its maker printed it; None where nobody said."""

    def certificate(self) -> x509.Certificate:
        """Return the certificate itself. ConfigError if the ledger's copy is damaged."""
        try:
            return x509.load_pem_x509_certificate(self.pem.encode())
        except ValueError as error:
            raise ConfigError(f"{self.serial:x}", [f"its certificate in the ledger {DAMAGED}"]) from error


class Ledger:
    """The certificates of one authority, in its folder."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. ConfigError if it cannot be had."""
        self._path = path
        try:
            with ExitStack() as undo:
                # Closed later, it would take the journal of a file that was put in its place along.
                self._db = undo.enter_context(
                    closing(sqlite3.connect(path, isolation_level=None, timeout=10.0))
                )
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.executescript(_SCHEMA)
                self._migrate()
                undo.pop_all()
        except REFUSALS as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> SotdaeError:
        if "locked" in str(error):
            return LinkError(f"{self._path}: the ledger is in use: {error}")
        if "unable to open" in str(error):
            return ConfigError(str(self._path), [f"cannot be opened: {error}"])
        return ConfigError(str(self._path), [f"the ledger {DAMAGED} ({error})"])

    def _migrate(self) -> None:
        """A ledger of before boxes were noted has no column for them."""
        if not self._has_boxes():
            self._db.execute("BEGIN IMMEDIATE")  # another process may be at it
            if not self._has_boxes():
                self._db.execute("ALTER TABLE certificates ADD COLUMN box TEXT")
            self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX IF NOT EXISTS certificates_box ON certificates (box)")

    def _has_boxes(self) -> bool:
        return "box" in {row[1] for row in self._db.execute("PRAGMA table_info(certificates)")}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        """Keep it open for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, whatever happened."""
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except REFUSALS as error:
            raise LinkError(f"the ledger does not take it: {error}") from error

    def add(self, certificate: x509.Certificate, now: datetime, box: str | None = None) -> None:
        """Note a certificate; durable on return. LinkError if the disk refuses."""
        with self._writing() as db:
            _insert(db, certificate, now, box)

    @contextmanager
    def adding(self) -> Iterator[Callable[[x509.Certificate, datetime, str | None], None]]:
        """Note several certificates, all or none: durable after the block, in which nobody else writes.

        Raises:
            LinkError: if the disk refuses, or another writer is too slow.
        """
        with self._writing() as db:
            yield lambda certificate, now, box: _insert(db, certificate, now, box)

    def revoke(self, serial: int, reason: str, now: datetime) -> bool:
        """Note that a certificate is void; False if it is not one of ours. The first word on it stays."""
        with self._writing() as db:
            db.execute(
                "UPDATE certificates SET revoked_at = ?, reason = ? WHERE serial = ? AND revoked_at IS NULL",
                (now.isoformat(), reason, f"{serial:x}"),
            )
            found = db.execute("SELECT 1 FROM certificates WHERE serial = ?", (f"{serial:x}",)).fetchone()
        return found is not None

    def next_number(self, name: str) -> int:
        """Return a number that was never returned before under this name."""
        with self._writing() as db:
            row = db.execute(
                "INSERT INTO numbers VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            ).fetchone()
        return int(row[0])

    def raise_number(self, name: str, value: int) -> None:
        """Keep a number that only rises. ConfigError if it would fall; the old one stays."""
        with self._writing() as db:
            rows = db.execute(
                "INSERT INTO numbers VALUES (?, ?) ON CONFLICT (name)"
                " DO UPDATE SET value = excluded.value WHERE excluded.value >= value RETURNING value",
                (name, value),
            ).fetchall()
        if not rows:
            raise ConfigError(name, [f"{value} would be lower than {self.number(name)}"])

    def number(self, name: str) -> int | None:
        """Return a number as it stands; None if there is none."""
        rows = self._read("SELECT value FROM numbers WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else None

    def deny_key(self, public: str, reason: str, now: datetime) -> None:
        """Note that a person's key counts no more. The first word on it stays."""
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO denied_keys VALUES (?, ?, ?)", (public, now.isoformat(), reason)
            )

    def denied_keys(self) -> list[str]:
        """Return the public halves of people's keys that count no more."""
        return [row[0] for row in self._read("SELECT public FROM denied_keys ORDER BY public")]

    def _read(self, query: str, values: tuple[str | int, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except REFUSALS as error:
            raise self._broken(error) from error

    def all(self) -> list[Given]:
        """Return what was given, oldest first. LinkError: the file is in use, ConfigError: it is damaged."""
        return self._given(f"{_SELECT} ORDER BY rowid")

    def of(self, name: str) -> list[Given]:
        """Return what was given to one name, oldest first. Raises as `all` does."""
        return self._given(f"{_SELECT} WHERE name = ? ORDER BY rowid", (name,))

    def of_box(self, box: str) -> list[Given]:
        """Return what was given to one box, oldest first. Raises as `all` does."""
        return self._given(f"{_SELECT} WHERE box = ? ORDER BY rowid", (box,))

    def after(self, row: int) -> list[tuple[int, bytes]]:
        """Return the certificates after a row as they stand there, PEM or damaged, each with its row.

        Raises:
            LinkError: the file is in use, ConfigError: the file itself is damaged.
        """
        query = "SELECT rowid, CAST(pem AS BLOB) FROM certificates WHERE rowid > ? ORDER BY rowid"
        return [(int(at), pem or b"") for at, pem in self._read(query, (row,))]

    def _given(self, query: str, values: tuple[str | int, ...] = ()) -> list[Given]:
        rows = self._read(query, values)
        try:
            return [_given(row) for row in rows]
        except (ValueError, TypeError, OverflowError) as error:
            raise self._broken(error) from error

    def revoked(self) -> list[tuple[int, datetime]]:
        """Return what is void, with its time."""
        return [(each.serial, each.revoked_at) for each in self.all() if each.revoked_at is not None]


def _insert(db: sqlite3.Connection, certificate: x509.Certificate, now: datetime, box: str | None) -> None:
    row = (
        f"{certificate.serial_number:x}", common_name(certificate), now.isoformat(),
        certificate.not_valid_after_utc.isoformat(), certificate.public_bytes(Encoding.PEM).decode(), box,
    )  # fmt: skip
    db.execute(
        "INSERT INTO certificates (serial, name, issued_at, expires_at, pem, box) VALUES (?, ?, ?, ?, ?, ?)",
        row,
    )


def _given(row: tuple[Any, ...]) -> Given:
    serial, name, issued_at, expires_at, pem, revoked_at, reason, box = row
    return Given(
        int(serial, 16), name, _time(issued_at), _time(expires_at), pem,
        _time(revoked_at) if revoked_at else None, reason, box,
    )  # fmt: skip


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
