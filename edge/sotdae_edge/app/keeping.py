"""Making an agent's memento durable without ever waiting long for a disk."""

import asyncio
import logging
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import rfc8785

from sotdae_edge.app.stopping import unless_stopped
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

    async def save(self, memento: dict[str, Any], seconds: float = PERSIST_S) -> None:
        """Save for so long; what no disk has taken by then is tried again by `retry`."""
        loop = asyncio.get_running_loop()
        saving = loop.run_in_executor(self.saver, self.store.save, rfc8785.dumps(memento))
        self.unsaved = memento
        try:
            await unless_stopped(asyncio.wait_for(asyncio.shield(saving), seconds))
        except TimeoutError:
            saving.add_done_callback(_swallow)
            self._note(f"slower than {seconds * 1000:.0f} ms; acting anyway")
        except LinkError as error:
            self._note(str(error))
        else:
            if self.unsaved is memento:
                self.unsaved, self.problem = None, ""

    async def retry(self) -> None:
        """Try again with what no disk has taken; call about every second."""
        if self.unsaved is not None and self.problem:
            await self.save(self.unsaved, RETRY_S)

    def conditions(self) -> list[Condition]:
        """Return the alarm condition of a state that is not saved."""
        return [Condition("state.unsaved", 2, True, self.problem)] if self.problem else []

    def _note(self, problem: str) -> None:
        if not self.problem:
            log.error("state: %s", problem)
        self.problem = problem


def _swallow(saving: asyncio.Future[None]) -> None:
    """Take the result of a save that came too late, so that its error is not reported as unhandled."""
    if not saving.cancelled():
        saving.exception()
