"""When a message counts as said: an edge's wall clock may be wrong by decades."""

from datetime import datetime

from sotdae_shared.messages import ClockTrust


def said_at(at: datetime, clock: ClockTrust, received_at: datetime) -> datetime:
    """Return the time by which messages of different boots are ordered.

    A clock that nobody disciplines (1970 at boot) says nothing, so the hub's own counts. One that runs ahead
    of the hub is not believed either, or its last word would stand until the hub's clock gets there.
    """
    return received_at if clock is ClockTrust.UNTRUSTED else min(at, received_at)
