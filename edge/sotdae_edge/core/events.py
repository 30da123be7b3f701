"""What can happen to a gate."""

from collections.abc import Mapping
from dataclasses import dataclass

from sotdae_shared.messages import ClockTrust, CommandBody
from sotdae_shared.samples import Sample


@dataclass(frozen=True, slots=True)
class Scan:
    """Every point of the controller, read at one moment."""

    points: Mapping[str, Sample]


@dataclass(frozen=True, slots=True)
class Sighting:
    """The camera's word on the arm zone. A witness of lane occupancy, never of water."""

    occupied: bool
    score: float
    model: str


@dataclass(frozen=True, slots=True)
class HubHeard:
    """Something of the hub arrived: an ack, a command, a query."""


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The connection to the broker ended: whatever was promised over it is void."""


@dataclass(frozen=True, slots=True)
class NonceAsked:
    """Somebody prepares a reopening; `nonce` is 128 random bits in hexadecimal."""

    query: str
    nonce: str


@dataclass(frozen=True, slots=True)
class CommandCame:
    """A command, as received. `live` is whether it came over the session that is up now."""

    command: CommandBody
    retained: bool
    live: bool
    wall_s: float
    """Wall time in seconds since 1970, used only to judge expiry."""
    clock: ClockTrust


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A command that could not be understood."""

    reason: str


Event = Scan | Sighting | HubHeard | LinkLost | NonceAsked | CommandCame | BadCommand
