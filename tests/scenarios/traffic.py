"""A busy edge without a gate: its outbox and uplink are the real ones, its news is made up."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scenarios.province import ADDRESS, until

from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.ports import Item, Stamp
from sotdae_shared.messages import ClockTrust, DecisionBody, EventBody, Kind, Reading, TelemetryBody
from sotdae_shared.units import Flag, Unit

EVERY_S = 0.02
STATES = ("open", "pre_warn", "clearing", "lowering", "closed")


def news(number: int) -> list[Item]:
    """Return what is said at one moment: telemetry always, an event or decision now and then."""
    stamp = Stamp(datetime.now(UTC), ClockTrust.SYNCED, number)
    reading = Reading(channel="radar", unit=Unit.CM, value=number % 40, flag=Flag.PASS)
    items = [Item(Kind.TELEMETRY, TelemetryBody(readings=(reading,)), stamp)]
    if number % 5 == 0:
        event = EventBody(code="mains.lost", priority=2, active=number % 2 == 0, text="")
        items.append(Item(Kind.EVENT, event, stamp))
    if number % 7 == 0:
        state, previous = STATES[number % 5], STATES[(number - 1) % 5]
        body = DecisionBody(decision="step", state=state, previous=previous, because=("traffic",))
        items.append(Item(Kind.DECISION, body, stamp))
    return items


@dataclass(slots=True)
class Edge:
    """Outbox and uplink of one node, with the one thread that both share."""

    outbox: SqliteOutbox
    uplink: MqttUplink
    worker: ThreadPoolExecutor
    said: int = 0

    async def chatter(self) -> None:
        """Commit and send without pause until cancelled."""
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            number += 1
            items = news(number)
            # Shielded: what was handed to the disk is counted even if the test ends just then.
            await asyncio.shield(loop.run_in_executor(self.worker, self._commit, items))
            self.uplink.wake()
            await asyncio.sleep(EVERY_S)

    def _commit(self, items: list[Item]) -> None:
        self.outbox.put(items)
        self.said += len(items)

    async def delivered(self, timeout_s: float = 60.0) -> None:
        """Wait until the hub has acked everything."""
        loop = asyncio.get_running_loop()

        async def empty() -> bool:
            stats = await loop.run_in_executor(self.worker, self.outbox.stats)
            return stats.pending == 0

        await until(empty, "the outbox is empty", timeout_s)


@contextlib.asynccontextmanager
async def connected(path: Path, port: int, boot: str, rng: random.Random) -> AsyncIterator[Edge]:
    """Run an edge against a broker's port."""
    worker = ThreadPoolExecutor(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    outbox = SqliteOutbox(path, ADDRESS, boot, ledger=True)
    uplink = MqttUplink(
        "127.0.0.1", port, ADDRESS, outbox, worker=worker, identity=ADDRESS.node, rng=rng, resend_s=1.0,
        backlog_rate_per_s=2_000.0,
    )  # fmt: skip
    running = asyncio.create_task(uplink.run(), name="uplink")
    try:
        yield Edge(outbox, uplink, worker)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        worker.shutdown()
        outbox.close()
