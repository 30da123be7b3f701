"""What the level channels say: asked for a dozen times a scan, worked out once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sotdae_edge.core.validity import ChannelState, Level

NOBODY: frozenset[str] = frozenset()
NEVER, EVER = float("-inf"), float("inf")


@dataclass(slots=True)
class Outlook:
    """What the votes are made of. It holds from `since` until `until` (s, monotonic), or the next reading."""

    since: float
    until: float
    """When a channel goes stale or comes back into the vote."""
    levels: dict[str, Level | None]
    """Every channel's level, None where it may not vote."""
    out: frozenset[str]
    """The channels that people have taken out of the vote."""
    highest_cm: float
    """The highest water that some voter is sure of; minus infinity where nobody may vote."""
    ceiling_cm: float
    """The water is not above this, says every channel that is not bypassed; infinity where one is missing."""
    apart_cm: float
    """How far the voters that are furthest apart are from each other; negative where all overlap."""
    lost: int
    """How many channels do not vote."""
    sound: bool
    """Whether every channel votes and none is off most of the others."""

    @property
    def seeing(self) -> bool:
        """Whether any channel votes."""
        return self.highest_cm > NEVER


def look(channels: Sequence[ChannelState], now: float) -> Outlook:
    """Ask every channel."""
    levels: dict[str, Level | None] = {}
    until, highest_cm, lowest_cm, ceiling_cm, out = EVER, NEVER, EVER, NEVER, NOBODY
    lost, sound = 0, True
    for channel in channels:
        name, level, bypass = channel.spec.name, channel.seen(now), channel.bypass
        if bypass is not None and now < bypass.until:
            out |= {name}
            until = min(until, bypass.until)
            levels[name] = None
            lost += 1
            continue
        levels[name] = level
        if level is None:
            ceiling_cm = EVER
            lost += 1
            continue
        # Comparisons, for min and max cost a third of this function, which runs at every scan.
        sound = sound and channel.disagree_since is None
        if channel.fresh_until < until:  # noqa: PLR1730
            until = channel.fresh_until
        if level.low > highest_cm:  # noqa: PLR1730
            highest_cm = level.low
        if level.high < lowest_cm:  # noqa: PLR1730
            lowest_cm = level.high
        if level.ceiling > ceiling_cm:  # noqa: PLR1730
            ceiling_cm = level.ceiling
    if len(out) == len(levels):
        ceiling_cm = EVER
    apart_cm = highest_cm - lowest_cm
    return Outlook(now, until, levels, out, highest_cm, ceiling_cm, apart_cm, lost, sound and not lost)
