"""Commits what the agent says, in order, without ever making protection wait for a disk."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from pydantic import BaseModel

from sotdae_edge.ports import Clock, Item, Outbox, Stamp
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind

log = logging.getLogger(__name__)

KEPT_IN_RAM = 2_000
"""Messages that wait in memory while the disk refuses; the oldest telemetry goes first."""
RETRY_S = 1.0
BATCH = 200


@dataclass(slots=True)
class Recorder:
    """The only writer of the outbox."""

    outbox: Outbox
    clock: Clock
    worker: Executor
    wake: Callable[[], None]
    waiting: deque[Item] = field(default_factory=deque)
    lost: int = 0
    """Messages that found neither disk nor room in memory."""
    failing: bool = False
    _some: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, kind: Kind, body: BaseModel) -> None:
        """Stamp a message and queue it for the disk. Never blocks."""
        stamp = Stamp(self.clock.wall(), self.clock.trust(), int(self.clock.monotonic() * 1000))
        self.waiting.append(Item(kind, body, stamp))
        if len(self.waiting) > KEPT_IN_RAM:
            self._shed()
        self._some.set()

    def _shed(self) -> None:
        victim = next((item for item in self.waiting if item.kind in (Kind.TELEMETRY, Kind.HEALTH)), None)
        self.waiting.remove(victim or self.waiting[0])
        self.lost += 1

    async def run(self) -> None:
        """Commit until cancelled; what waits at the end is committed before leaving."""
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                await self._drain()
        finally:
            await self._last()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting:
            batch = [self.waiting[i] for i in range(min(BATCH, len(self.waiting)))]
            try:
                await loop.run_in_executor(self.worker, self.outbox.put, batch)
            except LinkError as error:
                self._note_failure(error)
                await asyncio.sleep(RETRY_S)
                continue
            self.failing = False
            self._forget(batch)
            self.wake()

    async def _last(self) -> None:
        if not self.waiting:
            return
        loop = asyncio.get_running_loop()
        try:
            await asyncio.shield(loop.run_in_executor(self.worker, self.outbox.put, list(self.waiting)))
        except LinkError as error:
            self._note_failure(error)

    def _forget(self, batch: Sequence[Item]) -> None:
        done = {id(item) for item in batch}
        while self.waiting and id(self.waiting[0]) in done:
            self.waiting.popleft()

    def _note_failure(self, error: LinkError) -> None:
        if not self.failing:
            log.error("outbox: %s; keeping messages in memory", error)
        self.failing = True
