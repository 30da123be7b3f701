"""The recorder commits in order, keeps what a failing disk refuses, and sheds telemetry before safety."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.app import recorder as module
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.ports import Item
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import ClockTrust, EventBody, Header, Kind, ReportBody
from sotdae_shared.topics import Address
from sotdae_shared.wire import decode


class Disk:
    """An outbox whose disk may refuse."""

    storage = "0123456789abcdef"

    def __init__(self) -> None:
        self.refuses = False
        self.kept: list[Item] = []

    def put(self, items: Sequence[Item]) -> list[None]:
        if self.refuses:
            raise LinkError("disk full")
        self.kept += items
        return []


class Clock:
    def wall(self) -> datetime:
        return datetime(2026, 7, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 1.0

    def trust(self) -> ClockTrust:
        return ClockTrust.SYNCED


def event(n: int) -> EventBody:
    return EventBody(code=f"e{n}", priority=4, active=True)


async def story(disk: Disk) -> Recorder:
    woken = []
    with ThreadPoolExecutor(1) as worker:
        recorder = Recorder(disk, Clock(), worker, lambda: woken.append(1))  # type: ignore[arg-type]
        task = asyncio.create_task(recorder.run())
        recorder.say(Kind.EVENT, event(1))
        while not disk.kept:
            await asyncio.sleep(0.01)
        disk.refuses = True
        recorder.say(Kind.EVENT, event(2))
        while not recorder.failing:
            await asyncio.sleep(0.01)
        recorder.say(Kind.EVENT, event(3))
        disk.refuses = False
        recorder.say(Kind.EVENT, event(4))
        task.cancel()
        await asyncio.wait([task])
    assert woken
    return recorder


def test_nothing_is_lost_or_reordered_by_a_disk_that_refuses_for_a_while() -> None:
    disk = Disk()
    recorder = asyncio.run(story(disk))
    assert [item.body.code for item in disk.kept] == ["e1", "e2", "e3", "e4"]  # type: ignore[attr-defined]
    assert recorder.lost == 0


def test_memory_is_bounded_and_safety_outlives_telemetry(monkeypatch) -> None:
    monkeypatch.setattr(module, "KEPT_IN_RAM", 3)

    async def fill() -> Recorder:
        with ThreadPoolExecutor(1) as worker:
            recorder = Recorder(Disk(), Clock(), worker, lambda: None)  # type: ignore[arg-type]
            recorder.say(Kind.EVENT, event(1))
            recorder.say(Kind.HEALTH, ReportBody(report="stands for health"))
            recorder.say(Kind.EVENT, event(2))
            recorder.say(Kind.EVENT, event(3))
            return recorder

    recorder = asyncio.run(fill())
    assert [item.kind for item in recorder.waiting] == [Kind.EVENT] * 3
    assert recorder.lost == 1


class Slow:
    """The real outbox on a disk that holds every commit until told."""

    storage = "0123456789abcdef"

    def __init__(self, outbox: SqliteOutbox) -> None:
        self.outbox = outbox
        self.began = threading.Event()
        self.go = threading.Event()

    def put(self, items: Sequence[Item]) -> list[Header]:
        self.began.set()
        self.go.wait(10)
        return self.outbox.put(items)


def outbox_at(path: Path) -> SqliteOutbox:
    return SqliteOutbox(path, Address(FacilityId("GG-41113-UP-0007"), "gate-1"), "0" * 16)


def stored_codes(outbox: SqliteOutbox) -> list[str]:
    return [decode(row.raw).body.code for row in outbox.unsent(1_000)]


def test_a_stop_during_a_commit_stores_each_message_once(tmp_path: Path) -> None:
    outbox = outbox_at(tmp_path / "outbox.sqlite3")
    slow = Slow(outbox)

    async def stop_meanwhile() -> None:
        with ThreadPoolExecutor(1) as worker:
            recorder = Recorder(slow, Clock(), worker, lambda: None)  # type: ignore[arg-type]
            task = asyncio.create_task(recorder.run())
            recorder.say(Kind.EVENT, event(1))
            await asyncio.to_thread(slow.began.wait, 10)
            recorder.say(Kind.EVENT, event(2))
            task.cancel()
            await asyncio.sleep(0)
            slow.go.set()
            await asyncio.wait([task])

    asyncio.run(stop_meanwhile())
    assert stored_codes(outbox) == ["e1", "e2"]
    outbox.close()


def test_a_stop_does_not_wait_for_ever_for_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAST_S", 0.05)
    outbox = outbox_at(tmp_path / "outbox.sqlite3")
    slow = Slow(outbox)

    async def stop_meanwhile() -> bool:
        with ThreadPoolExecutor(1) as worker:
            recorder = Recorder(slow, Clock(), worker, lambda: None)  # type: ignore[arg-type]
            task = asyncio.create_task(recorder.run())
            recorder.say(Kind.EVENT, event(1))
            await asyncio.to_thread(slow.began.wait, 10)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=5)
            slow.go.set()
            return bool(done)

    assert asyncio.run(stop_meanwhile())
    outbox.close()


def test_a_message_that_cannot_be_sent_is_dropped_alone(tmp_path: Path) -> None:
    outbox = outbox_at(tmp_path / "outbox.sqlite3")

    async def say_too_much() -> Recorder:
        with ThreadPoolExecutor(1) as worker:
            recorder = Recorder(outbox, Clock(), worker, lambda: None)  # type: ignore[arg-type]
            recorder.say(Kind.EVENT, event(1))
            recorder.say(
                Kind.EVENT, EventBody(code="big", priority=4, active=True, data={"x": "y" * 600_000})
            )
            recorder.say(Kind.EVENT, event(3))
            task = asyncio.create_task(recorder.run())
            while recorder.waiting:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])
            return recorder

    recorder = asyncio.run(asyncio.wait_for(say_too_much(), 20))
    assert stored_codes(outbox) == ["e1", "e3"]
    assert recorder.lost == 1
    outbox.close()


def test_an_outbox_that_is_set_aside_meanwhile_is_told_of_once(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    outbox = outbox_at(path)

    async def count() -> None:
        with ThreadPoolExecutor(1) as worker:
            recorder = Recorder(outbox, Clock(), worker, lambda: None)  # type: ignore[arg-type]
            recorder.say(Kind.EVENT, event(1))
            await recorder.finish()
            await recorder.stats()
            with closing(sqlite3.connect(path)) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            path.write_bytes(b"\x99" * path.stat().st_size)
            recorder.say(Kind.EVENT, event(2))
            await recorder.finish()
            for _ in range(3):
                await recorder.stats()
            await recorder.finish()

    asyncio.run(count())
    assert stored_codes(outbox) == ["e2", "outbox.corrupt"]
    outbox.close()
