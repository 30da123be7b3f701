"""The board's hardware timer (Linux watchdog API): unpetted, it resets the board."""

import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path

from sotdae_shared.errors import LinkError

_WDIOC_SETTIMEOUT = 0xC0045706
"""_IOWR('W', 6, int), linux/watchdog.h."""
TIMEOUT_S = 15
PET_S = 1.0
MAGIC_CLOSE = b"V"
"""Written before closing, it disarms the timer; anything else that ends this process does not."""


class HardwareTimer:
    """An armed /dev/watchdog."""

    def __init__(self, path: Path) -> None:
        """Open and so arm it. Raises LinkError if that cannot be done."""
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as error:
            raise LinkError(f"hardware timer {path}: {error.strerror}") from error
        self._due = float("-inf")
        # A driver with one fixed time refuses; its own time is as good.
        with suppress(OSError):
            fcntl.ioctl(self._fd, _WDIOC_SETTIMEOUT, struct.pack("i", TIMEOUT_S))

    def pet(self, now: float) -> None:
        """Write, if that is due. Raises LinkError if the timer refuses."""
        if now >= self._due:
            self._due = now + PET_S
            self._write(b"\0")

    def disarm(self) -> None:
        """End in order: the board is not reset. Raises LinkError if the timer refuses."""
        try:
            self._write(MAGIC_CLOSE)
        finally:
            os.close(self._fd)

    def _write(self, raw: bytes) -> None:
        try:
            os.write(self._fd, raw)
        except OSError as error:
            raise LinkError(f"hardware timer: {error.strerror}") from error
