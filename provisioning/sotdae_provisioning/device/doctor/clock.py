"""The box's clock: set at all, kept by a time service, and beside the office's."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from sotdae_edge.adapters.clock import EARLIEST_YEAR
from sotdae_provisioning.device.doctor.finding import Finding, found

OFF_S = 60.0
"""Fleeting orders live for seconds, nonces for a minute: a clock that is so far off makes them void."""
PATIENCE_S = 5.0
MAX_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock says, and how far it is from the office's."""

    now: datetime
    synchronised: bool
    ahead_s: float | None
    """Seconds ahead of the office; None where no office answered."""


async def gather(now: Callable[[], datetime], synchronised: bool, office: str | None) -> Clock:
    """Look at the clock, and ask the office for its."""
    beside = None if office is None else await _date_of(office)
    at = now()
    return Clock(at, synchronised, None if beside is None else (at - beside).total_seconds())


async def _date_of(url: str) -> datetime | None:
    """Return the Date that an office's answer bears. Nothing else of it is believed: it only hints."""
    unproved = ssl.create_default_context()
    unproved.check_hostname, unproved.verify_mode = False, ssl.CERT_NONE
    try:
        place = urlsplit(url)
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(
                place.hostname, place.port or 443, ssl=unproved, limit=MAX_BYTES
            )
            try:
                asked = (
                    f"GET /.well-known/sotdae/nonce HTTP/1.1\r\nHost: {place.hostname}\r\nConnection: close"
                )
                writer.write(f"{asked}\r\n\r\n".encode("ascii"))
                head = await reader.readuntil(b"\r\n\r\n")
            finally:
                writer.transport.abort()
        dates = [line[5:] for line in head.decode("latin-1").splitlines() if line.lower().startswith("date:")]
        return parsedate_to_datetime(dates[0].strip()).astimezone(UTC)
    except (OSError, TimeoutError, ValueError, IndexError, EOFError, asyncio.LimitOverrunError):
        return None


def judge(clock: Clock) -> Iterator[Finding]:
    """Say what is wrong with the clock."""
    if clock.now.year < EARLIEST_YEAR:
        yield found("clock.unset", now=f"{clock.now:%Y-%m-%d %H:%M}")
    elif clock.ahead_s is not None and abs(clock.ahead_s) > OFF_S:
        yield found("clock.off", seconds=f"{clock.ahead_s:+.0f}")
    elif not clock.synchronised:
        yield found("clock.unsynced")
