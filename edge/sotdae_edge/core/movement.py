"""What one displacement or tilt channel has done: thinned readings and the velocities of several windows.

Times are monotonic seconds, values the sensor's unit (mm or deg); velocities are per hour or per day.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field
from statistics import median

from sotdae_edge.core.fit import Point, half_apart_sigma, half_apart_slope, noise

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
NEAR_EACH_S, NEAR_KEPT_S = 30.0, 3 * HOUR_S
FAR_EACH_S, FAR_KEPT_S = 600.0, 30 * DAY_S
MIN_SAMPLES = 3
STRETCH = 6.0
"""A window with fewer than three samples reaches back for more, but not further than so many times."""
DAY_MATCH_S = 1800.0
SIGMAS = 4.0
"""Velocities are looked at many times a day: three sigma would be crossed by noise every few hours."""


@dataclass(slots=True)
class Movement:
    """Readings of the last hours (near) and, as ten-minute medians, of the last weeks (far)."""

    near: deque[Point] = field(default_factory=deque)
    far: list[Point] = field(default_factory=list)

    def take(self, value: float, now: float) -> bool:
        """Keep a reading if the last one is old enough; tell whether it was kept."""
        if self.near and now < self.near[-1][0] + NEAR_EACH_S:
            return False
        self.near.append((now, value))
        while len(self.near) > MIN_SAMPLES and self.near[0][0] < now - NEAR_KEPT_S:
            self.near.popleft()
        if self.far and now < self.far[-1][0] + FAR_EACH_S:
            return True
        self.far.append((now, median(value for at, value in self.near if at > now - FAR_EACH_S)))
        del self.far[: bisect_left(self.far, now - FAR_KEPT_S, key=_time)]
        return True

    def forget(self) -> None:
        """Start afresh: the instrument was changed, broke, or came back with another zero."""
        self.near.clear()
        self.far.clear()

    def per_hour(self, window_s: float, now: float) -> float | None:
        """Return the Theil-Sen velocity of a window, 0 within four sigma of it, None below three samples."""
        points = [point for point in self.near if point[0] > now - window_s]
        if len(points) < MIN_SAMPLES:
            points = list(self.near)[-MIN_SAMPLES:]
            if len(points) < MIN_SAMPLES or points[0][0] < now - STRETCH * window_s:
                return None
        sigma = half_apart_sigma(points, noise(list(self.near)))
        slope = half_apart_slope(points)
        return slope * HOUR_S if abs(slope) > SIGMAS * sigma else 0.0

    def per_day(self, days_ago: int, now: float) -> float | None:
        """Return the movement from one day to the next, as the median of values 24 h apart.

        The daily temperature cycle cancels in each difference. 0 is the last day. None if less than
        half of the day is known.
        """
        end = now - days_ago * DAY_S
        first, last = (bisect_right(self.far, at, key=_time) for at in (end - DAY_S, end))
        moves = []
        for at, value in self.far[first:last]:
            earlier = bisect_left(self.far, at - DAY_S, key=_time)
            was_at, was = self.far[earlier]
            if was_at <= at - DAY_S + DAY_MATCH_S:
                moves.append((at, value - was))
        if len(moves) < MIN_SAMPLES or moves[-1][0] - moves[0][0] < DAY_S / 2.0:
            return None
        return median(move for _, move in moves)

    def series_h(self) -> list[Point]:
        """Return the long memory in hours, for a forecast."""
        return [(at / HOUR_S, value) for at, value in self.far]


def _time(point: Point) -> float:
    return point[0]
