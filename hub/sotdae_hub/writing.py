"""From the broker into the journal, in batches; acks leave after the commit."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from sotdae_hub.core.ingest import Verdict, judge
from sotdae_hub.ports import Arrival, Journal, Receipt
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind
from sotdae_shared.topics import Address
from sotdae_shared.wire import encode_down

log = logging.getLogger(__name__)

BATCH = 500
BATCH_BYTES = 16 * 1024 * 1024
BATCH_S = 0.02
"""A batch waits this long for company: a sync to the disk costs about a millisecond."""
RETRY_S = 1.0


@dataclass(slots=True)
class Counters:
    """What came in since the start."""

    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    rejected: int = 0
    refused_batches: int = 0
    refusing: bool = False
    """Whether the disk refused the last batch."""


@dataclass(slots=True)
class Writer:
    """The only writer of the journal."""

    journal: Journal
    arrivals: asyncio.Queue[Arrival]
    send: Callable[[str, bytes], None]
    noticed: Callable[[list[tuple[Arrival, Verdict]]], None]
    """Told of every committed batch, in the loop."""
    grew: asyncio.Condition
    counters: Counters = field(default_factory=Counters)

    async def run(self) -> None:
        """Write until cancelled. A disk that refuses is retried; senders keep what has no ack."""
        while True:
            batch = await collect(self.arrivals)
            try:
                judged, receipt = await asyncio.to_thread(self._commit, batch)
            except LinkError as error:
                log.error("%d messages not kept: %s", len(batch), error)
                self.counters.refused_batches += 1
                self.counters.refusing = True
                await asyncio.sleep(RETRY_S)
                continue
            self.counters.refusing = False
            self._confirm(receipt)
            self.noticed(judged)
            async with self.grew:
                self.grew.notify_all()

    def _commit(self, batch: list[Arrival]) -> tuple[list[tuple[Arrival, Verdict]], Receipt]:
        judged = [(arrival, judge(arrival.topic, arrival.raw)) for arrival in batch]
        return judged, self.journal.append(judged)

    def _confirm(self, receipt: Receipt) -> None:
        for address, body in receipt.acks:
            self.send(Address.down(address, Kind.ACK), encode_down(body))
        self.counters.stored += receipt.stored
        self.counters.duplicates += receipt.duplicates
        self.counters.quarantined += receipt.quarantined
        self.counters.rejected += receipt.rejected


async def collect(arrivals: asyncio.Queue[Arrival]) -> list[Arrival]:
    """Wait for one message, then take what follows within BATCH_S, bounded in number and bytes."""
    batch = [await arrivals.get()]
    size = len(batch[0].raw)
    try:
        async with asyncio.timeout(BATCH_S):
            while len(batch) < BATCH and size < BATCH_BYTES:
                batch.append(await arrivals.get())
                size += len(batch[-1].raw)
    except TimeoutError:
        pass
    return batch
