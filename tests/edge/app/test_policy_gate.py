"""A policy at a running gate with a real controller: on disk before it is told of, told of, obeyed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.core.ruling import RULED, good
from running_gate import running_gate, until
from simulated_site import Site, running_site

from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.gate import GateApp
from sotdae_edge.config import FacilityConfig, GateConfig, StorageConfig
from sotdae_edge.core import policies
from sotdae_edge.core.barrier import State
from sotdae_edge.core.hazard import Stage
from sotdae_edge.ports import Inbound
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind, PolicyBody
from sotdae_shared.wire import decode, encode_down


class Line:
    """A connection over which one policy comes."""

    session, acks = 1, 0

    def __init__(self, policy: PolicyBody) -> None:
        self.inbounds = [Inbound(Kind.POLICY, encode_down(policy), True, 1)]

    def wake(self) -> None:
        """Nothing goes up here."""

    async def inbound(self) -> AsyncIterator[Inbound]:
        for each in self.inbounds:
            yield each


class Refusing(FileState):
    """A disk that can be told to refuse."""

    error: Exception | None = None

    def save(self, state: bytes) -> None:
        if self.error is not None:
            raise self.error
        super().save(state)


@asynccontextmanager
async def open_gate(
    directory: Path, site: Site, store: FileState | None = None, memento: dict[str, Any] | None = None
) -> AsyncIterator[GateApp]:
    place = FacilityConfig(id=RULED.facility, node="gate-1", name="Test", lat=37.2, lon=127.0)
    config = GateConfig(facility=place, storage=StorageConfig(dir=directory))
    async with running_gate(directory, site, config, rules=RULED, store=store, memento=memento) as app:
        await until(lambda: app.gate.state is State.OPEN and app.gate.stage is Stage.NORMAL)
        yield app


def kept(directory: Path) -> dict[str, Any]:
    """Return the memento on disk, of a copy: who reads a slot that is being written sets it aside."""
    with TemporaryDirectory() as copy:
        for slot in directory.glob("state.[ab]"):
            shutil.copy(slot, copy)
        found: dict[str, Any] = json.loads(FileState(Path(copy) / "state").load() or b"{}")
    return found


def bodies(app: GateApp, kind: Kind) -> list[Any]:
    """Return what was said of a kind, oldest first."""
    messages = [decode(row.raw) for row in app.recorder.outbox.unsent(500)]
    return [message.body for message in messages if message.kind is kind]


def births(app: GateApp) -> list[dict[str, Any]]:
    """Return what the gate said of itself, oldest first."""
    return [each.data for each in bodies(app, Kind.REPORT) if each.report == "birth"]


def test_a_policy_is_kept_told_of_and_obeyed_and_a_restart_goes_on_under_it(tmp_path: Path) -> None:
    async def first() -> None:
        async with running_site() as site, open_gate(tmp_path, site) as app:
            await app.ears.listen(Line(good(7, caution_cm=4.0)))
            await until(lambda: app.gate.site.levels.caution_cm == 4.0)
            await until(lambda: kept(tmp_path)["policy"] is not None)
            assert kept(tmp_path)["policy"]["in_force"]["version"] == 7
            await until(lambda: any(health.policy == 7 for health in bodies(app, Kind.HEALTH)))
            await until(lambda: len(births(app)) > 1)  # said with the decision; a health may come before both
            assert [each["thresholds"]["caution_cm"] for each in births(app)] == [5.0, 4.0]
            said = next(each for each in bodies(app, Kind.DECISION) if each.decision == "policy")
            assert (said.command, said.verdict) == ("policy-7", "accepted")

    async def second() -> None:
        async with running_site() as site, open_gate(tmp_path, site, memento=kept(tmp_path)) as app:
            assert policies.version(app.gate) == 7
            site.simulator.depth(4.5)
            await until(lambda: app.gate.stage is Stage.CAUTION)
            await app.ears.listen(Line(good(8, caution_cm=6.0)))
            await until(lambda: any(health.policy_waits == 8 for health in bodies(app, Kind.HEALTH)))
            assert policies.version(app.gate) == 7
            await until(lambda: (kept(tmp_path)["policy"]["waiting"] or {}).get("version") == 8)

    asyncio.run(first())
    asyncio.run(second())


def test_where_the_disk_refuses_a_policy_is_in_force_from_memory_and_alarmed(tmp_path: Path) -> None:
    store = Refusing(tmp_path / "state")

    async def story() -> None:
        async with running_site() as site, open_gate(tmp_path, site, store) as app:
            await until(lambda: app.keeper.unsaved is None)
            store.error = LinkError("read-only file system")
            await app.ears.listen(Line(good(7, caution_cm=4.0)))
            await until(lambda: "state.unsaved" in app.watched.active and policies.version(app.gate) == 7)
            assert kept(tmp_path)["policy"] is None
            store.error = None
            await until(lambda: "state.unsaved" not in app.watched.active)
            assert kept(tmp_path)["policy"]["floor"] == 7

    asyncio.run(story())
