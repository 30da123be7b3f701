"""A gate's runner at a real Modbus site, with its outbox and state on disk, for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from simulated_site import Site

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.config import GateConfig
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import Site as GateSite
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

BOOT = "0123456789abcdef"
CLOCK = SystemClock(assume_synced=True)


def nothing(_: Recorder) -> dict[str, Any]:
    """Give the runner no further parts."""
    return {}


@asynccontextmanager
async def running_gate(
    directory: Path,
    site: Site,
    config: GateConfig,
    *,
    rules: GateSite | None = None,
    store: FileState | None = None,
    memento: dict[str, Any] | None = None,
    clock: SystemClock = CLOCK,
    parts: Callable[[Recorder], dict[str, Any]] = nothing,
) -> AsyncIterator[GateApp]:
    """Run a gate at a site, from what it kept. `rules` stand in for its file's, `parts` are further ones."""
    with ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(1) as saver:
        address = Address(FacilityId(config.facility.id), config.facility.node)
        outbox = SqliteOutbox(directory / "outbox.db", address, BOOT)
        recorder = Recorder(outbox, clock, worker, lambda: None)
        gate = Gate.start(rules or config.site, BOOT, clock.monotonic(), memento)
        store = store or FileState(directory / "state")
        app = GateApp(gate, config, site.gate, recorder, store, clock, saver, **parts(recorder))
        task = asyncio.create_task(app.run())
        try:
            yield app
        finally:
            task.cancel()
            await asyncio.wait([task])
            outbox.close()


async def until(holds: Callable[[], object], timeout_s: float = 40.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.02)
