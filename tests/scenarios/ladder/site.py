"""One underpass with everything around it, as processes: what a rung of the ladder is played on."""

import asyncio
import contextlib
import shutil
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from scenarios.ladder.faults import BROKER_NAME, Disk, Names, Wall, cable_to
from scenarios.ladder.unit import Unit
from scenarios.province import Province, until
from wire_lab import Line

from sotdae_edge.adapters.memory import place_in_memory
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_provisioning.child import Child
from sotdae_provisioning.demo.report import Counted, count_messages
from sotdae_provisioning.demo.scenarios import CALM_RIVER, Scenario
from sotdae_provisioning.demo.site import GATE
from sotdae_provisioning.demo.stack import Stack

AGENT_SILENT_S, DOG_SILENT_S = 10.0, 5.0
"""WatchdogSec of the units."""
RISING = Scenario(
    name="ladder",
    title="Water at 11 cm beside a calm river",
    past=({"op": "depth", "cm": 11.0}, CALM_RIVER, {"op": "rain", "mm_h": 0.0}),
    steps=(),
    why="",
    levels={"river_caution_cm": 2880.0, "river_trigger_cm": 2902.0},
)


@dataclass(frozen=True)
class Place:
    """What a rung needs beside simulator, broker, hub and agent."""

    watchdog: bool = False
    """The second process, at a controller that has no watchdog of its own."""
    lines: tuple[str, ...] = ()
    """Lines that can be cut: device, hub, camera."""
    serial: bool = False
    """The controller at a serial cable that can be unplugged."""
    camera: bool = False
    disk: Literal["small", "ext4"] | None = None
    wall: bool = False
    """The agent's wall clock can be turned."""
    named: bool = False
    """The broker is known by a host name."""
    extra: str = ""
    """More of the gate's file."""


@dataclass(slots=True)
class Site(Province):
    """A running place; the rung's hands."""

    agent: Unit = field(kw_only=True)
    dog: Unit | None = None
    disk: Disk | None = None
    wall: Wall | None = None
    names: Names | None = None
    cable: Cable | None = None
    busy: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    """Faults that last; closing it ends them."""
    counted: Counted | None = None
    """The messages of the run, once it has ended in order."""

    async def watching(self) -> None:
        """Wait until the agent holds the gate open and the sign lets cars in."""
        await self.said("-> open")
        await self.scene(lambda t: not t["sign_closed"], "the sign opens")

    async def meanwhile(self, work: Any) -> None:
        """Let a fault go on until it is mended."""
        task = asyncio.ensure_future(work)

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task])

        self.busy.push_async_callback(end)

    async def fault(self, device: str, kind: str, on: bool = True) -> None:
        """Switch a fault of the simulator."""
        await self.stack.sim("fault", device=device, kind=kind, on=on)

    async def alarmed(self, code: str, timeout_s: float) -> None:
        """Wait until the hub has heard that an alarm was raised."""

        async def told() -> bool:
            return any(each["code"] == code and each["active"] for each in await self.events())

        await until(told, f"the hub hears of {code}", timeout_s)

    async def shown(self, barrier: str, timeout_s: float) -> None:
        """Wait until the hub shows the barrier so: what was decided has been delivered."""

        async def look() -> bool:
            return (await self.known()).get("barrier") == barrier

        await until(look, f"the hub shows {barrier}", timeout_s)

    async def known(self) -> dict[str, Any]:
        """Return what the hub knows of the facility."""
        return await self.stack.api(f"/facilities/{GATE}") or {}


def _edit(text: str, section: str, new: str) -> str:
    """Replace the port of one section of the gate's file."""
    port = tomllib.loads(text)[section]["port"]
    return text.replace(f"port = {port}\n", new)


def _count(directory: Path) -> Counted:
    """Count the messages, those that were kept in memory too."""
    counted, memory = count_messages(directory), place_in_memory(directory / "gate")
    if memory.exists():
        kept = memory / "outbox.db"
        if kept.stat().st_size:  # it is empty where no file may grow
            more = sum(row.messages for row in SqliteOutbox.ledger(kept))
            counted = replace(counted, sent=counted.sent + more)
        shutil.rmtree(memory)
    return counted


class Building:
    """Puts a place together in a directory."""

    def __init__(self, place: Place, directory: Path, laid: contextlib.AsyncExitStack) -> None:
        """Prepare; `laid` ends what is begun."""
        self.place, self.directory, self.laid = place, directory, laid
        directory.mkdir(parents=True)
        more = "\n[watchdog]\n" if place.watchdog else ""
        self.stack = Stack(directory, RISING, camera=place.camera, gate_extra=more + place.extra)
        if place.serial:
            words = ["sotdae_firmware_bridge", "simulate", "--truth", str(self.stack.truth)]
            line = ["--serial", str(directory / "simulated")]
            self.stack.simulator = Child("simulator", [*words, *line], directory, ready=True)
        config = ["--config", str(directory / "gate.toml")]
        self.wall = Wall(directory / "wall") if place.wall else None
        self.names = Names(directory) if place.named else None
        agent = Unit(
            "gate", ["sotdae_provisioning", "gate", "run", *config], directory, AGENT_SILENT_S,
            environ=self.wall.environ if self.wall else None, under=self.names.under if self.names else (),
        )  # fmt: skip
        self.stack.gate = agent.child
        self.site = Site(self.stack, agent=agent, wall=self.wall, names=self.names)
        if place.watchdog:
            words = ["sotdae_provisioning", "gate", "watchdog", *config]
            self.site.dog = Unit("watchdog", words, directory, DOG_SILENT_S)

    async def build(self) -> Site:
        """Start all but the agents."""
        if self.place.disk is not None:
            image = self.directory / "disk.img" if self.place.disk == "ext4" else None
            self.site.disk = self.laid.enter_context(Disk(self.directory / "gate", image).mounted())
        await self.stack.start_site()
        await self._lay_lines()
        if self.place.watchdog:
            await self.site.fault("controller", "no_watchdog")
        await self.stack.start_broker()
        await self.stack.start_hub()
        return self.site

    async def _lay_lines(self) -> None:
        config = self.directory / "gate.toml"
        text = config.read_text()
        for section in self.place.lines:
            text = await self._lay(text, section)
        if self.place.named:
            text = text.replace("[hub]\n", f'[hub]\nhost = "{BROKER_NAME}"\n')
        if self.place.serial:
            link = self.directory / "line"
            self.site.cable = await self.laid.enter_async_context(
                cable_to(self.directory / "simulated", link)
            )
            text = _edit(text, "device", f'serial = "{link}"\nparity = "N"\n')
        config.write_text(text)

    async def _lay(self, text: str, section: str) -> str:
        values = tomllib.loads(text)[section]
        port = values["port"] if "port" in values else int(values["url"].split(":")[2].split("/")[0])
        line = self.site.lines[section] = await self.laid.enter_async_context(Line(port).laid())
        return text.replace(f"port = {port}\n", f"port = {line.port}\n").replace(
            f":{port}/", f":{line.port}/"
        )


@contextlib.asynccontextmanager
async def standing(place: Place, directory: Path) -> AsyncIterator[Site]:
    """Start everything, wait until the gate watches, and end everything in order at the end."""
    async with contextlib.AsyncExitStack() as laid:
        building = Building(place, directory, laid)
        units = [unit for unit in (building.site.agent, building.site.dog) if unit is not None]
        keeping = [asyncio.create_task(unit.keep()) for unit in units]
        try:
            site = await building.build()
            for unit in reversed(units):
                await unit.on()
            await site.watching()
            yield site
        finally:
            await building.site.busy.aclose()
            for task in keeping:
                task.cancel()
            await asyncio.wait(keeping)
            for unit in units:
                await unit.end()
            await building.stack.stop()
        building.site.counted = _count(directory)
