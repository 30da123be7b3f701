"""One-time codes: who may enrol which box as what, once, within hours. Only their hashes are kept."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sotdae_provisioning.pki.ledger import REFUSALS
from sotdae_shared.errors import ConfigError, LinkError, WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U to misread in the rain."""
LENGTH = 12
"""60 bits."""
LIFE = timedelta(hours=24)
TRIES = 10
"""Wrong codes for a box after which its code is void: somebody is guessing."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS codes (
    node TEXT PRIMARY KEY, facility TEXT NOT NULL, serial TEXT NOT NULL, hash TEXT NOT NULL,
    until TEXT NOT NULL, wrong INTEGER NOT NULL DEFAULT 0, key TEXT
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code allows: this box, known by its maker's serial number, becomes this node."""

    address: Address
    serial: str
    until: datetime


def clean(text: str) -> str:
    """Return a code as it was meant: without hyphens and blanks, upper case, look-alikes put right."""
    plain = "".join(text.split()).replace("-", "").upper()
    return plain.replace("O", "0").replace("I", "1").replace("L", "1")


def shown(code: str) -> str:
    """Return a code in groups of four, to be read aloud."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


class Codes:
    """The codes that are out, in a file beside the authorities."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. ConfigError if it cannot be had."""
        self._path = path
        try:
            with closing(self._open()) as db:
                db.execute(_SCHEMA)
        except REFUSALS as error:
            said = f"cannot be opened: {error}; if it is damaged, delete it and give new codes"
            raise ConfigError(str(path), [said]) from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, timeout=10.0)
        try:
            db.execute("PRAGMA synchronous=FULL")
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as db:
                yield db
        except (sqlite3.Error, ValueError, TypeError) as error:  # the latter of a damaged row
            raise LinkError(f"{self._path}: the codes cannot be had: {error}") from error

    def give(self, grant: Grant, choose: Callable[[str], str]) -> str:
        """Return a fresh code; one that was out for this node before is void. `choose` draws a letter."""
        return self.give_all([grant], choose)[0]

    def give_all(self, grants: Iterable[Grant], choose: Callable[[str], str]) -> list[str]:
        """Return fresh codes, all durable at once; those that were out for the same nodes are void."""
        drawn = [(grant, "".join(choose(ALPHABET) for _ in range(LENGTH))) for grant in grants]
        rows = [
            (
                grant.address.node,
                str(grant.address.facility),
                grant.serial,
                _hash(code),
                grant.until.isoformat(),
            )
            for grant, code in drawn
        ]
        with self._asking() as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT OR REPLACE INTO codes (node, facility, serial, hash, until) VALUES (?, ?, ?, ?, ?)",
                rows,
            )
            db.execute("COMMIT")
        return [code for _, code in drawn]

    def void(self, node: str) -> None:
        """Void the code of a node, used or not: the key that used it could ask again. LinkError: why not."""
        with self._asking() as db:
            db.execute("DELETE FROM codes WHERE node = ?", (node,))

    def grant_of(self, node: str, code: str, now: datetime) -> Grant | None:
        """Return what a code allows that is still out and unused; None if it allows nothing."""
        for grant, wanted in self._out(now, node):
            if hmac.compare_digest(wanted, _hash(clean(code))):
                return grant
        return None

    def out(self, now: datetime) -> list[Grant]:
        """Return what the codes allow that are out and unused."""
        return [grant for grant, _ in self._out(now)]

    def _out(self, now: datetime, node: str | None = None) -> list[tuple[Grant, str]]:
        query = (
            "SELECT node, facility, serial, until, hash FROM codes"
            " WHERE key IS NULL AND wrong < ? AND (? IS NULL OR node = ?)"
        )
        with self._asking() as db:
            rows = db.execute(query, (TRIES, node, node)).fetchall()
            found = [
                (Grant(Address(FacilityId(facility), node), serial, _time(until)), wanted)
                for node, facility, serial, until, wanted in rows
            ]
        return [(grant, wanted) for grant, wanted in found if now < grant.until]

    def take(self, node: str, code: str, key: bytes, now: datetime) -> Grant:
        """Use a code up for a key and return what it allows; the same key may ask again.

        Raises:
            WireError: if it is unknown, wrong, used, too old, or was guessed at too often.
            LinkError: if the file cannot be had.
        """
        with self._asking() as db:
            db.execute("BEGIN IMMEDIATE")
            row = db.execute(
                "SELECT facility, serial, hash, until, wrong, key FROM codes WHERE node = ?", (node,)
            ).fetchone()
            refusal = _refusal(row, clean(code), key.hex(), now)
            if refusal is None:
                db.execute("UPDATE codes SET key = ? WHERE node = ?", (key.hex(), node))
            elif row is not None:
                db.execute("UPDATE codes SET wrong = wrong + 1 WHERE node = ?", (node,))
            db.execute("COMMIT")
        if refusal is not None:
            raise WireError(refusal)
        facility, serial, _, until, *_ = row
        return Grant(Address(FacilityId(facility), node), serial, _time(until))


def _refusal(row: tuple[Any, ...] | None, code: str, key: str, now: datetime) -> str | None:
    if row is None:
        return "no code is out for this box: give one with `sotdae device code`"
    _, _, wanted, until, wrong, used_for = row
    if wrong >= TRIES:
        return "the code is void: too many wrong tries; give a new one"
    if not hmac.compare_digest(wanted, _hash(code)):
        return "wrong code"
    if used_for not in (None, key):
        return "the code was used before; give a new one"
    return "the code is too old; give a new one" if now >= _time(until) else None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
