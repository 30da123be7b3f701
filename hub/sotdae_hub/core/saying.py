"""When a message counts as said: an edge's wall clock may be wrong by decades."""

from datetime import UTC, datetime, timedelta

from sotdae_shared.messages import ClockTrust

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this program existed nothing was said."""
AHEAD = timedelta(days=1)
"""More than this before the hub's clock is not said yet."""


def dated(at: datetime, received_at: datetime) -> datetime:
    """Return the time to file a message under: its own, or where that cannot be, when it came.

    Else the alarms of a gate that booted in 1970 would stand last in every list of the newest.
    """
    return at if EARLIEST <= at <= received_at + AHEAD else received_at


def said_at(at: datetime, clock: ClockTrust, received_at: datetime) -> datetime:
    """Return the time by which messages of different boots are ordered.

    A clock that nobody disciplines (1970 at boot) says nothing, so the hub's own counts. One that runs ahead
    of the hub is not believed either, or its last word would stand until the hub's clock gets there.
    """
    return received_at if clock is ClockTrust.UNTRUSTED else min(at, received_at)
