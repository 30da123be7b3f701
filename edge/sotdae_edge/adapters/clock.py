"""Wall and monotonic time, and how far the kernel believes its own wall clock."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sotdae_shared.messages import ClockTrust

EARLIEST_YEAR = 2025
"""A wall clock before this program existed is wrong, whatever the kernel says (a board without a battery)."""

_STA_UNSYNC = 0x0040  # linux/timex.h
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


class _Timex(ctypes.Structure):
    """The start of struct timex (adjtimex(2)); the rest is only given room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_synchronised() -> bool:
    """Ask adjtimex(2) whether a time service disciplines the clock; False where it does not answer."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return False
    answer = _Timex(modes=0)
    state = int(adjtimex(ctypes.byref(answer)))
    return state >= 0 and state != _TIME_ERROR and not answer.status & _STA_UNSYNC


class SystemClock:
    """The machine's clocks.

    `assume_synced` takes the wall clock on trust, for demos in containers whose host keeps the time and
    hides it; a real gate leaves it off, because an untrusted clock is what refuses remote opens.
    """

    def __init__(
        self,
        *,
        assume_synced: bool = False,
        synchronised: Callable[[], bool] = kernel_synchronised,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the sources; the defaults are the kernel's."""
        self._assume_synced = assume_synced
        self._synchronised = synchronised
        self._wall = wall

    def wall(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return self._wall()

    def monotonic(self) -> float:
        """Return seconds that only go forward, from an arbitrary start."""
        return time.monotonic()

    def trust(self) -> ClockTrust:
        """Return SYNCED while a time service disciplines a plausible clock, else UNTRUSTED."""
        if self.wall().year < EARLIEST_YEAR:
            return ClockTrust.UNTRUSTED
        return ClockTrust.SYNCED if self._assume_synced or self._synchronised() else ClockTrust.UNTRUSTED
