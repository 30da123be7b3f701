"""The whole province as processes: a riverside underpass, what its scene went through, what its gate said."""

import asyncio
import contextlib
import itertools
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt
from wire_lab import Line

from sotdae_provisioning.demo.scenarios import CALM_RIVER, Scenario
from sotdae_provisioning.demo.site import GATE, GATE_NODE
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.truth import Line as TruthLine
from sotdae_provisioning.demo.truth import Truth, read_truth
from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Envelope, Kind
from sotdae_shared.topics import ALL_UP, Address
from sotdae_shared.wire import decode

ADDRESS = Address(FacilityId(GATE), GATE_NODE)
HIGH_RIVER = {"op": "river", "cm": 2950.0, "cm_min": 0.0}
RIVERSIDE = Scenario(
    name="riverside",
    title="A dry road beside a river: the quickest way to a closing",
    past=({"op": "depth", "cm": 0.0}, CALM_RIVER, {"op": "rain", "mm_h": 0.0}),
    steps=(),
    why="",
    levels={"river_caution_cm": 2880.0, "river_trigger_cm": 2902.0},
)


async def until(holds: Callable[[], Awaitable[Any]], what: str, timeout_s: float = 60.0) -> Any:
    """Ask until the answer is true and return it; fail with `what` never came."""
    try:
        async with asyncio.timeout(timeout_s):
            while not (answer := await holds()):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {timeout_s} s: {what}") from None
    return answer


@dataclass(slots=True)
class Province:
    """A running stack and questions about it."""

    stack: Stack
    lines: dict[str, Line] = field(default_factory=dict)
    """Lines that can be cut, by the section of the gate's file that they serve."""

    async def state(self, key: str) -> Any:
        """Return one value of the scene's truth now."""
        return (await self.stack.sim("state"))[key]

    async def scene(self, holds: Callable[[dict[str, Any]], Any], what: str, timeout_s: float = 60.0) -> Any:
        """Wait for something in the truth."""

        async def look() -> dict[str, Any] | None:
            seen = await self.stack.sim("state")
            return seen if holds(seen) else None

        return await until(look, what, timeout_s)

    async def said(self, text: str, times: int = 1, timeout_s: float = 60.0) -> None:
        """Wait until the gate's log holds a text so many times."""
        log = self.stack.directory / "gate.log"

        async def look() -> bool:
            return log.exists() and log.read_text(errors="replace").count(text) >= times

        await until(look, f"{text!r} in gate.log: {self.stack.gate.tail()}", timeout_s)

    async def decisions(self) -> list[dict[str, Any]]:
        """Return what the hub knows of the gate's decisions, oldest first."""
        found = await self.stack.api(f"/facilities/{GATE}/decisions?limit=500") or []
        return sorted(found, key=lambda decision: str(decision["at"]))

    async def steps(self) -> list[str]:
        """Return the states that the gate went through, as the hub knows them."""
        return [each["state"] for each in await self.decisions() if each["verdict"] is None]

    async def decided(self, state: str, timeout_s: float = 60.0) -> None:
        """Wait until the hub's newest change of state leads to `state`."""

        async def look() -> bool:
            return (await self.steps())[-1:] == [state]

        await until(look, f"the hub hears of {state}", timeout_s)

    async def events(self) -> list[dict[str, Any]]:
        """Return what the hub knows of the gate's events, oldest first."""
        found = await self.stack.api(f"/facilities/{GATE}/events?limit=500") or []
        return sorted(found, key=lambda each: str(each["at"]))

    async def lowering(self, below_deg: float) -> float:
        """Let the river trip the gate; return the time at which the arm, on its way down, is that low."""
        await self.stack.do(HIGH_RIVER)
        seen = await self.scene(lambda t: t["moving"] < 0 and t["arm_deg"] < below_deg, "the arm comes down")
        return float(seen["t"])

    def truth(self) -> Truth:
        """Return the scene's history."""
        return read_truth(self.stack.truth)


@contextlib.asynccontextmanager
async def running(
    directory: Path, scenario: Scenario = RIVERSIDE, *, gate_extra: str = "", clock: str = "assume_synced",
    lines: tuple[str, ...] = (), hub_args: tuple[str, ...] = (), clip: Path | None = None,
    hub_extra: str = "",
) -> AsyncIterator[Province]:  # fmt: skip
    """Start broker, hub, simulator and gate, and wait until the gate watches; end them all at the end.

    `lines` names the sections of the gate's file (device, hub) whose far end it reaches over a line that
    can be cut. With a `clip` the gate has a camera that shows it.
    """
    stack = Stack(
        directory,
        scenario,
        camera=clip is not None,
        clip=clip,
        gate_extra=gate_extra,
        hub_args=hub_args,
        hub_extra=hub_extra,
    )
    province = Province(stack)
    async with contextlib.AsyncExitStack() as laid:
        try:
            await stack.start_site()
            config = directory / "gate.toml"
            text = config.read_text().replace("assume_synced", clock)
            for section in lines:
                port = tomllib.loads(text)[section]["port"]
                line = province.lines[section] = await laid.enter_async_context(Line(port).laid())
                text = text.replace(f"port = {port}\n", f"port = {line.port}\n")
            config.write_text(text)
            await asyncio.gather(stack.start_broker(), stack.start_hub())
            await stack.gate.start()
            await province.said("-> open")
            yield province
        finally:
            if stack.gate.alive:
                stack.gate.thaw()  # a frozen one would not hear that it should end
            await stack.stop()


def arm_never_rises(lines: list[TruthLine]) -> bool:
    """Tell whether the arm only ever stood or came down."""
    angles = [line["arm_deg"] for line in lines]
    return all(later <= before for before, later in itertools.pairwise(angles))


def stopped_after_s(lines: list[TruthLine], event_t: float, until_t: float) -> float:
    """Return how long after an event the arm last changed its angle, up to a later moment; 0 if at once."""
    span = [line for line in lines if line["t"] <= until_t]
    moves = [
        later["t"] for before, later in itertools.pairwise(span) if before["arm_deg"] != later["arm_deg"]
    ]
    return max(0.0, max(moves, default=event_t) - event_t)


@dataclass(slots=True)
class Ear:
    """Hears every message of the gate as it passes the broker."""

    heard: list[Envelope] = field(default_factory=list)

    def bodies(self, kind: Kind) -> list[Any]:
        """Return the bodies of one kind, each message once."""
        once = {message.key: message for message in self.heard if message.kind is kind}
        return [message.body for message in once.values()]

    async def find(self, kind: Kind, holds: Callable[[Any], Any], what: str) -> Any:
        """Wait for a message."""

        async def look() -> Any:
            return next((body for body in self.bodies(kind) if holds(body)), None)

        return await until(look, what, 30.0)


@contextlib.asynccontextmanager
async def listening(port: int) -> AsyncIterator[tuple[Ear, aiomqtt.Client]]:
    """Listen on the broker; the client may also speak, as somebody who is not the hub."""
    ear = Ear()
    async with aiomqtt.Client("127.0.0.1", port, timeout=5) as client:
        await client.subscribe(ALL_UP, qos=1)

        async def listen() -> None:
            async for message in client.messages:
                with contextlib.suppress(WireError):
                    ear.heard.append(decode(bytes(message.payload)))  # type: ignore[arg-type]

        task = asyncio.create_task(listen())
        try:
            yield ear, client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
