"""systemd's part for one process: a new start a second after its end, a kill when it falls silent."""

import asyncio
import itertools
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sotdae_provisioning.child import Child

RESTART_S = 1.0
"""RestartSec of both units."""
_numbers = itertools.count(1)


class Unit:
    """A process and what its unit file promises: Restart=always, WatchdogSec with SIGKILL."""

    def __init__(
        self, name: str, args: list[str], directory: Path, silent_s: float, *,
        environ: Mapping[str, str] | None = None, under: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Open the socket that the process speaks to; `silent_s` is the unit's WatchdogSec."""
        where = f"sotdae-ladder-{os.getpid()}-{next(_numbers)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(f"\0{where}")
        told = {"NOTIFY_SOCKET": f"@{where}", "WATCHDOG_USEC": str(int(silent_s * 1e6))}
        self.child = Child(name, args, directory, environ={**told, **(environ or {})}, under=under)
        self.starts = 0
        self._silent_s = silent_s
        self._wanted = False
        self._heard_s: float | None = None
        self._ended_s: float | None = None

    async def on(self) -> None:
        """Start it, and keep it from now on."""
        self._wanted = True
        await self._start()

    def off(self) -> None:
        """Kill it, and leave it so: the computer has no power, or the program will not start."""
        self._wanted = False
        self.child.kill()

    async def end(self) -> None:
        """Stop it in order."""
        self._wanted = False
        if self.child.alive:
            self.child.thaw()  # a frozen one would not hear that it should end
        await self.child.stop()
        self._socket.close()

    async def keep(self) -> None:
        """Look after it until cancelled."""
        while True:
            await asyncio.sleep(0.05)
            self._hear()
            if not self._wanted:
                continue
            now = time.monotonic()
            if self.child.alive:
                if self._heard_s is not None and now - self._heard_s > self._silent_s:
                    self.child.kill()
            elif self._ended_s is None:
                self._ended_s = now
            elif now - self._ended_s >= RESTART_S:
                await self._start()

    async def _start(self) -> None:
        self._heard_s = self._ended_s = None
        self.starts += 1
        await self.child.start()

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            while True:
                if self._socket.recv(4096) in (b"READY=1", b"WATCHDOG=1"):
                    self._heard_s = time.monotonic()
