"""What a gate shows people of its water: the filtered level, its rate, and when it will reach what.

A helper beside protection: it only reads the gate, and may fail without a decision being changed.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from sotdae_edge.core.estimate import DRY, LevelFilter, Seen, sigma_of
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.kalman import Belief
from sotdae_edge.core.site import Levels
from sotdae_edge.ports import Clock
from sotdae_shared.messages import Estimate, Eta

EVERY_S = 1.0
FRESH_S = 5.0
"""An older estimate is not shown."""


@dataclass(slots=True)
class Display:
    """Feeds the filter from the gate's newest valid readings."""

    make: type[LevelFilter] = LevelFilter
    levels: LevelFilter = field(default_factory=LevelFilter)
    counts: dict[str, tuple[int | None, ...] | None] = field(default_factory=dict)
    shown: Estimate | None = None
    shown_at: float = float("-inf")

    async def run(self, gate: Gate, clock: Clock) -> None:
        """Look at the gate every second until cancelled. Begins anew: a filter may fail by its state."""
        self.levels = self.make()
        while True:
            self.look(gate, clock.monotonic())
            await asyncio.sleep(EVERY_S)

    def fresh(self, now: float) -> Estimate | None:
        """Return the estimate, if it is one of now."""
        return self.shown if now < self.shown_at + FRESH_S else None

    def look(self, gate: Gate, now: float) -> None:
        """Take what is new at the gate's channels."""
        wet = (c.valid(now) for c in gate.sensing.channels if c.spec.kind == "switch")
        wet_cm = max((level.low for level in wet if level is not None and level.low > 0.0), default=DRY)
        belief = self.levels.take(tuple(self._new(gate, now)), wet_cm, now)
        self.shown = None if belief is None else told(belief, gate.site.levels)
        self.shown_at = now

    def _new(self, gate: Gate, now: float) -> Iterator[Seen]:
        for channel in gate.sensing.channels:
            level, spec = channel.valid(now), channel.spec
            if spec.kind == "analog" and level is not None and channel.counts != self.counts.get(spec.name):
                self.counts[spec.name] = channel.counts
                yield Seen(level.low, sigma_of(spec))


def told(belief: Belief, levels: Levels) -> Estimate:
    """Return a belief as it goes out: hundredths, whole seconds."""
    ahead = {"caution": levels.caution_cm, "close": levels.close_cm, "unsafe": levels.unsafe_cm}
    etas = {name: eta for name, level_cm in ahead.items() if (eta := belief.reaches(level_cm)) is not None}
    return Estimate(
        level_cm=round(belief.level_cm, 2),
        level_sigma_cm=round(belief.level_sigma_cm, 2),
        rate_cm_min=round(belief.rate_cm_min, 2),
        rate_sigma_cm_min=round(belief.rate_sigma_cm_min, 2),
        eta={name: Eta(s=round(s), sigma_s=round(sigma_s)) for name, (s, sigma_s) in etas.items()},
    )
