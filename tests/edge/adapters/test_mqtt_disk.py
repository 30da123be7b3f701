"""A disk that refuses costs the uplink neither its connection nor a row."""

import asyncio
import contextlib
import random
import resource
import sqlite3
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wire_lab import HOST, MiniHub, eventually
from wire_samples import ADDRESS, BOOT, event

from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.ports import Row
from sotdae_provisioning.broker import NatsBroker
from sotdae_shared.errors import LinkError


class Unreadable(SqliteOutbox):
    """An outbox whose disk may not answer."""

    refuses = False

    def unsent(self, limit: int, after: tuple[str, str, int] | None = None) -> list[Row]:
        if self.refuses:
            raise LinkError("outbox: disk I/O error")
        return super().unsent(limit, after)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Unreadable]:
    with contextlib.closing(Unreadable(tmp_path / "outbox.db", ADDRESS, BOOT)) as box:
        yield box


@pytest.fixture
def play(tmp_path: Path, outbox: Unreadable) -> Iterator[Callable[..., None]]:
    """Return a function that plays a scene with a broker, an uplink and a small hub."""
    broker = NatsBroker(tmp_path / "broker")
    broker.start()

    def go(scene: Callable[[MqttUplink, MiniHub], Awaitable[None]]) -> None:
        async def whole() -> None:
            await broker.wait_ready()
            with ThreadPoolExecutor(1) as worker:
                up = MqttUplink(
                    HOST, broker.port, ADDRESS, outbox, worker=worker, identity="gate-7",
                    rng=random.Random(1), resend_s=0.3,
                )  # fmt: skip
                async with MiniHub(broker.port).listening() as hub:
                    task = asyncio.create_task(up.run(), name="uplink")
                    await eventually(lambda: up.connected)
                    await scene(up, hub)
                    task.cancel()
                    await asyncio.wait([task])

        asyncio.run(whole())

    yield go
    broker.stop()


def test_acks_that_a_full_disk_cannot_take_are_taken_when_there_is_room(
    outbox: Unreadable, play: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    outbox.put([event(1), event(2)])
    outbox.refuses = True  # so that nothing goes before the disk is full

    async def scene(up: MqttUplink, _: MiniHub) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        outbox.refuses = False
        try:
            await eventually(lambda: up.counters["acks"] >= 3)
            assert up.counters["acked"] == 0
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        await eventually(lambda: up.counters["acked"] == 2)
        assert (up.counters["connects"], up.counters["failures"]) == (1, 0)

    play(scene)
    assert outbox.stats().pending == 0
    assert len([each for each in caplog.records if "outbox refuses" in each.getMessage()]) == 1


def test_rows_that_cannot_be_read_go_out_later(outbox: Unreadable, play: Callable[..., None]) -> None:
    outbox.refuses = True
    outbox.put([event(1)])

    async def scene(up: MqttUplink, _: MiniHub) -> None:
        await eventually(lambda: up.counters["disk"] >= 2)
        outbox.refuses = False
        await eventually(lambda: up.counters["acked"] == 1)
        assert (up.counters["connects"], up.counters["failures"]) == (1, 0)

    play(scene)


def test_rows_that_rot_while_they_wait_are_told_by_a_new_first_word(
    tmp_path: Path, outbox: Unreadable, play: Callable[..., None]
) -> None:
    outbox.refuses = True  # so that nothing goes before the disk has rotted
    outbox.put([event(1)])
    with contextlib.closing(sqlite3.connect(tmp_path / "outbox.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "outbox.db").write_bytes(b"\x99" * (tmp_path / "outbox.db").stat().st_size)
    before = outbox.storage

    async def scene(up: MqttUplink, hub: MiniHub) -> None:
        await eventually(lambda: bool(hub.states))
        outbox.refuses = False
        await eventually(lambda: hub.states[-1].storage not in ("", before) and up.connected)
        outbox.put([event(2)])
        up.wake()
        await eventually(lambda: up.counters["acked"] == 1)

    play(scene)
    assert outbox.stats().pending == 0


def test_papers_on_a_disk_that_hangs_hold_up_nobody_but_the_uplink(outbox: Unreadable) -> None:
    asked, go, went_on = threading.Event(), threading.Event(), []

    def hanging() -> ssl.SSLContext:
        asked.set()
        went_on.append(go.wait(10.0))
        raise LinkError("tls.trust root.pem: disk I/O error")

    async def story(worker: ThreadPoolExecutor) -> None:
        up = MqttUplink(
            HOST, 1, ADDRESS, outbox, worker=worker, identity="gate-7", rng=random.Random(1), tls=hanging
        )
        task = asyncio.create_task(up.run())
        await eventually(asked.is_set)
        go.set()
        await eventually(lambda: up.counters["failures"] == 1)
        task.cancel()
        await asyncio.wait([task])

    with ThreadPoolExecutor(1) as worker:
        asyncio.run(story(worker))
    assert went_on[0], "nobody else came to turn while the papers were read"
