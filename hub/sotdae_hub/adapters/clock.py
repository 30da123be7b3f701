"""The hub's clocks."""

import time
from datetime import UTC, datetime


def wall() -> datetime:
    """Return the time of day, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Return seconds that never jump."""
    return time.monotonic()
