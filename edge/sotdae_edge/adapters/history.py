"""Recorded levels of before this start: for charts at the hub, never for a decision."""

import csv
from datetime import datetime
from pathlib import Path

from sotdae_shared.errors import ConfigError
from sotdae_shared.messages import MAX_READINGS, Reading, TelemetryBody
from sotdae_shared.units import Flag, Unit


def read_history(path: Path) -> TelemetryBody:
    """Return the file's readings, flagged as not evaluated, each with its own time.

    Raises:
        ConfigError: if the file is not CSV with the columns `time` (RFC 3339) and `level_cm`.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            readings = [_reading(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise ConfigError(str(path), [f"want CSV with columns time,level_cm: {error!r}"]) from error
    if not 1 <= len(readings) <= MAX_READINGS:
        raise ConfigError(str(path), [f"{len(readings)} rows: want 1 to {MAX_READINGS}"])
    return TelemetryBody(readings=tuple(readings))


def _reading(row: dict[str, str]) -> Reading:
    at = datetime.fromisoformat(row["time"])
    return Reading(
        channel="level", unit=Unit.CM, value=float(row["level_cm"]), flag=Flag.NOT_EVALUATED, at=at
    )
