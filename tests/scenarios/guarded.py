"""A gate and its watchdog as processes, at a site whose controller has no watchdog of its own."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulated_site import Site, running_site

from sotdae_provisioning.child import Child

CONFIG = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "{dir}"
[device]
port = {port}
[watchdog]
after_s = {after_s}
settle_s = {settle_s}
{more}
"""


async def until(holds: Callable[[], Any], what: str, timeout_s: float = 40.0) -> None:
    """Wait until something holds; fail with what did not."""
    try:
        async with asyncio.timeout(timeout_s):
            while not holds():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {timeout_s} s: {what}") from None


@dataclass
class Guarded:
    """The site, both processes, and every change of the sign."""

    site: Site
    agent: Child
    dog: Child
    directory: Path
    changes: list[bool] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether sign and siren say so."""
        warnings = self.site.simulator.scene.warnings
        return warnings.sign_closed and warnings.siren

    @property
    def fed(self) -> int:
        """The feed that the agent last wrote to the controller: it decides and is obeyed."""
        return self.site.simulator.scene.orders.feed

    def events(self, code: str) -> list[tuple[int, bool]]:
        """Return priority and state of each message about one alarm, oldest first."""
        with contextlib.closing(sqlite3.connect(self.directory / "outbox.db")) as outbox:
            rows = outbox.execute("SELECT raw FROM message WHERE kind = 'event' ORDER BY rowid").fetchall()
        bodies = [json.loads(raw)["body"] for (raw,) in rows]
        return [(body["priority"], body["active"]) for body in bodies if body["code"] == code]

    async def is_open(self) -> None:
        """Wait until the agent works and the sign lets cars in; what it presumed at its start is over."""
        before = self.fed
        await until(
            lambda: self.fed not in range(before, before + 4), f"the agent works: {self.agent.tail()}"
        )
        await until(lambda: not self.closed, "the sign opens")

    async def closes(self) -> float:
        """Wait for the warnings; return how long it took (s)."""
        start = time.monotonic()
        await until(lambda: self.closed, f"the warnings close: {self.dog.tail()}")
        return time.monotonic() - start

    async def is_watched(self) -> None:
        """Wait until the watchdog has heard the agent."""
        await self.is_open()
        await until(lambda: self.events("watchdog.silent")[-1:] in ([], [(2, False)]), "it is answered")

    async def watch_the_sign(self) -> None:
        """Note every change of the sign, until cancelled."""
        while True:
            self.shown()
            await asyncio.sleep(0.005)

    def shown(self) -> list[bool]:
        """Return what the sign has shown since `changes` was cleared: True is closed."""
        now = self.site.simulator.scene.warnings.sign_closed
        if not self.changes or self.changes[-1] != now:
            self.changes.append(now)
        return self.changes


@contextlib.asynccontextmanager
async def guarded(
    directory: Path, after_s: float = 2.0, settle_s: float = 1.0, more: str = ""
) -> AsyncIterator[Guarded]:
    """Serve the site; start neither process. Whatever runs at the end is killed."""
    async with running_site() as site:
        site.simulator.fault("controller", "no_watchdog", True)
        file = directory / "gate.toml"
        text = CONFIG.format(
            dir=directory, port=site.server.port, after_s=after_s, settle_s=settle_s, more=more
        )
        file.write_text(text, encoding="utf-8")
        words = ["--config", str(file)]
        agent = Child("agent", ["sotdae_provisioning", "gate", "run", *words], directory)
        dog = Child("dog", ["sotdae_provisioning", "gate", "watchdog", *words], directory)
        here = Guarded(site, agent, dog, directory)
        watching = asyncio.create_task(here.watch_the_sign())
        try:
            yield here
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            agent.kill()
            dog.kill()
