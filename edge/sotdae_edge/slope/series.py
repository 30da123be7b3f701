"""A recorded displacement series: CSV with the columns `time` (RFC 3339) and `displacement_mm`."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from sotdae_shared.errors import ConfigError

MAX_ROWS = 1_000_000
"""Nineteen years of ten-minute readings."""
MAX_MM = 1e6


class Series(NamedTuple):
    """Readings as (seconds since the first, mm or None for nothing measured); times rise."""

    start: datetime
    readings: list[tuple[float, float | None]]

    def at(self, seconds: float) -> datetime:
        """Return the wall time of a moment of the series."""
        return self.start + timedelta(seconds=seconds)


def read_series(path: Path) -> Series:
    """Read a file.

    Raises:
        ConfigError: with the first line that is wrong. Times without a zone are UTC.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return parse_series(file, str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error


def parse_series(lines: Iterable[str], source: str) -> Series:
    """Understand the lines of a file. Raises ConfigError, see `read_series`."""
    rows = csv.DictReader(lines)
    times: list[datetime] = []
    values: list[float | None] = []
    try:
        if rows.fieldnames is None or not {"time", "displacement_mm"} <= set(rows.fieldnames):
            raise ConfigError(source, ["line 1: want the columns time,displacement_mm"])
        for row in rows:
            times.append(_time(row["time"]))
            values.append(_mm(row["displacement_mm"]))
            if len(times) > MAX_ROWS or (len(times) > 1 and times[-1] <= times[-2]):
                raise ValueError(f"times must rise, and be at most {MAX_ROWS}")
    except (ValueError, TypeError, OverflowError, csv.Error) as error:
        raise ConfigError(source, [f"line {rows.line_num}: {error}"]) from error
    if not times:
        raise ConfigError(source, ["no readings"])
    return Series(
        times[0], [((at - times[0]).total_seconds(), mm) for at, mm in zip(times, values, strict=True)]
    )


def _time(text: str | None) -> datetime:
    if text is None:
        raise ValueError("want a time and a displacement_mm in every row")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"time {text!r}: want RFC 3339, such as 2026-06-01T00:10:00Z") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _mm(text: str | None) -> float | None:
    if text is None or not text.strip():
        return None
    mm = float(text)
    if not isfinite(mm) or abs(mm) > MAX_MM:
        raise ValueError(f"{text!r} is no displacement in mm")
    return mm
