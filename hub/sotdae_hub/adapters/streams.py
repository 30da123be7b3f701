"""The journal's count of each stream: held ranges, stored, quarantined; kept in its transactions."""

import json
import sqlite3
from dataclasses import dataclass, field

from sotdae_hub.core.acks import Ranges, Stream, ack
from sotdae_hub.ports import Tally
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import AckBody, Class, Header
from sotdae_shared.topics import Address


@dataclass(slots=True)
class _Account:
    facility: str
    held: Ranges
    stored: int = 0
    quarantined: int = 0
    touched: list[int] = field(default_factory=list)
    senders: set[Address] = field(default_factory=set)


class Streams:
    """All streams in memory, loaded once; `save` writes what a batch touched, `acks` confirms it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Load what is committed."""
        self._accounts: dict[Stream, _Account] = {}
        self._touched: dict[Stream, _Account] = {}
        self._facilities: dict[str, set[Stream]] = {}
        self._tallies: dict[str, Tally] = {}
        self._lost: set[str] = set()
        for node, boot, cls, facility, ranges, stored, quarantined in db.execute("SELECT * FROM stream"):
            stream = Stream(node, boot, Class(cls))
            self._accounts[stream] = _Account(facility, Ranges(json.loads(ranges)), stored, quarantined)
            self._facilities.setdefault(facility, set()).add(stream)
        for (facility,) in db.execute("SELECT DISTINCT facility FROM node WHERE tail_unknown"):
            self._lost.add(facility)
        for facility in {*self._facilities, *self._lost}:
            self._count(facility)

    def holds(self, header: Header) -> bool:
        """Whether a message is already accounted for."""
        account = self._accounts.get(_stream(header))
        return account is not None and header.seq in account.held

    def hold(self, header: Header, last: int, *, stored: int = 0, quarantined: int = 0) -> None:
        """Account for the numbers from the header's to `last`."""
        stream = _stream(header)
        account = self._accounts.get(stream)
        if account is None:
            account = self._accounts[stream] = _Account(header.facility, Ranges())
            self._facilities.setdefault(header.facility, set()).add(stream)
        account.held.add(header.seq, last)
        account.stored += stored
        account.quarantined += quarantined
        account.touched.append(header.seq)
        account.senders.add(Address(FacilityId(header.facility), header.node))
        self._touched[stream] = account

    def lose_tail(self, facility: str) -> None:
        """Note that a disk of this facility was lost."""
        self._lost.add(facility)
        self._count(facility)

    def save(self, db: sqlite3.Connection) -> None:
        """Write the touched streams; to be called inside the journal's transaction."""
        db.executemany(
            "INSERT OR REPLACE INTO stream VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *stream,
                    account.facility,
                    json.dumps(list(account.held)),
                    account.stored,
                    account.quarantined,
                )
                for stream, account in self._touched.items()
            ],
        )

    def acks(self) -> tuple[tuple[Address, AckBody], ...]:
        """Return what to confirm after the commit, and forget what was touched."""
        found = []
        for stream, account in self._touched.items():
            body = ack(stream, account.held, account.touched)
            found += [(sender, body) for sender in account.senders]
            account.touched = []
            account.senders = set()
        for facility in {account.facility for account in self._touched.values()}:
            self._count(facility)
        self._touched = {}
        return tuple(found)

    def tally(self, facility: str) -> Tally:
        """Return the completeness of one facility as of the last commit."""
        return self._tallies.get(facility, Tally())

    def _count(self, facility: str) -> None:
        accounts = [self._accounts[stream] for stream in self._facilities.get(facility, ())]
        stored = sum(account.stored for account in accounts)
        quarantined = sum(account.quarantined for account in accounts)
        self._tallies[facility] = Tally(
            stored=stored,
            dropped=max(0, sum(len(account.held) for account in accounts) - stored - quarantined),
            missing=sum(account.held.missing for account in accounts),
            quarantined=quarantined,
            tail_unknown=facility in self._lost,
        )


def _stream(header: Header) -> Stream:
    return Stream(header.node, header.boot, header.cls)
