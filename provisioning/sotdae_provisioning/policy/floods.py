"""The two floods that a dry run plays when no record is given: computed, and named so."""

from collections.abc import Sequence
from itertools import pairwise

from sotdae_edge.replay.series import Series

FAST = ((0, 0.0), (60, 0.0), (240, 60.0), (420, 60.0), (600, 0.0), (3600, 0.0))
"""Seconds and cm: 20 cm a minute, the design case of a Korean underpass (DOMAIN 0.3)."""
SLOW = ((0, 0.0), (60, 0.0), (900, 14.0), (1500, 14.0), (2400, 0.0), (3600, 0.0))
"""One centimetre a minute up to just below the closing level, and down again: caution, no closing."""


def floods() -> list[Series]:
    """Return both, read each second by one level channel."""
    return [_curve("20 cm/min (computed)", FAST), _curve("1 cm/min to 14 cm (computed)", SLOW)]


def _curve(name: str, points: Sequence[tuple[int, float]]) -> Series:
    times = [float(second) for second in range(points[-1][0] + 1)]
    return Series(name, times, {"level_cm": [_at(points, second) for second in times]})


def _at(points: Sequence[tuple[int, float]], second: float) -> float:
    for (t0, y0), (t1, y1) in pairwise(points):
        if second <= t1:
            return y0 + (y1 - y0) * (second - t0) / (t1 - t0)
    return points[-1][1]
