"""Live updates to everyone who watches; somebody slow is told to ask afresh."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import BaseModel

Name = Literal["state", "decision", "event", "incident", "health", "resync"]
QUEUE = 256
"""Updates that wait for one watcher."""


class Update(NamedTuple):
    """One live update; `resync` carries nothing."""

    name: Name
    json: str


@dataclass(slots=True)
class Fanout:
    """Publishes in the loop; never waits for a watcher."""

    _queues: set[asyncio.Queue[Update | None]] = field(default_factory=set)
    _closed: bool = False

    @property
    def watched(self) -> bool:
        """Whether anybody watches."""
        return bool(self._queues)

    def publish(self, name: Name, model: BaseModel) -> None:
        """Tell everyone."""
        if self._queues:
            update = Update(name, model.model_dump_json())
            for queue in self._queues:
                _offer(queue, update)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        for queue in self._queues:
            _empty(queue)
            queue.put_nowait(None)

    async def watch(self, beat_s: float) -> AsyncIterator[Update | None]:
        """Yield updates as they come, and None after `beat_s` seconds of quiet."""
        queue: asyncio.Queue[Update | None] = asyncio.Queue(QUEUE)
        self._queues.add(queue)
        try:
            while not self._closed:
                try:
                    async with asyncio.timeout(beat_s):
                        update = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if update is None:
                    return
                yield update
        finally:
            self._queues.discard(queue)


def _offer(queue: asyncio.Queue[Update | None], update: Update) -> None:
    if queue.full():
        _empty(queue)
        queue.put_nowait(Update("resync", "null"))
    queue.put_nowait(update)


def _empty(queue: asyncio.Queue[Update | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
