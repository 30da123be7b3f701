"""What a process tells systemd (sd_notify(3)): ready, still alive, ending. Silent without systemd."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

PETS_IN_PERIOD = 3
"""Say "alive" this often within WatchdogSec; systemd.service(5) asks for at least two."""


class Notifier:
    """Datagrams to $NOTIFY_SOCKET. Never blocks, never raises."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        """Read where and how often from the environment that systemd gave."""
        where = environ.get("NOTIFY_SOCKET", "")
        self._to = "\0" + where[1:] if where.startswith("@") else where
        self._every_s = _period_s(environ) / PETS_IN_PERIOD
        self._due = float("-inf")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def ready(self) -> None:
        """Say that the start is done."""
        self._say("READY=1")

    def alive(self, now: float) -> None:
        """Say that the main loop still turns, if that is due and asked for; monotonic seconds."""
        if self._every_s > 0 and now >= self._due:
            self._due = now + self._every_s
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that this is an orderly end."""
        self._say("STOPPING=1")

    def close(self) -> None:
        """Let the socket go."""
        self._socket.close()

    def _say(self, text: str) -> None:
        if self._to:
            with suppress(OSError):
                self._socket.sendto(text.encode(), self._to)


def _period_s(environ: Mapping[str, str]) -> float:
    text = environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(text) / 1e6 if text.isdecimal() and meant else 0.0
