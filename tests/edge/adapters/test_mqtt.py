"""The uplink against peers that are not brokers; what it promises on brokers is in tests/contracts."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wire_lab import HOST, eventually
from wire_samples import ADDRESS, BOOT, event

from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import SqliteOutbox

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqliteOutbox]:
    with contextlib.closing(SqliteOutbox(tmp_path / "outbox.db", ADDRESS, BOOT)) as box:
        box.put([event(1)])
        yield box


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as worker:
        yield worker


def uplink(port: int, outbox: SqliteOutbox, worker: ThreadPoolExecutor) -> MqttUplink:
    return MqttUplink(HOST, port, ADDRESS, outbox, worker=worker, identity="gate-7", rng=random.Random(1))


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [other for other in left if other.get_name().startswith("uplink")]


async def beside(handler: Handler, scene: Callable[[int], Awaitable[None]]) -> None:
    """Play a scene beside a TCP server that answers as `handler` does."""
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handler(reader, writer)

    async with await asyncio.start_server(answer, HOST, 0) as server:
        await scene(server.sockets[0].getsockname()[1])
        for writer in writers:
            writer.transport.abort()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take everything and say nothing, as a broker that hangs."""
    with contextlib.suppress(OSError):
        while await reader.read(4096):
            pass


async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with what is not MQTT."""
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\xff" * 500)
    writer.close()


def test_without_a_broker_it_keeps_trying_and_can_be_stopped(
    outbox: SqliteOutbox, worker: ThreadPoolExecutor, unused_port: int
) -> None:
    async def scene() -> None:
        up = uplink(unused_port, outbox, worker)
        task = asyncio.create_task(up.run(), name="uplink")
        await eventually(lambda: up.counters["failures"] >= 3)
        assert not up.connected
        await stop(task)

    asyncio.run(scene())
    assert outbox.stats().pending == 1


def test_a_hanging_broker_neither_blocks_stopping_nor_leaks_a_socket(
    outbox: SqliteOutbox, worker: ThreadPoolExecutor
) -> None:
    async def scene(port: int) -> None:
        up = uplink(port, outbox, worker)
        task = asyncio.create_task(up.run(), name="uplink")
        await asyncio.sleep(0)
        await stop(task)
        task = asyncio.create_task(up.run(), name="uplink")
        await eventually(lambda: up.counters["failures"] >= 1)
        assert up.session == 0
        await stop(task)

    asyncio.run(beside(silent, scene))


def test_a_peer_that_speaks_no_mqtt_is_a_failure_like_any_other(
    outbox: SqliteOutbox, worker: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(port: int) -> None:
        up = uplink(port, outbox, worker)
        task = asyncio.create_task(up.run(), name="uplink")
        await eventually(lambda: up.counters["failures"] >= 2)
        await stop(task)

    asyncio.run(beside(rude, scene))
    assert len([r for r in caplog.records if r.name == "sotdae_edge.adapters.mqtt"]) == 1


@pytest.fixture
def unused_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield int(held.getsockname()[1])
