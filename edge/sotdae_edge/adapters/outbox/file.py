"""The outbox's SQLite file: schema, durability, corruption, and the audit ledger."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Class, Kind

REFUSALS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; the latter where damage has made names of the schema into what is no text."""
_NOT_AS_WRITTEN = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)


def _one_of(names: type[Class] | type[Kind]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# What no outbox writes is found by the check at the start: a disk can rot within a page that fits.
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (
    key TEXT PRIMARY KEY CHECK (key IN ('storage', 'dropped', 'node')), value ANY NOT NULL,
    CHECK ((typeof(value) = 'integer') = (key = 'dropped'))) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (
    id INTEGER PRIMARY KEY, boot TEXT NOT NULL CHECK (length(boot) = 16 AND boot NOT GLOB '*[^0-9a-f]*'),
    class TEXT NOT NULL CHECK (class IN ({_one_of(Class)})), last INTEGER NOT NULL CHECK (last >= 0),
    rows INTEGER NOT NULL DEFAULT 0 CHECK (rows >= 0), bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    UNIQUE (boot, class)) STRICT;
CREATE TABLE IF NOT EXISTS message (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL CHECK (seq > 0), upto INTEGER NOT NULL CHECK (upto >= seq),
    kind TEXT NOT NULL CHECK (kind IN ({_one_of(Kind)})), size INTEGER NOT NULL CHECK (size >= 0),
    raw BLOB NOT NULL, UNIQUE (stream, seq)) STRICT;
CREATE INDEX IF NOT EXISTS gap ON message (stream, seq, upto) WHERE kind = 'gap';
CREATE TRIGGER IF NOT EXISTS count_insert AFTER INSERT ON message BEGIN
    UPDATE stream SET rows = rows + 1, bytes = bytes + NEW.size WHERE id = NEW.stream;
END;
CREATE TRIGGER IF NOT EXISTS count_delete AFTER DELETE ON message BEGIN
    UPDATE stream SET rows = rows - 1, bytes = bytes - OLD.size WHERE id = OLD.stream;
END;
"""  # noqa: S608 - the names are our own

_LEDGER = """
CREATE TABLE IF NOT EXISTS ledger (
    boot TEXT NOT NULL, class TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (boot, class, seq)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS ledger_insert AFTER INSERT ON message WHEN NEW.kind <> 'gap' BEGIN
    INSERT INTO ledger SELECT boot, class, NEW.seq, NEW.kind FROM stream WHERE id = NEW.stream;
END;
"""


@dataclass(frozen=True, slots=True)
class LedgerCount:
    """How many messages of one kind a node ever committed in one boot and class (gaps not counted)."""

    node: str
    boot: str
    cls: Class
    kind: Kind
    messages: int


class InUseError(LinkError):
    """Another process has the file: a second agent for the same site, which must not run."""


class CorruptError(sqlite3.DatabaseError):
    """The file opens but its pages do not fit together, or it holds what no outbox wrote."""


def lock(path: Path) -> IO[bytes]:
    """Take the file for this process until the answer is closed; two writers would mix up their boots.

    Raises:
        InUseError: if another process has it.
        OSError: if the disk refuses, or knows no locks.
    """
    place = path.with_name(path.name + ".lock")
    # Not blocking: a pipe in its place must not hold up the start.
    holder = os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o644), "wb")
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder.close()
        pid = holder_of(place)
        who, which = ("", "'sotdae-*'") if pid is None else (f" ({pid})", str(pid))
        raise InUseError(
            f"outbox {path}: in use by another process{who}: this site's agent runs already, or is being"
            f" tried by a walk; which it is:  systemctl status {which}"
        ) from error
    except OSError:
        holder.close()
        raise
    return holder


def holder_of(lock: Path) -> int | None:
    """Return which process has a lock, by the kernel's list; None: nobody, or nobody who can be seen.

    Taking it to see would turn a starting agent away.
    """
    try:
        place = lock.stat()
        listed = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    wanted = f"{os.major(place.st_dev):02x}:{os.minor(place.st_dev):02x}:{place.st_ino}"
    # proc(5): 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF
    words = (line.split() for line in listed)
    held = (each for each in words if len(each) > 5 and each[1] == "FLOCK" and each[5] == wanted)
    return next((int(each[4]) for each in held if each[4].isdigit() and each[4] != "0"), None)


def connect(path: Path, *, ledger: bool) -> sqlite3.Connection:
    """Open or create an outbox file whose commits reach the disk.

    Raises:
        sqlite3.Error: if the file is corrupt (see `is_corruption`) or the disk refuses.
    """
    if path.exists() and not path.stat().st_size:
        # SQLite would begin anew without a word, and drop its journal.
        raise CorruptError("the file is empty")
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise CorruptError(verdict)
        db.executescript(_SCHEMA + (_LEDGER if ledger else "DROP TRIGGER IF EXISTS ledger_insert;"))
    except BaseException:
        db.close()
        raise
    return db


def set_aside(path: Path) -> None:
    """Rename a corrupt file, with its journal, to the first free ``<name>.corrupt-<n>``."""
    names = (path.with_name(f"{path.name}.corrupt-{number}") for number in count(1))
    free = next(name for name in names if not name.exists())
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(free.with_name(free.name + suffix))


@contextmanager
def as_written() -> Iterator[None]:
    """Raise CorruptError where a file cannot be what an outbox left: a column is missing, a name is no text.

    What the disk refuses for the moment is raised as it is.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        # Without a code Python itself speaks: a text of the file is none.
        own = code is None and isinstance(error, sqlite3.OperationalError)
        if not own and (code or 0) & 0xFF not in _NOT_AS_WRITTEN:
            raise
        raise CorruptError(str(error)) from error
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptError(str(error)) from error


def is_corruption(error: BaseException | None) -> bool:
    """Tell a corrupt file from a disk that refuses for the moment."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, CorruptError) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def read_ledger(path: Path) -> list[LedgerCount]:
    """Count what a file's ledger holds. Raises LinkError if it has none or cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            (node,) = db.execute("SELECT value FROM meta WHERE key = 'node'").fetchone()
            found = db.execute("SELECT boot, class, kind, count(*) FROM ledger GROUP BY 1, 2, 3").fetchall()
    except REFUSALS as error:
        raise LinkError(f"ledger of {path}: {error}") from error
    return [LedgerCount(node, boot, Class(name), Kind(kind), number) for boot, name, kind, number in found]


def oldest_waiting(path: Path) -> tuple[int, bytes | None]:
    """Count what waits in a file, another process's too, and return its oldest message as sent.

    Raises:
        LinkError: if it cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as db:
            (count,) = db.execute("SELECT count(*) FROM message WHERE kind <> 'gap'").fetchone()
            oldest = db.execute(
                "SELECT raw FROM message WHERE kind <> 'gap' ORDER BY rowid LIMIT 1"
            ).fetchone()
    except REFUSALS as error:
        raise LinkError(f"outbox {path}: {error}") from error
    return count, None if oldest is None else oldest[0]


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into LinkError."""
    try:
        yield
    except (*REFUSALS, OSError) as error:
        raise LinkError(f"outbox {path}: {error}") from error
