"""The daily temperature cycle of a displacement series: learned, then taken off."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import cos, hypot, pi, sin
from statistics import median
from typing import NamedTuple

Point = tuple[float, float]
DAY_H = 24.0
LEARN_H = 14 * DAY_H
MIN_DAYS = 3
MAX_GAP_H = 2.0
"""A running day with a longer gap teaches nothing about the cycle."""
HARMONICS = (1, 2)


class Cycle(NamedTuple):
    """Two harmonics of a day: (cosine, sine) in mm for each."""

    waves: tuple[tuple[float, float], ...]

    def at(self, t_h: float) -> float:
        """Return the cycle in mm at a time in hours."""
        angle = 2.0 * pi * t_h / DAY_H
        waves = zip(HARMONICS, self.waves, strict=True)
        return sum(c * cos(k * angle) + s * sin(k * angle) for k, (c, s) in waves)

    @property
    def amplitude_mm(self) -> float:
        """The size of its first harmonic."""
        return hypot(*self.waves[0])


def learn(series: Sequence[Point]) -> Cycle | None:
    """Learn the cycle from the last two weeks of (h, mm), or None below three days of hourly values.

    Each value is held against the mean of the day around it; the median over the days at each hour is
    the cycle, smoothed to two harmonics. A constant velocity leaves no trace in it.
    """
    recent = [point for point in series if point[0] >= series[-1][0] - LEARN_H]
    hours: list[list[float]] = [[] for _ in range(24)]
    for t_h, miss in _against_day(recent):
        hours[int(t_h % DAY_H) % 24].append(miss)
    if any(len(misses) < MIN_DAYS for misses in hours):
        return None
    medians = [median(misses) for misses in hours]
    return Cycle(tuple(_wave(medians, k) for k in HARMONICS))


def without(series: Sequence[Point], cycle: Cycle | None) -> list[Point]:
    """Return the series less the cycle."""
    if cycle is None:
        return list(series)
    return [(t_h, mm - cycle.at(t_h)) for t_h, mm in series]


def _wave(medians: Sequence[float], k: int) -> tuple[float, float]:
    turns = [(mm, 2.0 * pi * k * (hour + 0.5) / 24.0) for hour, mm in enumerate(medians)]
    cosine = sum(mm * cos(angle) for mm, angle in turns) / 12.0
    return cosine, sum(mm * sin(angle) for mm, angle in turns) / 12.0


def _against_day(series: Sequence[Point]) -> list[Point]:
    """Return each value less the time-weighted mean of the 24 hours around it, where they are known."""
    times = [t_h for t_h, _ in series]
    pairs = list(pairwise(series))
    areas = [0.0, *accumulate((t2 - t1) * (y1 + y2) / 2.0 for (t1, y1), (t2, y2) in pairs)]
    gaps = [0, *accumulate(int(t2 - t1 > MAX_GAP_H) for (t1, _), (t2, _) in pairs)]

    def area(t_h: float) -> float:
        index = min(bisect_right(times, t_h) - 1, len(series) - 2)
        (t1, y1), (t2, y2) = series[index], series[index + 1]
        y = y1 + (y2 - y1) * (t_h - t1) / (t2 - t1)
        return areas[index] + (t_h - t1) * (y1 + y) / 2.0

    found = []
    for t_h, mm in series:
        begin_h, end_h = t_h - DAY_H / 2.0, t_h + DAY_H / 2.0
        if begin_h < times[0] or end_h > times[-1]:
            continue
        if gaps[bisect_right(times, begin_h) - 1] == gaps[bisect_left(times, end_h)]:
            found.append((t_h, mm - (area(end_h) - area(begin_h)) / DAY_H))
    return found
