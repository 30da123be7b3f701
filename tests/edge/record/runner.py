"""A real runner at a real site with its record, on a disk that can be told to refuse or to hang."""

import threading
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from running_gate import BOOT, CLOCK, running_gate, until
from simulated_site import Site

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.app.words import said
from sotdae_edge.config import FacilityConfig, GateConfig, StorageConfig
from sotdae_edge.core.barrier import State
from sotdae_edge.record.coding import Entry
from sotdae_edge.record.files import Opening, RecordFiles, files_of
from sotdae_edge.record.journal import Journal
from sotdae_edge.record.verify import Segment, check_all
from sotdae_shared.errors import LinkError

__all__ = ["BOOT", "CLOCK", "FACILITY", "files", "protected", "recorded", "running", "until"]

FACILITY = "GG-41113-UP-0007"


class Refusing(RecordFiles):
    """A disk that refuses, or does not answer, while it is told to."""

    error: LinkError | None = None
    hangs: threading.Event | None = None

    def put(self, items: deque[Opening | Entry], durable: bool) -> None:
        if self.hangs is not None:
            self.hangs.wait(60.0)
        if self.error is not None:
            raise self.error
        super().put(items, durable)


def files(tmp_path: Path) -> Refusing:
    return Refusing(tmp_path / "record", tmp_path / "device.key", 1 << 30)


@asynccontextmanager
async def running(
    tmp_path: Path, site: Site, record: RecordFiles, clock: SystemClock = CLOCK
) -> AsyncIterator[GateApp]:
    place = FacilityConfig(id=FACILITY, node="gate-1", name="Test", lat=37.2, lon=127.0)
    config = GateConfig(facility=place, storage=StorageConfig(dir=tmp_path))
    with ThreadPoolExecutor(1) as writer:

        def journal(recorder: Recorder) -> dict[str, Any]:
            return {"journal": Journal(record, writer, clock, lambda alarm: recorder.say(*said(alarm)))}

        async with running_gate(tmp_path, site, config, clock=clock, parts=journal) as app:
            yield app


async def protected(site: Site, app: GateApp) -> None:
    """Let the water come and wait for the arm."""
    await until(lambda: app.gate.state is State.OPEN)
    site.simulator.depth(18.0)
    await until(lambda: app.gate.state is State.CLOSED)
    assert await site.value("limit_closed") == 1.0
    assert await site.value("sign_closed") == 1.0


def recorded(tmp_path: Path) -> list[Segment]:
    segments = list(check_all(list(files_of(tmp_path / "record"))))
    assert [segment.problems for segment in segments] == [[] for _ in segments]
    return segments
