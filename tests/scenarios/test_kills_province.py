"""Hub and broker are killed at random under traffic: 0 lost, 0 doubled, by the stores and the ledger."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hub_kit import HubProcess
from scenarios.province import until
from scenarios.traffic import Edge, connected

from sotdae_hub.accounting import count_stores
from sotdae_provisioning.broker import NatsBroker
from sotdae_provisioning.demo.report import count_messages
from sotdae_provisioning.demo.scenarios import SCENARIOS, Scenario, Step, rise
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.story import Story

KILLS = 3
"""In each run."""


@dataclass(slots=True)
class Run:
    """One province in one directory, killed and restarted."""

    directory: Path
    broker: NatsBroker
    hub: HubProcess
    split: int = 0
    """Kills that came between the commits of two stores."""

    async def strike(self, rng: random.Random) -> None:
        """Kill hub, broker or both, and bring them back after a while."""
        victims = rng.choice(("hub", "broker", "both"))
        if victims != "hub":
            self.broker.kill()
        if victims != "broker":
            self.hub.kill()
            self.split += len(set(committed(self.directory / "hub").values())) > 1
        await asyncio.sleep(rng.uniform(0.0, 0.5))
        if not self.broker.alive:
            self.broker.start()
            await self.broker.wait_ready()
        if victims != "broker":
            await asyncio.to_thread(self.hub.start)

    async def projected(self) -> None:
        """Wait until every store has followed the journal."""

        async def level() -> bool:
            health = (await asyncio.to_thread(self.hub.get, "/health")).json()
            return all(store["lag"] == 0 for store in health["stores"])

        await until(level, "the stores have followed the journal")


def committed(hub: Path) -> dict[str, int]:
    """Return how far each store of a killed hub had committed, read from a copy of its files."""
    copy = hub.with_name("autopsy")
    shutil.copytree(hub, copy)
    try:
        with duckdb.connect(str(copy / "metrics.duckdb")) as db:
            (metrics,) = db.execute("SELECT journal_offset FROM progress").fetchall()[0]
        with closing(sqlite3.connect(copy / "records.sqlite3")) as db:
            (records,) = db.execute("SELECT journal_offset FROM progress").fetchone()
        return {"metrics": metrics, "records": records}
    finally:
        shutil.rmtree(copy)


async def chatter_under_fire(run: Run, edge: Edge, rng: random.Random) -> None:
    talking = asyncio.create_task(edge.chatter())
    try:
        for _ in range(KILLS):
            await asyncio.sleep(rng.uniform(0.1, 1.0))
            await run.strike(rng)
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


def survive(directory: Path, seed: int) -> Run:
    """Go through one run and check that every message is in exactly one row."""
    rng = random.Random(seed)
    broker = NatsBroker(directory / "broker", sync=True)
    run = Run(directory, broker, HubProcess(directory / "hub", broker.port))

    async def scene() -> int:
        broker.start()
        await broker.wait_ready()
        await asyncio.to_thread(run.hub.start)
        path = directory / "edge" / "outbox.db"
        async with connected(path, broker.port, f"{seed:016x}", rng) as edge:
            await chatter_under_fire(run, edge, rng)
            await edge.delivered()
            await run.projected()
            return edge.said

    try:
        said = asyncio.run(scene())
        run.hub.stop()
    finally:
        if run.hub.process is not None and run.hub.process.poll() is None:
            run.hub.kill()
        broker.stop()
    counted = count_messages(directory)
    assert counted.sent == said > 100
    assert (counted.lost, counted.dropped, counted.stored - counted.distinct) == (0, 0, 0), f"seed {seed}"
    assert count_stores(directory / "hub").quarantined == 0
    return run


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kills_under_traffic_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    survive(tmp_path, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_runs_with_some_kills_between_the_commits_of_two_stores(
    tmp_path: Path, measured: Callable[[str], None]
) -> None:
    split = 0
    for seed in range(101, 121):
        split += survive(tmp_path / str(seed), seed).split
        shutil.rmtree(tmp_path / str(seed))
    measured(f"{split} of {20 * KILLS} kills came between the commits of two stores")
    assert split > 0


def storm(seed: int) -> Scenario:
    """Return a flood during which hub and broker die and come back at random."""
    rng = random.Random(seed)
    steps = [Step(0.5, "the water rises", rise(20.0))]
    at_s = 0.5
    while at_s < 25.0:
        at_s += rng.uniform(0.5, 3.0)
        act = rng.choice(("cut", "kill_hub"))
        steps.append(Step(at_s, f"{act} (seed {seed})", act=act))  # type: ignore[arg-type]
        at_s += rng.uniform(0.0, 2.0)
        steps.append(Step(at_s, "they come back", act="restore"))
    base = SCENARIOS["choryang"]
    past = tuple({"op": "depth", "cm": 9.0} if op["op"] == "depth" else op for op in base.past)
    return Scenario("storm", "A flood while hub and broker die and come back", past, tuple(steps), why="")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_gate_closes_while_hub_and_broker_die_again_and_again(tmp_path: Path) -> None:
    stack = Stack(tmp_path, storm(7), camera=False)
    report = asyncio.run(Story(stack, lambda _moment: None).run())
    assert report.level_at_close_cm is not None
    assert report.level_at_close_cm < 30.0
    assert report.messages_stored == report.messages_sent > 0
    assert (report.lost, report.duplicated, report.contacts, report.opened_by) == (0, 0, 0, None)
