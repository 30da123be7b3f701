"""What an agent needs of the world: small contracts, each with one suite that every implementation passes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from sotdae_edge.core.alarms import Condition
from sotdae_shared.denied import DenyList
from sotdae_shared.floor import Floor
from sotdae_shared.messages import (
    AckBody,
    ClipBody,
    ClockTrust,
    CommandBody,
    DecisionBody,
    Header,
    Kind,
    QueryBody,
    ReportBody,
)
from sotdae_shared.samples import Sample


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a message was made: wall time with its trust, and monotonic milliseconds."""

    at: datetime
    clock: ClockTrust
    mono_ms: int


@dataclass(frozen=True, slots=True)
class Item:
    """A message to be committed."""

    kind: Kind
    body: BaseModel
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Row:
    """A committed message that waits for the hub's ack."""

    header: Header
    kind: Kind
    raw: bytes


@dataclass(frozen=True, slots=True)
class OutboxStats:
    """What waits and what was lost."""

    pending: int
    pending_bytes: int
    dropped: int
    safety: int | None
    """Waiting messages of the safety class, of every boot; None is not known. At 0 the hub holds them all."""


class Outbox(Protocol):
    """Messages on disk until the hub holds them. Methods block; call them from a worker thread.

    A row is committed before `put` returns. `seq` is gap-free per (boot, class) and fixed then.
    """

    @property
    def storage(self) -> str:
        """Incarnation of this disk; a new one after the old file was lost or corrupt."""

    def put(self, items: Sequence[Item]) -> list[Header]:
        """Commit messages in one transaction. LinkError if the disk refuses, WireError if too large."""

    def unsent(self, limit: int, after: tuple[str, str, int] | None = None) -> list[Row]:
        """Return waiting rows, this boot's safety first, then its other classes, then older boots."""

    def ack(self, ack: AckBody) -> int:
        """Delete what the hub holds; return how many rows went."""

    def boots(self) -> tuple[str, ...]:
        """This boot, then others that still have waiting rows, oldest first."""

    def stats(self) -> OutboxStats:
        """Return counts of waiting and dropped messages."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A downward message that can be decoded, as it came, with what the transport knows about it."""

    kind: Kind
    raw: bytes
    retained: bool
    session: int
    """Counts connections; a message of an old session is queued, not live."""


class Uplink(Protocol):
    """The way to the hub. Runs until cancelled; reconnects by itself; never blocks the caller."""

    def inbound(self) -> AsyncIterator[Inbound]:
        """Commands, queries and policies (acks are served inside)."""

    def wake(self) -> None:
        """Say that new rows wait in the outbox."""

    @property
    def session(self) -> int:
        """Number of the current connection; 0 while there is none."""

    @property
    def acks(self) -> int:
        """How many acks of the hub have come: its sign of life."""


class Device(Protocol):
    """A field device behind a profile. Raises LinkError when it does not answer in time."""

    async def read(self) -> Mapping[str, Sample]:
        """Read every point."""

    async def write(self, values: Mapping[str, float]) -> None:
        """Write points; returns when the device has acknowledged."""


class Feed(Protocol):
    """Points that come by themselves, and a way back. Runs until cancelled; reconnects by itself."""

    @property
    def points(self) -> Mapping[str, Sample]:
        """The latest sample of every point that was heard."""

    async def run(self) -> None:
        """Listen."""

    @property
    def connected(self) -> bool:
        """Whether the line over which the points come is up."""

    async def tell(self, point: str, count: int, heartbeat_s: float) -> None:
        """Tell the device that sends `point` that its message number `count` is held, and how often to speak.

        Raises LinkError when there is no way to it.
        """


class Clock(Protocol):
    """The only clocks. Durations are monotonic; wall time is for people and for expiry."""

    def wall(self) -> datetime:
        """Return the wall time, with a time zone."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""

    def trust(self) -> ClockTrust:
        """Return how far the wall time can be believed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One inference on the arm zone; `mono` is the frame's monotonic time in seconds."""

    mono: float
    occupied: bool
    score: float
    model: str


class Eyes(Protocol):
    """The camera witness. Silence is allowed: it never holds anything."""

    problem: str | None
    """What keeps it from seeing, and what to do; None while it sees."""
    unkept: str | None
    """Why its pictures are not sent, though it sees; None where they are."""

    def sightings(self) -> AsyncIterator[Seen]:
        """Yield inferences until cancelled; restarts its source by itself."""

    def picture(self, now: float) -> ClipBody | None:
        """Return a new picture if one is due."""


class Watchdog(Protocol):
    """What closes the warnings when the agent stops: fed only by who decides. Never blocks, never raises."""

    def feed(self, now: float, obeyed: bool) -> None:
        """Say that the gate decides, and whether the controller obeys it; call often."""

    def holds(self, now: float) -> bool:
        """Return whether the warnings are being held closed, so that the agent must not open them."""

    def conditions(self, now: float) -> Sequence[Condition]:
        """Return the alarm conditions that hold now: one that is gone, blind or holding."""


class Panel(Protocol):
    """The technician's screen on site. Its orders are judged by the gate like the hub's."""

    async def run(
        self, take: Callable[[CommandBody | QueryBody], Awaitable[None]], look: Callable[[], BaseModel]
    ) -> None:
        """Serve until cancelled: `take` puts something before the gate, `look` says what there is to see."""

    def told(self, body: DecisionBody | ReportBody) -> None:
        """Pass on an answer of the gate, if a panel waits for it. Never blocks, never raises."""


class CameraProbe(Protocol):
    """Whether a camera answers."""

    async def alive(self, url: str) -> bool:
        """Return whether the camera at `url` speaks; never raises for its silence."""


class Stated(Protocol):
    """What the enrolment office stated for this box. Methods block."""

    problems: list[str]
    """What was wrong with what lay there when it was last read."""

    def floor(self) -> Floor | None:
        """Return the highest floor that holds, or None."""

    def deny_list(self) -> DenyList | None:
        """Return the newest deny list that holds, or None."""


class StateStore(Protocol):
    """The agent's memento across restarts. Methods block."""

    corrupt: int
    """How often something was set aside that could not be read or believed."""

    def load(self) -> bytes | None:
        """Return the last good state, or None; a torn or corrupt one is set aside, not returned."""

    def save(self, state: bytes) -> None:
        """Make the state durable. Raises LinkError if the disk refuses."""
