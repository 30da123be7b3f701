"""Making an agent's memento durable without ever waiting long for a disk."""

import asyncio
import logging
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import rfc8785

from sotdae_edge.core.alarms import Condition
from sotdae_edge.ports import StateStore
from sotdae_shared.errors import LinkError

log = logging.getLogger(__name__)

PERSIST_S = 0.2
"""Persist for at most this long, then act anyway (DESIGN 3.6)."""
RETRY_S = 1.0


@dataclass(slots=True)
class Keeper:
    """Saves mementos; what no disk has taken is kept, alarmed and tried again."""

    store: StateStore
    saver: Executor
    """The thread of the state store."""
    unsaved: dict[str, Any] | None = None
    """The memento that no disk has taken yet."""
    problem: str = ""
    _untold: str = ""
    """A problem that nobody has been told of; it may be over."""
    _flight: asyncio.Future[None] | None = None
    """The save under way: it may outlive a wait that was given up."""

    async def save(self, memento: dict[str, Any], seconds: float = PERSIST_S) -> None:
        """Save for so long; what no disk has taken by then is tried again by `retry`."""
        self.unsaved = memento
        try:
            async with asyncio.timeout(seconds):
                await self._write(memento)
        except TimeoutError:
            self._note(f"slower than {seconds * 1000:.0f} ms; acting anyway")
        except LinkError as error:
            self._note(str(error))
        else:
            if self.unsaved is memento:
                self.unsaved, self.problem = None, ""

    async def _write(self, memento: dict[str, Any]) -> None:
        """Write one at a time: a disk that hangs must not gather a queue of what is old by then."""
        if self._flight is not None:
            await asyncio.wait([self._flight])
        loop = asyncio.get_running_loop()
        self._flight = loop.run_in_executor(self.saver, self.store.save, rfc8785.dumps(memento))
        self._flight.add_done_callback(_swallow)
        await asyncio.shield(self._flight)

    async def retry(self) -> None:
        """Try again with what no disk has taken; call about every second."""
        if self.unsaved is not None and self.problem:
            await self.save(self.unsaved, RETRY_S)

    def conditions(self) -> list[Condition]:
        """Return the alarm condition of a state that is not saved, or was not since the last call."""
        text, self._untold = self.problem or self._untold, ""
        return [Condition("state.unsaved", 2, True, text)] if text else []

    def _note(self, problem: str) -> None:
        if not self.problem:
            log.error("state: %s", problem)
        self.problem = self._untold = problem


def _swallow(saving: asyncio.Future[None]) -> None:
    """Take the result of a save that came too late, so that its error is not reported as unhandled."""
    if not saving.cancelled():
        saving.exception()
