"""A device's battery: volts, how much is left, and for how long by its trend over weeks."""

from dataclasses import dataclass, field
from math import inf
from statistics import median
from typing import Annotated

from pydantic import Field

from sotdae_edge.core.fit import theil_sen

DAY_S = 86_400.0
APART_S = 600.0
"""Readings closer than this say nothing new of a battery."""
MIN_DAYS = 14
"""A shorter history is the weather, not a trend."""
KEPT_DAYS = 60
LOW_PERCENT = 20.0
LOW_DAYS = 91.0
"""Low at 20 % or three months (DOMAIN 5)."""
FRESH_PERCENT = 25.0
"""A rise of so much from one day to the next is a new battery."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Voltages under load of a full and an empty battery. Two alkaline AA cells fall almost evenly."""

    full_v: Annotated[float, Field(gt=0.0, le=60.0)] = 3.0
    empty_v: Annotated[float, Field(ge=0.0, le=60.0)] = 2.0

    def percent(self, volts: float) -> float:
        """Return how full it is, 0 to 100, evenly between the two voltages."""
        return min(100.0, max(0.0, 100.0 * (volts - self.empty_v) / (self.full_v - self.empty_v)))


@dataclass(slots=True)
class Battery:
    """One battery's memory. Days are watched ones: off-time is unknown and not counted."""

    cells: Cells = field(default_factory=Cells)
    days: list[tuple[int, int]] = field(default_factory=list)
    """(watched day, median in mV), oldest first."""
    day: int = 0
    day_ends: float = inf
    today: list[float] = field(default_factory=list)
    taken_at: float = -inf
    left_days: float | None = None
    """By the trend; None where there is none, or where it does not surely fall."""
    low: bool = False

    def take(self, volts: float, now: float) -> None:
        """Take a reading; once a day the trend is drawn anew."""
        if now < self.taken_at + APART_S:
            return
        self.taken_at = now
        if now >= self.day_ends:
            self._end_day(now)
        if not self.today:
            self.day_ends = min(self.day_ends, now + DAY_S)
        self.today.append(volts)
        self._judge()

    def volts(self) -> float | None:
        """Return the median of today, else of the last day; None where it was never heard."""
        if self.today:
            return median(self.today)
        return self.days[-1][1] / 1000.0 if self.days else None

    def percent(self) -> float | None:
        """Return how full it is; None where it was never heard."""
        volts = self.volts()
        return None if volts is None else self.cells.percent(volts)

    def _end_day(self, now: float) -> None:
        self.days.append((self.day, round(median(self.today) * 1000.0)))
        del self.days[:-KEPT_DAYS]
        passed = 1 + int((now - self.day_ends) // DAY_S)
        self.day, self.day_ends, self.today = self.day + passed, self.day_ends + passed * DAY_S, []
        self.left_days = self._left()

    def _left(self) -> float | None:
        if len(self.days) < MIN_DAYS:
            return None
        line = theil_sen([(float(day), mv / 1000.0) for day, mv in self.days])
        if line is None or not line.falls:
            return None
        return max(0.0, (line.y(self.day) - self.cells.empty_v) / -line.slope)

    def _judge(self) -> None:
        percent = self.cells.percent(median(self.today))
        if self.days and percent > self.cells.percent(self.days[-1][1] / 1000.0) + FRESH_PERCENT:
            self.days, self.left_days, self.low = [], None, False
        short = self.left_days is not None and self.left_days < LOW_DAYS
        # Cold lowers a battery for a night: once low, it is so until it is replaced.
        self.low = self.low or percent <= LOW_PERCENT or short
