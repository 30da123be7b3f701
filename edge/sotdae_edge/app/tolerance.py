"""Helpers of an agent may fail; protection goes on. A failed helper is alarmed and started again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sotdae_edge.core.alarms import Condition
from sotdae_shared.errors import SotdaeError

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_S = 30.0
"""A helper that has run this long again is taken to be well."""


class Helpers:
    """Runs the tasks that protection does not depend on, and knows which of them are failing."""

    def __init__(self) -> None:
        """Start with none failing."""
        self._failing: dict[str, str] = {}

    def conditions(self) -> list[Condition]:
        """Return an alarm condition for each helper that fails."""
        return [
            Condition(f"agent.{name}", 2, True, f"{name} failed and is started again: {text}")
            for name, text in self._failing.items()
        ]

    async def keep(self, name: str, make: Callable[[], Awaitable[None]]) -> None:
        """Run a helper until it ends by itself or is cancelled; start it again whenever it fails."""
        pause_s = FIRST_PAUSE_S
        while True:
            task = asyncio.ensure_future(make())
            try:
                done, _ = await asyncio.wait([task], timeout=STEADY_S)
                if not done:
                    self._failing.pop(name, None)
                    pause_s = FIRST_PAUSE_S
                    await asyncio.wait([task])
            except asyncio.CancelledError:
                task.cancel()
                await asyncio.wait([task])
                raise
            # Nobody told it to stop: what it waited for was cancelled, and it would be gone without a word.
            error = asyncio.CancelledError("without a stop") if task.cancelled() else task.exception()
            if error is None:
                self._failing.pop(name, None)
                return
            self._fail(name, error)
            await asyncio.sleep(pause_s)
            pause_s = min(2.0 * pause_s, LONGEST_PAUSE_S)

    def _fail(self, name: str, error: BaseException) -> None:
        # A disk or a line that refuses says why; anything else is a bug, and its place is wanted.
        known = isinstance(error, OSError | SotdaeError)
        log.error("%s failed: %s", name, error, exc_info=None if known else error)
        self._failing[name] = f"{type(error).__name__}: {error}"[:200]
