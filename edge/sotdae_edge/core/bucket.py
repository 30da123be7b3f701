"""A wet test of one level channel: dry, then water from a bucket, then dry again (DOMAIN 1.6, proof test)."""

from dataclasses import dataclass

from sotdae_edge.core.site import Levels
from sotdae_edge.core.validity import ChannelState
from sotdae_edge.core.vote import surely_below

WINDOW_S = 600.0
"""A wet test is done within ten minutes, or begun anew."""
_WANTED = ("never seen dry", "never saw the water", "not seen dry again")


@dataclass(slots=True)
class Bucket:
    """One wet test under way. The channel goes on voting."""

    by: str
    order: str
    """Id of the order."""
    until: float
    seen: int = 0
    """How far it is: 0 nothing, 1 dry, 2 wet."""
    peak_cm: float = 0.0

    def watch(self, channel: ChannelState, levels: Levels, now: float) -> bool:
        """See what the channel reads, whatever the others say; tell whether the test is over."""
        level = channel.level if now < channel.fresh_until else None
        if now >= self.until:
            return True
        if level is None:
            return False
        dry = surely_below(level, levels.reopen_cm)
        if self.seen == 0 and dry:
            self.seen = 1
        elif self.seen >= 1 and level.low >= levels.caution_cm:
            self.seen, self.peak_cm = 2, max(self.peak_cm, level.low)
        elif self.seen == 2 and dry:
            self.seen = 3
        return self.seen == 3

    def problem(self) -> str | None:
        """Return why the test has failed, or None."""
        return _WANTED[self.seen] if self.seen < len(_WANTED) else None
