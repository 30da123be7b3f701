"""Water, rain and river: the truth that the instruments measure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

HOMES = 3


@dataclass(slots=True)
class Water:
    """True levels at one moment. Depth follows a played series, or else a constant inflow."""

    depth_cm: float = 0.0
    rate_cm_min: float = 0.0
    rain_mm_h: float = 0.0
    river_cm: float = 120.0
    river_rate_cm_min: float = 0.0
    homes_cm: list[float] = field(default_factory=lambda: [0.0] * HOMES)
    _series: tuple[tuple[float, float], ...] = ()
    _series_s: float = 0.0

    def step(self, dt_s: float) -> None:
        """Move on by `dt_s`; no level falls below zero."""
        self.river_cm = max(0.0, self.river_cm + self.river_rate_cm_min * dt_s / 60)
        if self._series:
            self._play(dt_s)
        else:
            self.depth_cm = max(0.0, self.depth_cm + self.rate_cm_min * dt_s / 60)

    def inflow(self, cm_min: float) -> None:
        """Let the depth rise (or drain, if negative) from where it is; ends a played series."""
        self._series = ()
        self.rate_cm_min = cm_min

    def set_depth(self, cm: float) -> None:
        """Put the depth at a value; ends a played series, keeps no inflow."""
        self._series = ()
        self.rate_cm_min = 0.0
        self.depth_cm = cm

    def play(self, points: Sequence[tuple[float, float]]) -> None:
        """Play (seconds from now, depth in cm), straight between points, holding the last depth.

        Raises:
            ValueError: if the times are negative or do not rise.
        """
        if not points or points[0][0] < 0 or any(b[0] <= a[0] for a, b in pairwise(points)):
            raise ValueError("series: want rising times from 0 s on")
        lead = () if points[0][0] == 0 else ((0.0, self.depth_cm),)
        self._series = (*lead, *points)
        self._series_s = 0.0
        self._play(0.0)

    def _play(self, dt_s: float) -> None:
        self._series_s += dt_s
        for (t0, d0), (t1, d1) in pairwise(self._series):
            if self._series_s < t1:
                self.rate_cm_min = (d1 - d0) / (t1 - t0) * 60
                self.depth_cm = d0 + (self._series_s - t0) * self.rate_cm_min / 60
                return
        self.depth_cm = self._series[-1][1]
        self.rate_cm_min = 0.0
        self._series = ()
