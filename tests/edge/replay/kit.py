"""Series made in a line."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sotdae_edge.replay.series import Series

START = datetime(2020, 7, 23, 12, 20, tzinfo=UTC)
Curve = Callable[[float], float | None]


def rise(rate_cm_min: float, top_cm: float, dry_s: float = 60.0) -> Curve:
    """Dry at first, then up at a rate to a top, and there it stays."""
    return lambda at: min(top_cm, max(0.0, (at - dry_s) / 60.0 * rate_cm_min))


def pond(rate_cm_min: float, top_cm: float, full_s: float, dry_s: float = 60.0) -> Curve:
    """Up, full for a while, gone as fast."""
    up_s = top_cm / rate_cm_min * 60.0

    def level(at: float) -> float:
        falls = dry_s + up_s + full_s
        up = (at - dry_s) / 60.0 * rate_cm_min
        down = top_cm - (at - falls) / 60.0 * rate_cm_min
        return max(0.0, min(top_cm, up, down))

    return level


def series(period_s: float, until_s: float, **columns: Curve) -> Series:
    """Sample curves into a series."""
    times = [number * period_s for number in range(int(until_s / period_s) + 1)]
    return Series(
        "made", times, {name: [curve(at) for at in times] for name, curve in columns.items()}, START
    )


def constant(value: float | None) -> Curve:
    """Always the same."""
    return lambda at: value


def csv_text(header: str, rows: Sequence[str]) -> list[str]:
    """Lines of a file."""
    return [f"{line}\n" for line in (header, *rows)]
