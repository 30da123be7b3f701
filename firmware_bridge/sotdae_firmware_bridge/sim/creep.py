"""A slope that creeps to failure, computed: no measured series up to a failure is freely licensed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log, pi, sin


@dataclass(frozen=True, slots=True)
class Creep:
    """Steady creep, then dv/dt = A v^alpha (Fukuzono 1985) from `onset_h` until failure `life_h` later."""

    alpha: float = 2.0
    onset_h: float = 240.0
    life_h: float = 240.0
    start_mm_h: float = 0.2
    under_mm_h: float = 0.0
    """A steady creep that goes on under all of it."""

    @property
    def fails_h(self) -> float:
        """When it fails."""
        return self.onset_h + self.life_h

    def v_mm_h(self, t_h: float) -> float:
        """Return the velocity before the failure."""
        if t_h <= self.onset_h:
            return self.under_mm_h + self.start_mm_h
        return self.under_mm_h + self.start_mm_h * exp(-log(self._left(t_h)) / (self.alpha - 1.0))

    def mm(self, t_h: float) -> float:
        """Return the displacement before the failure."""
        return self.under_mm_h * t_h + self._over_mm(t_h)

    def _over_mm(self, t_h: float) -> float:
        if t_h <= self.onset_h:
            return self.start_mm_h * t_h
        scale, power = self.start_mm_h * self.life_h, 1.0 / (self.alpha - 1.0)
        left, before = self._left(t_h), self.start_mm_h * self.onset_h
        if self.alpha == 2.0:
            return before - scale * log(left)
        return before + scale * (exp((1.0 - power) * log(left)) - 1.0) / (power - 1.0)

    def _left(self, t_h: float) -> float:
        return (self.fails_h - t_h) / self.life_h


@dataclass(frozen=True, slots=True)
class Meter:
    """An extensometer: its period, noise, daily temperature cycle, and how often hours of it are missing."""

    every_h: float = 1.0 / 6.0
    noise_mm: float = 0.1
    cycle_mm: float = 1.0
    gap_each_h: float | None = None
    gap_h: float = 6.0

    def read(self, creep: Creep, until_h: float, dice: random.Random) -> Iterator[tuple[float, float]]:
        """Read a slope as (h, mm) until a time before its failure."""
        count, resume_h = 0, 0.0
        while (t_h := count * self.every_h) <= until_h:
            count += 1
            if self.gap_each_h is not None and dice.random() < self.every_h / self.gap_each_h:
                resume_h = t_h + self.gap_h
            if t_h >= resume_h:
                wave = self.cycle_mm * sin(2.0 * pi * t_h / 24.0)
                yield t_h, creep.mm(t_h) + wave + dice.gauss(0.0, self.noise_mm)
