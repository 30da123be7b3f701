"""A gate with its panel socket at a simulated site, and the people of its roster."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulated_site import Site, running_site

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.config import GateConfig
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import Person
from sotdae_edge.panel.server import PanelServer
from sotdae_shared.ids import FacilityId
from sotdae_shared.signing import PrivateKey, private_of, public_of
from sotdae_shared.topics import Address

FACILITY = "GG-41113-UP-0007"
BOOT = "0123456789abcdef"
KEYS: dict[str, PrivateKey] = {
    name: private_of(bytes([number]) * 32) for number, name in enumerate(("kim", "lee", "stranger"))
}
PEOPLE = tuple(
    Person(f"{name}-2026", public_of(KEYS[name]), name.title(), "panel") for name in ("kim", "lee")
)
"""Two people of the roster; the stranger has a key but no place in it."""


@dataclass
class Gatehouse:
    """The running agent and its site."""

    app: GateApp
    server: PanelServer
    site: Site
    path: Path


@asynccontextmanager
async def gatehouse(directory: Path, **settings: Any) -> AsyncIterator[Gatehouse]:
    """Run the agent in this process until the end."""
    config = GateConfig.model_validate(
        {
            "facility": {"id": FACILITY, "node": "gate-1", "name": "고색지하차도", "lat": 37.2, "lon": 127.0},
            "storage": {"dir": directory},
            "roster": PEOPLE,
            **settings,
        }
    )
    clock = SystemClock(assume_synced=True)
    with ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(1) as saver:
        async with running_site() as site:
            outbox = SqliteOutbox(directory / "outbox.db", Address(FacilityId(FACILITY), "gate-1"), BOOT)
            recorder = Recorder(outbox, clock, worker, lambda: None)
            server = PanelServer(
                config.panel_socket, FACILITY, "gate-1", config.roster,
                now=clock.monotonic, token=lambda: secrets.token_hex(16),
            )  # fmt: skip
            app = GateApp(
                Gate.start(config.site, BOOT, clock.monotonic()), config, site.gate, recorder,
                FileState(directory / "state"), clock, saver, panel=server,
            )  # fmt: skip
            task = asyncio.create_task(app.run())
            try:
                await until(lambda: config.panel_socket.exists() or app.helpers.conditions() or task.done())
                yield Gatehouse(app, server, site, config.panel_socket)
            finally:
                task.cancel()
                await asyncio.wait([task])
                outbox.close()


async def until(holds: Callable[[], object], timeout_s: float = 40.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.02)
