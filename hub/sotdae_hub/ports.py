"""What the hub asks of its stores. Methods block: call them from worker threads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sotdae_hub.core.incidents import IncidentRecord
from sotdae_hub.core.ingest import Verdict
from sotdae_hub.core.rings import Member
from sotdae_hub.core.rollout import Rollout
from sotdae_shared.messages import AckBody, Envelope, HealthBody, Kind
from sotdae_shared.topics import Address
from sotdae_shared.units import Flag


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came from the broker; `at` is the hub's clock."""

    topic: str
    raw: bytes
    retained: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a committed batch amounted to."""

    stored: int
    duplicates: int
    quarantined: int
    rejected: int
    acks: tuple[tuple[Address, AckBody], ...]
    """To be sent now: what they name is durable."""
    head: int
    """Highest journal offset."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A journaled message on its way into a store."""

    offset: int
    received_at: datetime
    envelope: Envelope
    gap_to: int
    """Last sequence number that a gap stands for; 0 for every other message."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known to be held of one facility's messages."""

    stored: int = 0
    dropped: int = 0
    missing: int = 0
    quarantined: int = 0
    tail_unknown: bool = False


class Journal(Protocol):
    """The one place where a message becomes durable. One writer; any number of readers."""

    @property
    def head(self) -> int:
        """Highest offset; 0 when empty."""

    def append(self, batch: Sequence[tuple[Arrival, Verdict]]) -> Receipt:
        """Commit a batch in one transaction. Raises LinkError if the disk refuses; nothing is kept then."""

    def read(self, after: int, limit: int, kinds: frozenset[Kind]) -> tuple[list[Entry], int]:
        """Return entries of some kinds above an offset, and the offset up to which these are all."""

    def park(self, offset: int, reader: str, reason: str) -> None:
        """Quarantine an entry that a reader cannot take. Raises LinkError if the disk refuses."""

    def tally(self, facility: str) -> Tally:
        """Return the completeness of one facility."""

    def close(self) -> None:
        """Write everything and let go of the files."""


class Projection(Protocol):
    """A store that follows the journal. It commits its offset with its rows, so replay changes nothing."""

    name: str
    kinds: frozenset[Kind]

    @property
    def offset(self) -> int:
        """Journal offset up to which it is written."""

    @property
    def rows(self) -> int:
        """Rows that it holds."""

    def project(self, entries: Sequence[Entry], upto: int) -> None:
        """Write entries and the new offset in one transaction. Raises LinkError if the store refuses.

        Any other error means that an entry cannot be written, now or later. Nothing is written then.
        """

    def close(self) -> None:
        """Write everything and let go of the files."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; None where nothing usable was measured."""

    at: datetime
    value: float | None
    flag: Flag


class MetricsStore(Projection, Protocol):
    """Readings over time."""

    def series(
        self, facility: str, channel: str, start: datetime, end: datetime, points: int
    ) -> tuple[str | None, list[Point]]:
        """Return unit and at most `points` points, oldest first; each is the highest of its span."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest reading of one channel, by the edge's clock."""

    channel: str
    unit: str
    value: float | None
    flag: Flag
    at: datetime


class LastValues(Projection, Protocol):
    """The newest reading of every channel."""

    def of(self, facility: str) -> list[Last]:
        """Return the channels of one facility, by name. Raises LinkError if the store does not answer."""


@dataclass(frozen=True, slots=True)
class Twin:
    """What a node last said of itself."""

    facility: str
    node: str
    at: datetime
    clock: str
    heard_at: datetime
    offset: int
    """Of the journal."""
    health: HealthBody


@dataclass(frozen=True, slots=True)
class Birth:
    """How a node describes its facility."""

    facility: str
    node: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision, event or report with its time."""

    facility: str
    at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture."""

    facility: str
    camera: str
    taken_at: datetime
    path: Path


class Records(Projection, Protocol):
    """Decisions, events, incidents, twins, births, pictures; and who looked."""

    def twins(self, facility: str | None = None) -> list[Twin]:
        """Return the newest health of every node, of one facility or all; oldest first."""

    def births(self, facility: str | None = None) -> list[Birth]:
        """Return every node's description of its facility; oldest first."""

    def decisions(self, facility: str, limit: int) -> list[Recorded]:
        """Return the newest decisions, newest first."""

    def events(self, facility: str, limit: int) -> list[Recorded]:
        """Return the newest events, newest first."""

    def reports(self, facility: str, limit: int) -> list[Recorded]:
        """Return the newest reports, newest first."""

    def incidents(self, limit: int, facility: str | None = None) -> list[IncidentRecord]:
        """Return incidents of one facility or all: active ones first, then the newest."""

    def open_incident(self, facility: str) -> str | None:
        """Return the id of a facility's newest open incident."""

    def incident(self, name: str) -> IncidentRecord | None:
        """Return one incident."""

    def picture(self, facility: str) -> Picture | None:
        """Return the newest picture of a facility."""

    def note_access(self, at: datetime, agency: str, officer: str, purpose: str, what: str) -> None:
        """Record that an agency looked. Raises LinkError if it cannot be recorded."""


@dataclass(frozen=True, slots=True)
class KeptRollout:
    """A roll-out as it is on disk."""

    rollout: Rollout
    published_at: datetime
    since: datetime
    """When its ring and state began."""


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """What a node decided about one version."""

    at: datetime
    refused: str | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Somebody's word that a node is no longer counted on."""

    member: Member
    at: datetime
    by: str
    reason: str
    offset: int
    """Where the journal ended then: a node that said more since is there."""


class PolicyStore(Protocol):
    """Policies, how far each has got, and what the nodes said to them."""

    def rollouts(self) -> list[KeptRollout]:
        """Return every policy's roll-out, by version."""

    def publish(self, rollout: Rollout, at: datetime) -> None:
        """Keep a policy and the beginning of its roll-out, both or none. Raises LinkError."""

    def save(self, rollout: Rollout, since: datetime) -> None:
        """Keep how far a roll-out is. Raises LinkError."""

    def resume(self, rollout: Rollout, since: datetime) -> None:
        """Keep that a roll-out goes on, and forget who refused its version: they are asked again."""

    def verdicts(self) -> dict[tuple[Member, int], PolicyVerdict]:
        """Return what the nodes decided, by node and version."""

    def forget(self, word: Forgotten) -> None:
        """Keep that a node is no longer counted on. Raises LinkError."""

    def forgotten(self) -> list[Forgotten]:
        """Return every such word, the oldest first; none is ever taken away."""

    def close(self) -> None:
        """Let go of the file."""
