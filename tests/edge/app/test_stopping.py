"""An agent that is told to stop stops, even when a device's answer comes at that very moment."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.config import FacilityConfig, GateConfig, StorageConfig
from sotdae_edge.core.gate import Gate
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.samples import Sample
from sotdae_shared.topics import Address

FACILITY = "GG-41113-UP-0007"
BOOT = "0123456789abcdef"


class Coincidence:
    """A device that waits as pymodbus does; the test has it answer in the moment of a cancellation."""

    def __init__(self, answer: Mapping[str, Sample] | LinkError) -> None:
        self.answer = answer
        self.asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reads = 0

    async def read(self) -> Mapping[str, Sample]:
        self.reads += 1
        if self.reads > 1:
            return {}
        await asyncio.wait_for(self.asked, 60.0)  # Python 3.11's may answer instead of being cancelled
        if isinstance(self.answer, LinkError):
            raise self.answer
        return self.answer

    async def write(self, values: Mapping[str, float]) -> None:
        del values


async def stop_while_answering(directory: Path, answer: Mapping[str, Sample] | LinkError) -> Coincidence:
    place = FacilityConfig(id=FACILITY, node="gate-1", name="Test", lat=37.2, lon=127.0)
    config = GateConfig(facility=place, storage=StorageConfig(dir=directory))
    clock, device = SystemClock(assume_synced=True), Coincidence(answer)
    outbox = SqliteOutbox(directory / "outbox.db", Address(FacilityId(FACILITY), "gate-1"), BOOT)
    with closing(outbox), ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(1) as saver:
        recorder = Recorder(outbox, clock, worker, lambda: None)
        gate = Gate.start(config.site, BOOT, clock.monotonic())
        app = GateApp(gate, config, device, recorder, FileState(directory / "state"), clock, saver)
        task = asyncio.create_task(app.run())
        while not device.reads:
            await asyncio.sleep(0)
        device.asked.set_result(None)
        task.cancel()
        _, pending = await asyncio.wait([task], timeout=5.0)
        if pending:  # the group does not pass a second cancellation on: end what it holds one by one
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for each in left:
                each.cancel()
            await asyncio.wait(left)
        assert not pending, "the gate went on after it was told to stop"
    return device


@pytest.mark.parametrize("answer", [{}, LinkError("no answer")], ids=["answers", "fails"])
def test_a_gate_stops_though_its_device_answers_at_that_moment(
    tmp_path: Path, answer: Mapping[str, Sample] | LinkError
) -> None:
    device = asyncio.run(stop_while_answering(tmp_path, answer))
    assert device.reads == 1
