"""The runner's side of the record: never blocks, never holds more than a few minutes in memory."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from sotdae_edge.core.effects import Alarm, Decided, Effect, Save
from sotdae_edge.core.events import Event
from sotdae_edge.core.gate import Gate
from sotdae_edge.ports import Clock
from sotdae_edge.record.coding import Entry
from sotdae_edge.record.files import Opening, RecordFiles
from sotdae_edge.record.snapshot import site_sha256, snapshot
from sotdae_shared.errors import LinkError

log = logging.getLogger(__name__)

KEPT_IN_RAM = 3_000
"""Entries that wait in memory while the disk refuses: about five minutes of scans."""
SEGMENT_ENTRIES = 36_000
"""About an hour of scans."""
FLUSH_S = 1.0
RETRY_S = 1.0


@dataclass(slots=True)
class Journal:
    """Takes every call of one gate, in order, and has it written by a worker thread."""

    files: RecordFiles
    worker: Executor
    clock: Clock
    tell: Callable[[Alarm], None]
    memento: dict[str, Any] | None = None
    """What the gate was started with."""
    lost: int = 0
    """Entries that found neither disk nor room in memory; a new segment says how many."""
    failing: bool = False
    _queue: deque[Opening | Entry] = field(default_factory=deque)
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)
    _urgent: asyncio.Event = field(default_factory=asyncio.Event)
    _written: int = 0
    _hole: int = 0

    def begin(self, gate: Gate) -> None:
        """Begin with a gate just started."""
        self._open(gate, {"memento": self.memento})

    def note(
        self, event: Event | None, at: float, effects: Sequence[Effect], gate: Gate
    ) -> asyncio.Future[None] | None:
        """Take one call of the gate. Return what ends when it is durable if acting must wait for that."""
        if self._hole or len(self._queue) >= KEPT_IN_RAM:
            self._miss(gate)
            return None
        self._queue.append(Entry(at, event, effects))
        self._written += 1
        if self._written >= SEGMENT_ENTRIES:
            self._open(gate, {})
        if any(isinstance(effect, Save | Decided) for effect in effects):
            self._urgent.set()
        if not any(isinstance(effect, Save) for effect in effects):
            return None
        durable = asyncio.get_running_loop().create_future()
        self._waiting.append(durable)
        return durable

    def late(self) -> None:
        """Say that a decision was acted upon before it was on record."""
        self._note_failing("slower than 200 ms; acting anyway")

    async def run(self) -> None:
        """Write until cancelled; what waits at the end is written before leaving."""
        try:
            while True:
                durable = await self._due()
                if not await self._put(durable):
                    await asyncio.sleep(RETRY_S)
        finally:
            await self._last()

    async def _due(self) -> bool:
        try:
            async with asyncio.timeout(FLUSH_S):
                await self._urgent.wait()
        except TimeoutError:
            pass
        return self._urgent.is_set()

    async def _put(self, durable: bool) -> bool:
        loop = asyncio.get_running_loop()
        self._urgent.clear()
        waiting, self._waiting = self._waiting, []
        try:
            await loop.run_in_executor(self.worker, self.files.put, self._queue, durable)
        except LinkError as error:
            self._waiting = waiting + self._waiting
            if durable:
                self._urgent.set()
            self._note_failing(str(error))
            return False
        for each in waiting:
            if not each.done():
                each.set_result(None)
        self._note_working()
        while self.files.unread:
            text = f"{self.files.unread.pop()} of the record cannot be read: what it told is missing"
            self.tell(Alarm("record.unread", 2, True, text))
        return True

    async def _last(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.shield(loop.run_in_executor(self.worker, self._finish))
        except LinkError as error:
            log.error("record: %s", error)

    def _finish(self) -> None:
        self.files.put(self._queue, durable=True)
        self.files.close()

    def _miss(self, gate: Gate) -> None:
        self._hole += 1
        self.lost += 1
        if len(self._queue) < KEPT_IN_RAM // 2:
            # The story goes on from the gate as it is after what was lost.
            self._open(gate, {"lost": self._hole})
            self._hole = 0

    def _open(self, gate: Gate, more: dict[str, Any]) -> None:
        self._written = 0
        header = {
            "wall": self.clock.wall().isoformat(),
            "clock": self.clock.trust().value,
            "site_sha256": site_sha256(gate.site),
            **more,
            "gate": snapshot(gate),
        }
        self._queue.append(Opening(header))

    def _note_failing(self, problem: str) -> None:
        if not self.failing:
            log.error("record: %s", problem)
            self.tell(Alarm("record.failing", 2, True, problem[:300]))
        self.failing = True

    def _note_working(self) -> None:
        if self.failing:
            log.warning("record: written again")
            self.tell(Alarm("record.failing", 2, False, "the record is written again"))
        self.failing = False
