"""A store follows the journal: read, write with the offset, tell what changed."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sotdae_hub.ports import Entry, Journal, Projection
from sotdae_shared.errors import LinkError

log = logging.getLogger(__name__)

PAGE = 250
"""Entries read at once; a picture is up to half a megabyte."""
GATHER_S = 0.1
"""A store that has caught up waits this long for more: a commit costs as much for one entry as for many."""
RETRY_S = 1.0


@dataclass(slots=True)
class Follower:
    """The only writer of one store."""

    store: Projection
    journal: Journal
    grew: asyncio.Condition
    written: Callable[[Projection, Sequence[Entry]], None]
    """Told of every committed page, in the loop."""
    lose: Callable[[Entry], bool] | None = None
    """Fault injection: entries that never reach the store although they were acked."""

    async def run(self) -> None:
        """Follow until cancelled. A store that refuses is asked again: the journal keeps its place.

        An entry that a store cannot take is parked; it never stops the others.
        """
        while True:
            try:
                entries = await asyncio.to_thread(self._step)
            except LinkError as error:
                log.error("%s stays at offset %d: %s", self.store.name, self.store.offset, error)
                await asyncio.sleep(RETRY_S)
                continue
            if entries:
                self.written(self.store, entries)
            if len(entries) < PAGE:
                await asyncio.sleep(GATHER_S)
            async with self.grew:
                await self.grew.wait_for(lambda: self.journal.head > self.store.offset)

    def _step(self) -> list[Entry]:
        entries, upto = self.journal.read(self.store.offset, PAGE, self.store.kinds)
        if self.lose is not None:
            entries = [entry for entry in entries if not self.lose(entry)]
        if upto <= self.store.offset:
            return entries
        try:
            self.store.project(entries, upto)
        except LinkError:
            raise
        except Exception as error:
            log.error("%s cannot take one of %d entries", self.store.name, len(entries), exc_info=error)
            return self._singly(entries, upto)
        return entries

    def _singly(self, entries: Sequence[Entry], upto: int) -> list[Entry]:
        """Write what can be written; what cannot is parked before the store goes past it."""
        taken = []
        for entry in entries:
            try:
                self.store.project([entry], entry.offset)
                taken.append(entry)
            except LinkError:
                raise
            except Exception as error:
                log.error("%s: entry %d is parked", self.store.name, entry.offset, exc_info=error)
                self.journal.park(entry.offset, self.store.name, repr(error))
        self.store.project([], upto)
        return taken
