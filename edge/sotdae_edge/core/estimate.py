"""The displayed level: which readings the filter takes in, and when it begins anew. It decides nothing.

A reading beyond three sigma is left out, unless two instruments agree on it: then it is water (DOMAIN 2.2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sotdae_edge.core.kalman import Belief
from sotdae_edge.core.site import Channel

GATE = 9.0
"""Innovation squared over its variance: three sigma (DOMAIN 2.2)."""
STUBBORN_S = 3.0
"""When every reading has been left out for so long, it is the estimate that is wrong."""
FORGET_S = 30.0
"""Nothing taken in for so long: nothing is known any more, which is not zero."""
FIRST_RATE_SIGMA = 20.0
"""cm/min: what a rise may be before it has been watched; the design flood's (DOMAIN 0.3)."""
SIGMA_CM = {"radar": 1.0, "pressure": 1.5, "ultrasonic": 2.5, "staff": 5.0}
"""One sigma of an instrument by its name (DOMAIN 2.2)."""
OTHER_SIGMA_CM = 2.0
DRY = float("-inf")
"""Where no switch is wet, the level has no lower bound."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A valid reading of an analogue channel, and one sigma of such an instrument."""

    level_cm: float
    sigma_cm: float

    def agrees(self, other: "Seen") -> bool:
        """Tell whether two readings may be of the same water."""
        return (self.level_cm - other.level_cm) ** 2 <= GATE * (self.sigma_cm**2 + other.sigma_cm**2)


def sigma_of(channel: Channel) -> float:
    """Return one sigma of a channel's readings in cm: as declared, else as its name suggests."""
    declared = channel.sigma_cm
    return SIGMA_CM.get(channel.name, OTHER_SIGMA_CM) if declared is None else declared


@dataclass(slots=True)
class LevelFilter:
    """What the instruments say together, from moment to moment."""

    belief: Belief | None = None
    at: float = 0.0
    taken_at: float = 0.0
    """When a reading was last taken in."""

    def take(self, seen: Sequence[Seen], wet_cm: float, now: float) -> Belief | None:
        """Take the newest readings, and the highest step at which a switch is wet: `DRY` if none is."""
        if self.belief is not None and now - self.taken_at < FORGET_S:
            self._go_on(self.belief.after(max(0.0, now - self.at)), seen, now)
        elif seen:
            self._begin(seen, now)
        else:
            self.belief = None
        self.at = now
        if self.belief is not None and not _denied(seen, wet_cm):
            self.belief = self.belief.at_least(wet_cm)
        return self.belief

    def _go_on(self, belief: Belief, seen: Sequence[Seen], now: float) -> None:
        beyond = [each for each in seen if belief.surprise(each.level_cm, each.sigma_cm) > GATE]
        together = list(_together(beyond, belief.level_cm))
        if together:
            return self._begin(together, now, belief.rate_cm_min)
        near = [each for each in seen if each not in beyond]
        if not near and seen and now - self.taken_at >= STUBBORN_S:
            return self._begin(seen, now)
        for each in near:
            belief = belief.seeing(each.level_cm, each.sigma_cm)
            self.taken_at = now
        self.belief = belief
        return None

    def _begin(self, seen: Sequence[Seen], now: float, rate_cm_min: float = 0.0) -> None:
        """Begin at these readings; how fast the water rises is then unknown."""
        first, *others = seen
        belief = Belief(first.level_cm, rate_cm_min, first.sigma_cm**2, 0.0, FIRST_RATE_SIGMA**2)
        for each in others:
            belief = belief.seeing(each.level_cm, each.sigma_cm)
        self.belief, self.taken_at = belief, now


def _together(beyond: Sequence[Seen], level_cm: float) -> Iterator[Seen]:
    """Yield the readings on one side of a level that another one there agrees with."""
    for one, other in combinations(beyond, 2):
        if (one.level_cm > level_cm) == (other.level_cm > level_cm) and one.agrees(other):
            yield from (one, other)
            return


def _denied(seen: Sequence[Seen], wet_cm: float) -> bool:
    """Tell whether two instruments agree that the water is far below a wet switch: then that one is wrong."""
    low = [each for each in seen if (wet_cm - each.level_cm) ** 2 > GATE * each.sigma_cm**2]
    return any(True for _ in _together([each for each in low if each.level_cm < wet_cm], wet_cm))
