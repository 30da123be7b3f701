"""The recorder commits in order, keeps what a failing disk refuses, and sheds telemetry before safety."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sotdae_edge.app import recorder as module
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.ports import Item
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import ClockTrust, EventBody, Kind, ReportBody


class Disk:
    """An outbox whose disk may refuse."""

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
