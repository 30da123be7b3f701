"""Readings from an edge's outbox through a real broker into the hub's journal and stores."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import httpx

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.ports import Item, Stamp
from sotdae_provisioning.bench.figures import Figure, Result
from sotdae_provisioning.bench.machine import cpu_s
from sotdae_provisioning.broker import NatsBroker
from sotdae_provisioning.child import Child
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import ClockTrust, Kind, Reading, TelemetryBody
from sotdae_shared.topics import Address
from sotdae_shared.units import Flag, Unit

READINGS = 50
TARGET_PER_CPU_S = 100_000.0
TIMEOUT_S = 300.0
ADDRESS = Address(FacilityId("GG-41113-CC-0001"), "bench-city")
HOW = (
    "one agent's outbox on disk, its uplink, nats-server and `sotdae hub run` as separate processes; the "
    "clock stops when the hub has acknowledged every message, and journal, metrics (DuckDB), last values "
    "and records hold them on disk; processor time is the hub's own"
)


async def measure(messages: int, directory: Path) -> Result:
    """Send `messages` of 50 readings. Raises LinkError if broker or hub does not start or keep up."""
    broker = NatsBroker(directory / "nats")
    broker.start()
    try:
        await broker.wait_ready()
        async with _hub(directory, broker.port) as (hub, url):
            outbox = SqliteOutbox(directory / "outbox.db", ADDRESS, secrets.token_hex(8))
            with closing(outbox):
                _fill(outbox, messages)
                before_cpu_s, begun_s = cpu_s(hub.pid), time.monotonic()
                await _deliver(outbox, broker.port, url)
                wall_s, used_s = time.monotonic() - begun_s, cpu_s(hub.pid) - before_cpu_s
    finally:
        broker.stop()
    readings = messages * READINGS
    figures = (
        Figure(
            "readings a second of the hub's processor time",
            readings / max(used_s, 0.01),
            "/s",
            better="higher",
            target=TARGET_PER_CPU_S,
        ),
        Figure("readings a second, end to end", readings / wall_s, "/s", better="higher"),
    )
    return Result("ingest", HOW, messages, figures)


@asynccontextmanager
async def _hub(directory: Path, broker_port: int) -> AsyncIterator[tuple[Child, str]]:
    words = ["sotdae_hub", "run", "--dir", str(directory / "hub"), "--port", "0"]
    hub = Child("hub", [*words, "--broker", f"127.0.0.1:{broker_port}"], directory, ready=True)
    try:
        yield hub, (await hub.start())["url"]
    finally:
        await hub.stop()


def _fill(outbox: SqliteOutbox, messages: int) -> None:
    items = list(_items(messages))
    for first in range(0, len(items), 200):
        outbox.put(items[first : first + 200])


def _items(messages: int) -> Iterator[Item]:
    clock, rng = SystemClock(assume_synced=True), random.Random(1)  # noqa: S311 - levels, no secret
    for _ in range(messages):
        readings = tuple(
            Reading(channel=f"channel_{n}", unit=Unit.CM, value=round(rng.uniform(0, 40), 1), flag=Flag.PASS)
            for n in range(READINGS)
        )
        stamp = Stamp(clock.wall(), ClockTrust.SYNCED, int(clock.monotonic() * 1000))
        yield Item(Kind.TELEMETRY, TelemetryBody(readings=readings), stamp)


async def _deliver(outbox: SqliteOutbox, port: int, url: str) -> None:
    """Return when the hub has acknowledged everything and its stores have caught up with its journal."""
    with ThreadPoolExecutor(1) as worker:
        rng = random.SystemRandom()
        uplink = MqttUplink("127.0.0.1", port, ADDRESS, outbox, worker=worker, identity=ADDRESS.node, rng=rng)
        sending = asyncio.create_task(uplink.run(), name="uplink")
        try:
            async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(base_url=url) as client:
                await _held(outbox, worker, client)
        except TimeoutError as error:
            raise LinkError(f"the hub did not take everything within {TIMEOUT_S:g} s") from error
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending


async def _held(outbox: SqliteOutbox, worker: ThreadPoolExecutor, client: httpx.AsyncClient) -> None:
    loop = asyncio.get_running_loop()
    while True:
        stats = await loop.run_in_executor(worker, outbox.stats)
        if stats.pending == 0 and not await _behind(client):
            return
        await asyncio.sleep(0.05)


async def _behind(client: httpx.AsyncClient) -> bool:
    health = (await client.get("/api/v1/health")).json()
    return any(store["offset"] < health["journal"] for store in health["stores"])
