"""Where a field device is reached: a TCP port or a serial line, and why it cannot be. Pure."""

import errno
from dataclasses import dataclass
from typing import Literal

Parity = Literal["N", "E", "O"]


@dataclass(frozen=True, slots=True)
class Tcp:
    """A TCP port."""

    host: str = "127.0.0.1"
    port: int = 502

    def __str__(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    def wire_s(self, _octets: int) -> float:
        """Seconds that octets take on the wire: nothing beside a timeout."""
        return 0.0


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial line. 19200 baud and even parity are what the Modbus serial line guide asks for.

    Frames to a board are always 8N1, whatever stands here (protocol.md).
    """

    path: str
    baud: int = 19_200
    parity: Parity = "E"

    def __str__(self) -> str:
        """Path of the line."""
        return self.path

    @property
    def stop_bits(self) -> int:
        """Stop bits, so that a character has always 11 bits (same source, 2.5.1)."""
        return 2 if self.parity == "N" else 1

    def wire_s(self, octets: int) -> float:
        """Seconds that octets take on the wire."""
        return octets * 11 / self.baud


Line = Tcp | Serial

_SERIAL = {
    errno.ENOENT: "there is no such line; is the adapter plugged in?",
    errno.EACCES: "no right to open it; add this user to the line's group, mostly dialout, and log in again",
    errno.EBUSY: "another program has it",
    errno.EAGAIN: "another program has it",
    errno.ENOTTY: "it is no serial line",
}
_TCP = {errno.ECONNREFUSED: "refused; nothing listens on that port"}


def why_not(line: Line, error: OSError | None) -> str:
    """Say why a line cannot be had, and what mends it; None is a peer that did not answer in time."""
    if error is None:
        return "no answer; is the address right, and the device on?"
    known = _TCP if isinstance(line, Tcp) else _SERIAL
    return known.get(error.errno or 0) or error.strerror or str(error)
