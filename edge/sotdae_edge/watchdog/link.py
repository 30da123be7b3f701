"""Datagrams between two processes of one user on one machine: no file, no network, no waiting.

The names are abstract (Linux): a full or read-only disk cannot cut the agent from its watchdog, and a
second watchdog of the same agent finds the name taken. The kernel says whose process sent a datagram.
"""

import hashlib
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sotdae_edge.watchdog.wire import MAX_BYTES
from sotdae_shared.errors import LinkError

_CREDENTIALS = struct.Struct("3i")
BATCH = 64
"""Datagrams taken at once; a flood of them must not keep the caller from its own work."""


def name_of(directory: Path) -> bytes:
    """Return the watchdog's name for the agent that keeps its things in `directory`."""
    digest = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:32]
    return b"\0sotdae-watchdog-" + digest.encode()


class Link:
    """One end. Never blocks; a peer that is gone or deaf is not an error."""

    def __init__(self, name: bytes | None = None) -> None:
        """Take a name; None for one that the kernel invents. Raises LinkError if it is taken."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.strangers = 0
        """Datagrams of other users' processes, not listened to."""
        try:
            self._socket.bind(name or b"")
        except OSError as error:
            self._socket.close()
            raise LinkError(f"the watchdog's name is taken: {error}") from error

    def fileno(self) -> int:
        """Return the descriptor, to wait on."""
        return self._socket.fileno()

    def send(self, raw: bytes, to: bytes) -> None:
        """Send, or not: the answer tells."""
        with suppress(OSError):
            self._socket.sendto(raw, to)

    def received(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield waiting datagrams of this user with the name to answer to, BATCH at most."""
        for _ in range(BATCH):
            try:
                raw, extra, _, sender = self._socket.recvmsg(MAX_BYTES, socket.CMSG_SPACE(_CREDENTIALS.size))
            except OSError:
                return
            if _uid(extra) == os.geteuid() and isinstance(sender, bytes):
                yield raw, sender
            else:
                self.strangers += 1

    def close(self) -> None:
        """Give the name back."""
        self._socket.close()


def _uid(extra: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            _, uid, _ = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])
            return int(uid)
    return None
