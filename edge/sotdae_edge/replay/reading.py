"""A CSV file becomes a series, or an error that names the line."""

import csv
from collections.abc import Iterable
from datetime import datetime
from math import isfinite
from pathlib import Path

from sotdae_edge.replay.series import Series
from sotdae_shared.errors import ConfigError

NOTHING = frozenset({"", "nan", "null", "none", "-"})
"""Words that exports write where nothing was measured."""
MAX_PROBLEMS = 10
MAX_TOLD = 80
"""Letters of a wrong header that are shown."""
MAX_CM = 1e6
"""No instrument says more; beyond it a number is a mistake."""


def read_series(path: Path) -> Series:
    """Read a file with a column `time` and at least one other.

    `time` is RFC 3339 (with or without a zone, the same in every row) or a number of seconds.

    Raises:
        ConfigError: with the first problems and their lines.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return parse(path.name, file)
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), ["cannot be read: is not UTF-8; save it as CSV in UTF-8"]) from error
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error


def parse(name: str, lines: Iterable[str]) -> Series:
    """Return the series of some lines of CSV. Raises ConfigError, see `read_series`."""
    reading = _Reading(name)
    rows = csv.reader(lines, strict=True)
    try:
        for row in rows:
            reading.take(rows.line_num, row)
            if len(reading.problems) >= MAX_PROBLEMS:
                reading.problems.append("... nothing after these was read")
                break
    except csv.Error as error:
        reading.problems.append(f"line {rows.line_num}: is not CSV: {error}")
    return reading.done()


class _Reading:
    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self._header: list[str] = []
        self._columns: list[list[float | None]] = []
        self._times_s: list[float] = []
        self._time_at = 0
        self._origin: datetime | None = None

    def take(self, line: int, row: list[str]) -> None:
        if not row:
            return
        if not self._header:
            self._take_header(line, [cell.strip() for cell in row])
        elif len(row) != len(self._header):
            self.problems.append(f"line {line}: {len(row)} cells, the header has {len(self._header)}")
        else:
            try:
                self._take_row(row)
            except ValueError as error:
                self.problems.append(f"line {line}: {error}")

    def _take_header(self, line: int, header: list[str]) -> None:
        if "time" not in header or len(header) < 2:
            want = "want a header with time and a level, such as  time,level_cm"
            raise ConfigError(self.name, [f"line {line}: {want}; it says  {','.join(header)[:MAX_TOLD]}"])
        if len(set(header)) < len(header):
            raise ConfigError(self.name, [f"line {line}: two columns have the same name"])
        self._header, self._time_at = header, header.index("time")
        self._columns = [[] for _ in header]

    def _take_row(self, row: list[str]) -> None:
        time_s = self._seconds(row[self._time_at].strip())
        if self._times_s and time_s <= self._times_s[-1]:
            raise ValueError(f"time {row[self._time_at]} does not come after the row before")
        values = [
            None if number == self._time_at else _number(self._header[number], cell)
            for number, cell in enumerate(row)
        ]
        self._times_s.append(time_s)
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)

    def _seconds(self, text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            return self._since_origin(text)
        if self._origin is not None or not isfinite(seconds):
            raise ValueError(f"time {text!r}: want what the first row has, RFC 3339")
        return seconds

    def _since_origin(self, text: str) -> float:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"time {text!r}: want RFC 3339, such as 2026-07-15T06:00:00+09:00, or seconds"
            ) from None
        if self._origin is None:
            if self._times_s:
                raise ValueError(f"time {text!r}: want what the first row has, seconds")
            self._origin = moment
        if (moment.tzinfo is None) != (self._origin.tzinfo is None):
            raise ValueError(f"time {text!r}: a zone in every row or in none")
        return (moment - self._origin).total_seconds()

    def done(self) -> Series:
        if self.problems:
            raise ConfigError(self.name, self.problems)
        if len(self._times_s) < 2:
            raise ConfigError(self.name, [f"rows: {len(self._times_s)}; want two at least"])
        named = zip(self._header, self._columns, strict=True)
        columns = {name: column for name, column in named if name != "time"}
        return Series(self.name, self._times_s, columns, self._origin)


def _number(column: str, cell: str) -> float | None:
    text = cell.strip()
    if text.lower() in NOTHING:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{column} {text!r}: want a number, or nothing") from None
    if not abs(value) <= MAX_CM:
        raise ValueError(f"{column} {text!r}: want a finite number")
    return value
