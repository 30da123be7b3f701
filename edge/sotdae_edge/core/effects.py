"""What a gate may want done."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal


class Motion(IntEnum):
    """Arm drive, with the register values of the controller."""

    STOP = 0
    LOWER = 1
    RAISE = 2


class Voice(IntEnum):
    """What a riverside gate says again and again, with the register values of the controller."""

    SILENT = 0
    LEAVE = 1
    """Water is coming; leave now; the gate opens from inside."""
    CLOSED = 2
    CAUTION = 3


@dataclass(frozen=True, slots=True)
class Warn:
    """Set the warning outputs. The controller ORs them with its watchdog and its float."""

    closed: bool
    siren: bool
    caution: bool
    voice: Voice = Voice.SILENT


@dataclass(frozen=True, slots=True)
class Lock:
    """Lock or unlock a riverside gate. Its inside handle opens it whatever this says."""

    engaged: bool
    approach: str = ""


@dataclass(frozen=True, slots=True)
class Drive:
    """Set an arm's drive and renew its hold-to-run permit."""

    motion: Motion
    approach: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision to be recorded; becomes a DecisionBody."""

    decision: str
    state: str
    previous: str
    because: tuple[str, ...]
    incident: str | None = None
    first_out: str | None = None
    level_cm: float | None = None
    rate_cm_min: float | None = None
    architecture: str | None = None
    votes: dict[str, str] = field(default_factory=dict)
    lane: str | None = None
    command: str | None = None
    verdict: Literal["accepted", "refused"] | None = None
    approach: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm became active or cleared; becomes an EventBody."""

    code: str
    priority: int
    active: bool
    text: str
    test: bool = False
    """Raised by a test: it carries status Test end to end (DOMAIN 5)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a query; becomes a ReportBody."""

    report: str
    re: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Save:
    """Make this memento durable before acting further; only closing the warnings need not wait."""

    memento: dict[str, Any]


Effect = Warn | Drive | Lock | Decided | Alarm | Answer | Save
