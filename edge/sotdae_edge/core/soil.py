"""Water in the ground: the soil-water index of the Japan Meteorological Agency, three tanks in a row.

Parameters after Ishihara and Kobatake (1979) as JMA uses them; rain is mm/h, contents are mm.
"""

from dataclasses import dataclass, field

STEP_H = 1.0 / 6.0
"""Longer waits are walked in steps, so that the tanks stay stable."""
MAX_STEPS = 24 * 30 * 6


@dataclass(frozen=True, slots=True)
class Tank:
    """One tank: (height mm, share per hour) of each side outlet, and the share that seeps down."""

    outlets: tuple[tuple[float, float], ...]
    seep: float

    def out(self, mm: float) -> float:
        """Return what leaves sideways in mm/h."""
        return sum(share * max(0.0, mm - height) for height, share in self.outlets)


TANKS = (
    Tank(((15.0, 0.10), (60.0, 0.15)), 0.12),
    Tank(((15.0, 0.05),), 0.05),
    Tank(((15.0, 0.01),), 0.01),
)


@dataclass(slots=True)
class Soil:
    """What the ground holds."""

    mm: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    @property
    def index_mm(self) -> float:
        """The soil-water index."""
        return sum(self.mm)

    def rain(self, mm_h: float, hours: float) -> None:
        """Let it rain evenly for a while; 0 mm/h lets the ground drain."""
        left_h = min(hours, MAX_STEPS * STEP_H)
        while left_h > 1e-9:
            step_h = min(left_h, STEP_H)
            left_h -= step_h
            self._step(mm_h, step_h)

    def _step(self, mm_h: float, step_h: float) -> None:
        inflow = mm_h
        for index, tank in enumerate(TANKS):
            held = self.mm[index]
            seep = tank.seep * held
            self.mm[index] = max(0.0, held + (inflow - tank.out(held) - seep) * step_h)
            inflow = seep
