"""A signed policy on its way: from two people's command lines over hub and broker into a real gate."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from rollout_kit import Node, address
from scenarios.conftest import Measured
from scenarios.province import ADDRESS, Province, listening, running, until

from sotdae_provisioning.demo.scenarios import CALM_RIVER, Scenario
from sotdae_provisioning.demo.site import GATE
from sotdae_provisioning.policy.files import read_policy
from sotdae_shared.messages import Kind
from sotdae_shared.wire import encode_down

SITE = "\n[times]\ncaution_off = 10.0\n"
"""Caution ends ten seconds after the water, the shortest that a site may have."""
DRY = Scenario(
    name="dry", title="A dry road", why="", steps=(),
    past=({"op": "depth", "cm": 0.0}, CALM_RIVER, {"op": "rain", "mm_h": 0.0}),
)  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@asynccontextmanager
async def dry_road(directory: Path) -> AsyncIterator["Office"]:
    """Run the whole stack at a dry underpass, with its line to the broker in hand."""
    async with running(directory, DRY, gate_extra=SITE, lines=("hub",)) as province:
        office = Office(province, directory)
        await office.gate(lambda row: row["applied"] == 0)
        yield office


class Office:
    """People at command lines."""

    def __init__(self, province: Province, directory: Path) -> None:
        self.province, self.directory = province, directory

    async def command(self, *words: object) -> str:
        """Run `sotdae policy`; it must end well."""
        args = [sys.executable, "-m", "sotdae_provisioning", "policy", *map(str, words)]
        done = await asyncio.to_thread(
            subprocess.run, args, cwd=self.directory, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def signed(self, version: int, *values: str, scope: str = "GG") -> Path:
        """Have a policy written, and signed by two of the three people."""
        draft = self.directory / f"policy-{version}.toml"
        sets = [word for value in values for word in ("--set", value)]
        await self.command("new", draft, "--scope", scope, *sets, "--reason", "rainy season")
        text = draft.read_text().replace("version = 1 ", f"version = {version} ")
        draft.write_text(text, encoding="utf-8")
        for name in ("kim", "lee"):
            who = ("--key", f"keys/{name}.pem", "--as", name, "--trust", "hub.toml", "--yes")
            await self.command("sign", draft, *who)
        return draft.with_suffix(".json")

    async def publish(self, bundle: Path, *more: object) -> None:
        await self.command("publish", bundle, "--hub", self.province.stack.url, *more)

    async def status(self) -> dict[str, Any]:
        """Return what `policy status` says."""
        told = await self.command("status", "--hub", self.province.stack.url, "--json")
        return json.loads(told)  # type: ignore[no-any-return]

    async def asked(self) -> dict[str, Any]:
        """Return the same from the hub itself, which is quicker."""
        url = f"{self.province.stack.url}/api/v1/policies/status"
        async with httpx.AsyncClient(timeout=5.0) as client:
            return (await client.get(url)).json()  # type: ignore[no-any-return]

    async def gate(self, holds: Any) -> dict[str, Any]:
        """Wait until something holds of what the hub knows of the gate's policy."""
        found: dict[str, Any] = {}

        async def look() -> bool:
            rows = [row for row in (await self.asked())["nodes"] if row["facility"] == GATE]
            found.update(*rows)
            return bool(rows) and bool(holds(rows[0]))

        await until(look, f"the gate's policy: {found}", 30.0)
        return found

    async def stage(self, stage: str, level_cm: float) -> None:
        """Wait until the gate reports a stage at a level."""

        async def look() -> bool:
            state = await self.province.stack.api(f"/facilities/{GATE}/state")
            near = state["level_cm"] is not None and abs(state["level_cm"] - level_cm) < 0.4
            return near and state["facility"]["stage"] == stage

        await until(look, f"{stage} at {level_cm} cm", 40.0)

    async def heard(self, since: datetime) -> None:
        """Wait until the hub hears of the gate anew."""

        async def look() -> bool:
            state = await self.province.stack.api(f"/facilities/{GATE}/state")
            return datetime.fromisoformat(state["facility"]["link"]["last_heard"]) > since

        await until(look, "the gate is heard again", 30.0)

    async def verdicts(self, version: int) -> list[str]:
        """Return why the gate decided what about a version, oldest first."""
        decisions = await self.province.decisions()
        return [each["because"][0] for each in decisions if each["command"] == f"policy-{version}"]


def test_two_people_lower_the_caution_and_the_next_one_comes_at_four_centimetres(
    tmp_path: Path, measured: Measured
) -> None:
    async def story() -> None:
        async with dry_road(tmp_path) as office:
            sim = office.province.stack.sim
            await sim("depth", cm=4.5)
            await office.stage("normal", 4.5)
            await sim("depth", cm=0.0)
            await office.stage("normal", 0.0)
            bundle = await office.signed(1, "caution_cm=4")
            start = time.monotonic()
            await office.publish(bundle, "--rings", "100", "--soak", "0")
            accepted = time.monotonic()
            await office.gate(lambda row: row["applied"] == 1)
            now = time.monotonic()
            measured(f"policy in force and reported {now - accepted:.1f} s after the hub took it, "
                     f"{now - start:.1f} s after the command began")  # fmt: skip
            status = await office.status()
            (row,) = (node for node in status["nodes"] if node["facility"] == GATE)
            assert (row["desired"], row["applied"], row["waits"]) == (1, 1, None)
            shown = await office.command("status", "--hub", office.province.stack.url, "--lang", "en")
            assert "desired" in shown
            await sim("depth", cm=3.6)
            await office.stage("normal", 3.6)
            await sim("depth", cm=4.5)
            await office.stage("caution", 4.5)
            assert await office.verdicts(1) == ["in force"]
            assert (await office.province.steps())[-1] == "open"

    asyncio.run(story())


def test_with_the_link_cut_it_is_applied_once_after_the_return(tmp_path: Path, measured: Measured) -> None:
    async def story() -> None:
        async with dry_road(tmp_path) as office:
            line = office.province.lines["hub"]
            bundle = await office.signed(1, "caution_cm=4")
            line.cut()
            await office.publish(bundle, "--rings", "100", "--soak", "0")
            row = await office.gate(lambda row: row["desired"] == 1)
            assert row["applied"] == 0
            line.mend()
            start = time.monotonic()
            await office.gate(lambda row: row["applied"] == 1)
            measured(f"policy in force and reported {time.monotonic() - start:.1f} s after the link's return")
            for _ in range(2):  # what the broker keeps comes again with each connection
                line.cut()
                since = datetime.now(UTC)
                line.mend()
                await office.heard(since)
            await office.gate(lambda row: row["applied"] == 1)
            assert await office.verdicts(1) == ["in force"]

    asyncio.run(story())


def test_over_water_it_waits_at_hub_and_gate_and_comes_into_force_once_all_is_calm(
    tmp_path: Path, measured: Measured
) -> None:
    async def story() -> None:
        async with dry_road(tmp_path) as office, listening(office.province.stack.broker.port) as (_, client):
            sim = office.province.stack.sim
            await sim("depth", cm=6.0)
            await office.stage("caution", 6.0)
            bundle = await office.signed(1, "caution_cm=4")
            await office.publish(bundle, "--rings", "100", "--soak", "0")

            async def frozen() -> bool:
                (rollout,) = (await office.asked())["rollouts"]
                return rollout["state"] == "frozen" and rollout["why"] == f"{GATE} is at caution or above"

            await until(frozen, "the hub holds it back", 20.0)
            # Past the hub, straight to the gate: it holds it back as well.
            await client.publish(ADDRESS.down(Kind.POLICY), encode_down(read_policy(bundle)), qos=1)
            row = await office.gate(lambda row: row["waits"] == 1)
            assert row["applied"] == 0
            assert "waits" in await office.command(
                "status", "--hub", office.province.stack.url, "--lang", "en"
            )
            await sim("depth", cm=0.0)
            start = time.monotonic()
            await office.gate(lambda row: row["applied"] == 1 and row["waits"] is None)
            measured(
                f"a waiting policy in force {time.monotonic() - start:.1f} s after the water (10 s caution)"
            )
            first, second = await office.verdicts(1)
            assert first.startswith("waits: the water is caution")
            assert second == "in force"

    asyncio.run(story())


def test_the_hub_killed_in_mid_roll_out_goes_on_at_the_same_ring(tmp_path: Path) -> None:
    async def story() -> None:
        async with dry_road(tmp_path) as office:
            stack = office.province.stack
            others = [Node(address(number)) for number in (101, 102)]
            tasks = [asyncio.create_task(node.run(stack.broker.port, lambda *_: None)) for node in others]
            try:

                async def known() -> bool:
                    return len((await office.asked())["nodes"]) >= 3

                await until(known, "the hub knows all three gates", 20.0)
                others[0].deaf = True
                bundle = await office.signed(1, "caution_cm=4")
                names = [str(node.address.facility) for node in others]
                canary = ("--canary", GATE, "--canary", names[0])
                await office.publish(bundle, "--rings", "100", "--soak", "0", *canary)
                await office.gate(lambda row: row["applied"] == 1)
                stack.hub.kill()
                await stack.restore()

                async def goes_on() -> bool:
                    (rollout,) = (await office.asked())["rollouts"]
                    assert rollout["ring"] == 1
                    return rollout["state"] == "running" and names[0] in rollout["why"]

                await until(goes_on, "it goes on at ring 1, where one gate lacks it", 30.0)
                assert others[1].heard == []
                others[0].deaf = False
                others[0].applied = 1

                async def done() -> bool:
                    (rollout,) = (await office.asked())["rollouts"]
                    return bool(rollout["state"] == "done")

                await until(done, "it reaches its end", 30.0)
                assert others[1].heard == [1]
                assert await office.verdicts(1) == ["in force"]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks, timeout=10.0)

    asyncio.run(story())
