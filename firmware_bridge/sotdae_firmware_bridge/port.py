"""A serial port as a stream of octets in the event loop, 8N1. The only module that opens a terminal."""

import asyncio
import fcntl
import os
import termios
import tty
from collections.abc import Callable

from sotdae_firmware_bridge.lines import Serial, why_not
from sotdae_shared.errors import LinkError

READ_OCTETS = 4096


class SerialPort:
    """An open line. `take` is called with octets as they come, and with none once when the line is gone."""

    def __init__(self, line: Serial, take: Callable[[bytes], None]) -> None:
        """Open and set the line, for this process alone. Raises LinkError."""
        try:
            self._fd = os.open(line.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise LinkError(f"{line}: {why_not(line, error)}") from error
        try:
            _set(self._fd, line)
        except (OSError, termios.error) as error:
            os.close(self._fd)
            raise LinkError(f"{line}: {why_not(line, OSError(*error.args))}") from error
        self.is_open = True
        self._line = line
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._ready)

    def write(self, octets: bytes) -> None:
        """Send a frame. Raises LinkError if the line is gone or does not take all of it."""
        try:
            sent = os.write(self._fd, octets) if self.is_open else 0
        except OSError as error:
            self.close()
            raise LinkError(f"{self._line}: {error.strerror}") from error
        if sent < len(octets):
            raise LinkError(f"{self._line}: {len(octets) - sent} octets were not taken")

    def close(self) -> None:
        """Let go of the line."""
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._fd)
            os.close(self._fd)

    def _ready(self) -> None:
        try:
            octets = os.read(self._fd, READ_OCTETS)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self.close()
        self._take(octets)


def _set(fd: int, line: Serial) -> None:
    fcntl.ioctl(fd, termios.TIOCEXCL)
    tty.setraw(fd, termios.TCSANOW)
    iflag, oflag, cflag, lflag, _, _, special = termios.tcgetattr(fd)
    speed = getattr(termios, f"B{line.baud}", None)
    if speed is None:
        raise OSError(f"there is no speed of {line.baud} baud")
    cflag &= ~(termios.CSTOPB | termios.PARENB | termios.PARODD | termios.CRTSCTS)
    # Frames have a checksum: neither parity nor a second stop bit, whatever Modbus would have (protocol.md).
    cflag |= termios.CLOCAL | termios.CREAD
    termios.tcsetattr(fd, termios.TCSANOW, [iflag, oflag, cflag, lflag, speed, speed, special])
    termios.tcflush(fd, termios.TCIOFLUSH)
