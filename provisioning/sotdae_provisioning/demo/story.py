"""Tells one story: runs the processes, does the steps in time, waits for the end, and measures."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sotdae_edge.config import load_gate
from sotdae_provisioning.demo.report import Report, make_report
from sotdae_provisioning.demo.scenarios import Op, Scenario, Step
from sotdae_provisioning.demo.site import CITY, GATE
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.verdict import verdict
from sotdae_shared.errors import LinkError

SETTLE_S = 2.0
DELIVER_S = 25.0
POLL_S = 0.2


@dataclass(slots=True)
class Moment:
    """What a screen shows."""

    scenario: Scenario
    url: str
    elapsed_s: float = 0.0
    phase: str = "starting"
    truth: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[float, str]] = field(default_factory=list)
    hub_up: bool = False
    broker_up: bool = False
    gate_up: bool = False

    @property
    def story_time(self) -> str:
        """Local time within the story, or seconds where it has no date."""
        if self.scenario.clock is None:
            return f"{self.elapsed_s:5.1f} s"
        return (self.scenario.clock + timedelta(seconds=self.elapsed_s)).strftime("%Y-%m-%d %H:%M:%S")


Show = Callable[[Moment], None]


@dataclass(slots=True)
class Story:
    """One run of one scenario."""

    stack: Stack
    show: Show
    speed: float = 1.0
    began: float = 0.0
    moment: Moment = field(init=False)
    wanted: asyncio.Queue[Step] = field(default_factory=asyncio.Queue)
    """Steps that a person asked for while it runs."""
    log_at: int = 0
    stay: bool = False
    """Whether to go on after the end, for people to look around, until `left` is set."""
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Prepare what the screen shows."""
        self.moment = Moment(self.stack.scenario, "")

    def say(self, text: str) -> None:
        """Add a line to the time line."""
        self.moment.events.append((self.moment.elapsed_s, text))
        self.show(self.moment)

    async def run(self) -> Report:
        """Run it from start to stop. Whatever happens, no process stays behind."""
        try:
            await self._start()
            await self._play()
            await self._deliver()
            await self._look_around()
            told = await self._finish()
        finally:
            await self.stack.stop()
        config = load_gate(self.stack.directory / "gate.toml")
        name = self.stack.scenario.name
        report = make_report(self.stack.directory, config, name, told, accelerated=self.speed != 1.0)
        report = replace(report, verdict=verdict(report, self.stack.scenario, self.moment))
        self.moment.phase = "over"
        self.say(report.verdict)
        return report

    async def _start(self) -> None:
        self.say("starting broker, hub, simulator, gate and city agent as separate processes")
        await self.stack.start()
        self.moment.url = self.stack.url
        deadline = time.monotonic() + 20.0
        while not await self._heard():
            if time.monotonic() > deadline:
                raise LinkError(f"the gate was not heard: {self.stack.gate.tail()}")
            await asyncio.sleep(POLL_S)
        self.began = time.monotonic()
        self.moment.phase = "watching"
        self.say(f"console: {self.stack.url}/#/f/{GATE}")

    async def _heard(self) -> bool:
        states = [await self.stack.api(f"/facilities/{place}/state") for place in (GATE, CITY)]
        return all(state and state["facility"]["link"]["status"] == "online" for state in states)

    async def _play(self) -> None:
        scenario = self.stack.scenario
        steps = list(scenario.steps)
        deadline = time.monotonic() + scenario.limit_s
        while not (not steps and await self._ended()):
            await self._look()
            while steps and self.moment.elapsed_s * self.speed >= steps[0].at_s:
                await self.do(steps.pop(0))
            while not self.wanted.empty():
                await self.do(self.wanted.get_nowait())
            if time.monotonic() > deadline:
                self.say(f"not {scenario.ends} within {scenario.limit_s:.0f} s")
                return
            await asyncio.sleep(POLL_S)
        self.say("the closed limit is reached" if scenario.ends == "closed" else "three homes are wet")

    async def _ended(self) -> bool:
        if self.stack.scenario.ends == "closed":
            return bool(self.moment.truth.get("limit_closed"))
        last = self.stack.scenario.steps[-1].at_s
        return self.moment.elapsed_s >= last + 3.0

    async def do(self, step: Step) -> None:
        """Do one step and tell it."""
        self.say(step.text)
        if step.op is not None:
            await self.stack.do(_faster(step.op, self.speed))
        match step.act:
            case "cut":
                await asyncio.to_thread(self.stack.cut)
            case "kill_hub":
                self.stack.hub.kill()
            case "restore":
                await self.stack.restore()
                await self.stack.sim("restore")
            case None:
                pass

    async def _look(self) -> None:
        moment = self.moment
        moment.truth = await self.stack.sim("state")
        moment.elapsed_s = time.monotonic() - self.began
        moment.hub_up, moment.broker_up = self.stack.hub.alive, self.stack.broker.alive
        moment.gate_up = self.stack.gate.alive
        self._listen_to_gate()
        self.show(moment)

    def _listen_to_gate(self) -> None:
        """Pass on what the gate says; its log is there with or without a network."""
        text = (self.stack.directory / "gate.log").read_text(errors="replace")
        for line in text[self.log_at :].splitlines():
            if " INFO " in line and " -> " in line:
                self.say("gate: " + line.split(" INFO ", 1)[1])
        self.log_at = len(text)

    async def _deliver(self) -> None:
        """Let the records arrive; bring the province back first where the story took it away."""
        await self._linger(SETTLE_S)
        if self.stack.scenario.restore_after:
            self.say("broker and hub come back")
        await self.stack.restore()
        self.moment.phase = "delivering"
        deadline = time.monotonic() + DELIVER_S
        while time.monotonic() < deadline and not await self._delivered():
            await self._look()
            await asyncio.sleep(POLL_S)

    async def _look_around(self) -> None:
        if not self.stay:
            return
        self.say("the story is told; look around on the console, try the keys; q goes on")
        while not self.left.is_set():
            await self._look()
            while not self.wanted.empty():
                await self.do(self.wanted.get_nowait())
            await asyncio.sleep(POLL_S)

    async def _linger(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await self._look()
            await asyncio.sleep(POLL_S)

    async def _delivered(self) -> bool:
        if self.stack.scenario.ends == "area":
            return bool(await self._areas())
        decisions = await self.stack.api(f"/facilities/{GATE}/decisions?limit=200") or []
        return any(decision["state"] == "closed" for decision in decisions)

    async def _areas(self) -> list[Any]:
        return [each for each in await self.stack.api("/incidents") or [] if "area" in each["hazard"]]

    async def _finish(self) -> dict[str, Any]:
        """Stop the edge, so that it delivers its last, then ask the hub what it knows."""
        await self.stack.stop_agents()
        place = CITY if self.stack.scenario.ends == "area" else GATE
        decisions = await self.stack.api(f"/facilities/{place}/decisions?limit=500") or []
        decisions.sort(key=lambda decision: str(decision["at"]))
        return {"decisions": decisions, "area_incidents": len(await self._areas())}


def _faster(op: Op, speed: float) -> Op:
    """Speed up rising water, for watching; the report says so."""
    return {key: value * speed if key == "cm_min" else value for key, value in op.items()}


def live_step(key: str) -> Step | None:
    """Return what a key does while the story runs."""
    steps = {
        "c": Step(0.0, "you cut the link: broker and hub are gone", act="cut"),
        "k": Step(0.0, "you kill the hub", act="kill_hub"),
        "v": Step(0.0, "you park a car under the arm", {"op": "vehicle", "action": "park"}),
        "s": Step(0.0, "you stick the radar dry",
                  {"op": "fault", "device": "radar", "kind": "stuck_dry", "on": True}),
        "p": Step(0.0, "you cut the mains", {"op": "fault", "device": "mains", "kind": "off", "on": True}),
        "w": Step(0.0, "4.5 cm of water on the road", {"op": "depth", "cm": 4.5}),
        "d": Step(0.0, "the road is dry", {"op": "depth", "cm": 0.0}),
        "l": Step(0.0, "the parked car leaves", {"op": "vehicle", "action": "leave"}),
        "r": Step(0.0, "you restore everything", act="restore"),
    }  # fmt: skip
    return steps.get(key)
