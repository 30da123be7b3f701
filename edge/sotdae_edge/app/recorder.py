"""Commits what the agent says, in order, without ever making protection wait for a disk."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice

from pydantic import BaseModel

from sotdae_edge.ports import Clock, Item, Outbox, OutboxStats, Stamp
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import EventBody, Header, Kind

log = logging.getLogger(__name__)

KEPT_IN_RAM = 2_000
"""Messages that wait in memory while the disk refuses; the oldest telemetry goes first."""
RETRY_S = 1.0
BATCH = 200
SET_ASIDE = "the outbox was corrupt and set aside: its tail is unknown"
COUNT_S = 5.0
"""A disk that does not count within this time hangs: who reports must not hang with it."""
LAST_S = 5.0
"""A stop waits this long for the disk."""


@dataclass(slots=True)
class Recorder:
    """The only writer of the outbox."""

    outbox: Outbox
    clock: Clock
    worker: Executor
    wake: Callable[[], None]
    waiting: deque[Item] = field(default_factory=deque)
    lost: int = 0
    """Messages that found neither disk nor room in memory, or that no disk could ever take."""
    failing: bool = False
    _flight: tuple[asyncio.Future[list[Header]], list[Item]] | None = None
    """The commit under way: it may outlive a cancelled wait, and must not be made twice."""
    _singly: int = 0
    """So many are committed one at a time, to find the one that cannot be."""
    _some: asyncio.Event = field(default_factory=asyncio.Event)
    _storage: str = ""
    """The outbox's incarnation when it was last counted, or first taken."""

    def __post_init__(self) -> None:
        """Note which outbox it is: a page may rot before the first count."""
        self._storage = self.outbox.storage

    def say(self, kind: Kind, body: BaseModel) -> None:
        """Stamp a message and queue it for the disk. Never blocks."""
        stamp = Stamp(self.clock.wall(), self.clock.trust(), int(self.clock.monotonic() * 1000))
        self.waiting.append(Item(kind, body, stamp))
        if len(self.waiting) > KEPT_IN_RAM:
            self._shed()
        self._some.set()

    async def stats(self) -> OutboxStats:
        """Count what waits and what was lost. LinkError if the disk does not answer; see `in_memory`.

        Call it often: it tells of an outbox that was set aside meanwhile.
        """
        try:
            async with asyncio.timeout(COUNT_S):
                found = await asyncio.get_running_loop().run_in_executor(self.worker, self.outbox.stats)
        except TimeoutError as error:
            raise LinkError(f"outbox: no answer in {COUNT_S:g} s") from error
        before, self._storage = self._storage, self.outbox.storage
        if before != self._storage:
            log.error("outbox: %s", SET_ASIDE)
            self.say(Kind.EVENT, EventBody(code="outbox.corrupt", priority=2, active=True, text=SET_ASIDE))
        return found

    def in_memory(self) -> OutboxStats:
        """Count what waits in memory: all that can be counted while the disk does not answer."""
        return OutboxStats(len(self.waiting), 0, 0, None)

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
            await self.finish()

    async def _drain(self) -> None:
        while self.waiting:
            try:
                await self._commit()
            except LinkError as error:
                self._note_failure(error)
                await asyncio.sleep(RETRY_S)

    async def _commit(self) -> None:
        if self._flight is None:
            size = 1 if self._singly else BATCH
            batch = list(islice(self.waiting, size))
            loop = asyncio.get_running_loop()
            self._flight = (loop.run_in_executor(self.worker, self.outbox.put, batch), batch)
        future, batch = self._flight
        await asyncio.wait([future])
        self._flight = None
        try:
            future.result()
        except WireError as error:
            self._refuse(batch, error)
            return
        self.failing = False
        self._singly = max(0, self._singly - 1)
        self._forget(batch)
        self.wake()

    async def finish(self) -> None:
        """Commit what waits, within LAST_S; a stop calls it when nothing more can come."""
        try:
            async with asyncio.timeout(LAST_S):
                while self.waiting:
                    await self._commit()
        except TimeoutError:
            log.error("outbox: no answer in %g s; %d messages may be lost", LAST_S, len(self.waiting))
        except LinkError as error:
            self._note_failure(error)

    def _refuse(self, batch: list[Item], error: WireError) -> None:
        if len(batch) > 1:
            self._singly = len(batch)
            return
        log.error("outbox: a %s that cannot be sent is dropped: %s", batch[0].kind, error)
        self.lost += 1
        self._singly = max(0, self._singly - 1)
        self._forget(batch)

    def _forget(self, batch: Sequence[Item]) -> None:
        done = {id(item) for item in batch}
        while self.waiting and id(self.waiting[0]) in done:
            self.waiting.popleft()

    def _note_failure(self, error: LinkError) -> None:
        if not self.failing:
            log.error("outbox: %s; keeping messages in memory", error)
        self.failing = True
