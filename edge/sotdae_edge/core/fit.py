"""A straight line through noisy points, and how far it can be trusted: Theil-Sen with Sen's interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import fmean, median

CONFIDENCE = 1.96
"""Two-sided 95 % of a normal estimate."""
MAD_TO_SIGMA = 1.4826
HALF_APART = 1.45
"""Half-apart slopes scatter so much more than least squares: 1.2533 sqrt(2) 2**1.5 / sqrt(12)."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """y = at_y + slope (x - at_x); the slope lies between `slope_low` and `slope_high` (95 %)."""

    slope: float
    slope_low: float
    slope_high: float
    at_x: float
    at_y: float
    r2: float

    def y(self, x: float) -> float:
        """Return the line's height at `x`."""
        return self.at_y + self.slope * (x - self.at_x)

    @property
    def falls(self) -> bool:
        """Whether the whole interval of the slope is below zero."""
        return self.slope_high < 0.0

    def zeros(self) -> tuple[float, float, float]:
        """Return where a falling line meets zero: earliest, best, latest x."""
        ends = [self.at_x - self.at_y / slope for slope in (self.slope_low, self.slope, self.slope_high)]
        return min(ends), ends[1], max(ends)


def theil_sen(points: Sequence[Point]) -> Line | None:
    """Return the median of all pairwise slopes (Sen 1968), or None below three points of different x.

    The interval takes the slopes whose ranks lie Kendall's variance n(n-1)(2n+5)/18 around the middle.
    """
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x2 != x1)
    count = len(points)
    if count < 3 or len(slopes) < 3:
        return None
    reach = CONFIDENCE * sqrt(count * (count - 1) * (2 * count + 5) / 18.0)
    low = max(0, round((len(slopes) - reach) / 2.0) - 1)
    slope, at_x = median(slopes), median(x for x, _ in points)
    at_y = median(y - slope * (x - at_x) for x, y in points)
    found = Line(slope, slopes[low], slopes[-1 - low], at_x, at_y, 0.0)
    return Line(slope, found.slope_low, found.slope_high, at_x, at_y, r_squared(points, found))


def r_squared(points: Sequence[Point], line: Line) -> float:
    """Return the share of the variance that the line explains; below zero when it is worse than the mean."""
    mean = fmean(y for _, y in points)
    total = sum((y - mean) ** 2 for _, y in points)
    left = sum((y - line.y(x)) ** 2 for x, y in points)
    return 1.0 - left / total if total > 0.0 else 0.0


def half_apart_slope(points: Sequence[Point]) -> float:
    """Return the median slope between each point and the one half of them later: Theil-Sen in linear time."""
    half = len(points) // 2
    slopes = [
        (y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in zip(points, points[half:], strict=False) if x2 > x1
    ]
    return median(slopes) if slopes else 0.0


def half_apart_sigma(points: Sequence[Point], sigma: float) -> float:
    """Return the standard deviation of `half_apart_slope` where single values have `sigma`."""
    middle = fmean(x for x, _ in points)
    return HALF_APART * sigma / sqrt(sum((x - middle) ** 2 for x, _ in points))


def noise(points: Sequence[Point]) -> float:
    """Return the standard deviation of single values: each against the line between its neighbours.

    Slow changes cancel. The median absolute deviation ignores single outliers.
    """
    misses = []
    for (x0, y0), (x1, y1), (x2, y2) in zip(points, points[1:], points[2:], strict=False):
        if x2 <= x0:
            continue
        share = (x1 - x0) / (x2 - x0)
        weight = sqrt(1.0 + share**2 + (1.0 - share) ** 2)
        misses.append(abs(y1 - (y0 + share * (y2 - y0))) / weight)
    return MAD_TO_SIGMA * median(misses) if misses else 0.0
