"""Votes of channels on a level, MooN with degradation: 2oo3, then 1oo2, then 1oo1 (DOMAIN 1.6).

A lost channel makes the vote easier to trip, never harder: 1oo2, not 2oo2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sotdae_edge.core.validity import Level

Ballot = Literal["trip", "dry", "abstain", "bad"]


@dataclass(frozen=True, slots=True)
class Vote:
    """The result at one threshold."""

    trip: bool
    ballots: dict[str, Ballot]
    needed: int
    voting: int

    @property
    def architecture(self) -> str:
        """Such as ``2oo3``; ``0oo0`` when nobody can vote."""
        return f"{self.needed}oo{self.voting}"

    @property
    def first(self) -> str | None:
        """A channel that votes trip, for the record."""
        return next((name for name, ballot in self.ballots.items() if ballot == "trip"), None)


def vote(levels: Mapping[str, Level | None], threshold_cm: float, independent: bool = True) -> Vote:
    """Vote on `level >= threshold_cm`. None marks an invalid channel.

    Two votes are asked for only of three channels that one fault cannot silence together (DESIGN 4).

    A switch that cannot tell (its steps lie on both sides of the threshold) abstains, which counts
    like an invalid channel: the vote degrades towards tripping.
    """
    ballots = {name: _ballot(level, threshold_cm) for name, level in levels.items()}
    words = list(ballots.values())
    trips = words.count("trip")
    voting = trips + words.count("dry")
    needed = min(voting, 2 if voting >= 3 and independent else 1)
    return Vote(voting > 0 and trips >= needed, ballots, needed, voting)


def surely_below(level: Level | None, threshold_cm: float) -> bool:
    """Tell whether a channel is valid and its water not above the threshold."""
    return level is not None and level.ceiling <= threshold_cm


def _ballot(level: Level | None, threshold_cm: float) -> Ballot:
    if level is None:
        return "bad"
    if level.low >= threshold_cm:
        return "trip"
    # `high` of a switch is the step that has not closed: the water is below it.
    if level.high < threshold_cm or (level.low < level.high <= threshold_cm):
        return "dry"
    return "abstain"
