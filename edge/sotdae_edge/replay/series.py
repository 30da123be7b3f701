"""A recorded series: when, and one column of numbers for each instrument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

Column = Sequence[float | None]
"""One number a row; None where nothing was recorded, which is never zero."""


@dataclass(frozen=True, slots=True)
class Series:
    """Rows in rising time. `origin` is the moment of 0 s, or None where the file counts seconds itself."""

    name: str
    times_s: Sequence[float]
    columns: Mapping[str, Column]
    origin: datetime | None = None

    @property
    def period_s(self) -> float:
        """The usual time between two rows: their median."""
        return median(later - at for at, later in pairwise(self.times_s))

    def at(self, time_s: float) -> str | float:
        """Return a moment as the file would write it."""
        if self.origin is None:
            return round(time_s, 3)
        moment = self.origin + timedelta(seconds=time_s)
        return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
