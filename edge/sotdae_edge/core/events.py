"""What can happen to a gate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite

from sotdae_shared.messages import ClockTrust, CommandBody, PolicyBody, ReleaseBody
from sotdae_shared.samples import Sample


@dataclass(frozen=True, slots=True)
class Scan:
    """Every point of the controller, read at one moment."""

    points: Mapping[str, Sample]

    def finite(self) -> Mapping[str, Sample]:
        """Return the points with every value that is not a number made unknown: NaN compares as dry."""
        # One number that is not finite makes the sum so; the sum is cheaper than asking each.
        if isfinite(sum(filter(None, [sample.value for sample in self.points.values()]))):
            return self.points
        return {name: _finite(sample) for name, sample in self.points.items()}


def _finite(sample: Sample) -> Sample:
    return sample if sample.value is None or isfinite(sample.value) else replace(sample, value=None)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The camera's word on the arm zone. A witness of lane occupancy, never of water."""

    occupied: bool
    score: float
    model: str
    approach: str = ""
    """Whose arm it looks at."""


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
class ClockTold:
    """The time of day, told every minute while the wall clock is trusted."""

    wall_s: float
    """Seconds since 1970. Only the time of self-tests depends on it."""


@dataclass(frozen=True, slots=True)
class CommandCame:
    """A command, as received. `live` is whether it came over the session that is up now."""

    command: CommandBody
    retained: bool
    live: bool
    wall_s: float
    """Wall time in seconds since 1970, used only to judge expiry."""
    clock: ClockTrust
    local: bool = False
    """Whether it came by the gate's own panel; what came over the network needs the hub's release to open."""
    token: str = ""
    """128 random bits in hexadecimal: the second nonce, should a release be asked for."""


@dataclass(frozen=True, slots=True)
class ReleaseCame:
    """A hub's release, as received; `live` as of a command."""

    release: ReleaseBody
    retained: bool
    live: bool


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A command that could not be understood."""

    reason: str


@dataclass(frozen=True, slots=True)
class PolicyCame:
    """A policy, as received, now or kept by the broker: the gate itself judges who signed it."""

    policy: PolicyBody


@dataclass(frozen=True, slots=True)
class BadPolicy:
    """A policy that could not be understood."""

    reason: str
    sha256: str
    """Of what came: the same is told of once."""


@dataclass(frozen=True, slots=True)
class DenyTold:
    """What the office states now, as far as it is about this gate. Its signatures have been checked."""

    version: int
    issued_s: float
    """When it was signed, in seconds since 1970."""
    keys: tuple[str, ...]
    """Public halves of the keys in the gate's file that count no more, in lower case."""
    policy_floor: int = 0
    """The lowest version of a policy that may be taken; 0 where no floor is stated."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What the agent has lost that the gate cannot know by itself: rungs of its ladder. Replaces the last."""

    lost: tuple[str, ...]


Event = (
    Scan | Noticed | Sighting | HubHeard | LinkLost | NonceAsked | ClockTold | DenyTold
    | CommandCame | ReleaseCame | BadCommand | PolicyCame | BadPolicy
)  # fmt: skip
"""What can happen."""
