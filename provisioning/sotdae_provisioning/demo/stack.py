"""Every process of the demo: broker, hub, simulator, gate, city. Real ones, on loopback only."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import httpx

from sotdae_firmware_bridge.sim.control import SimControl
from sotdae_provisioning.broker import Broker, NatsBroker
from sotdae_provisioning.child import Child
from sotdae_provisioning.demo.scenarios import Op, Scenario
from sotdae_provisioning.demo.signers import trust
from sotdae_provisioning.demo.site import Ports, write_city, write_gate, write_hub


class Stack:
    """The province in one directory. Start the parts in the order of `start`; `stop` ends all."""

    def __init__(
        self, directory: Path, scenario: Scenario, *, camera: bool = True, broker: Broker | None = None,
        http_port: int = 0, gate_extra: str = "", hub_extra: str = "", hub_args: tuple[str, ...] = (),
        clip: Path | None = None,
    ) -> None:  # fmt: skip
        """Prepare a run; nothing starts yet. `clip` takes the place of the drawn scene in the camera."""
        self.directory = directory
        self.scenario = scenario
        self.broker = broker or NatsBroker(directory / "broker", sync=True)
        self.url = ""
        self.truth = directory / "truth.jsonl"
        self._camera = camera
        self._clip = clip
        self._http_port = http_port
        self._gate_extra = gate_extra
        self._hub_extra = hub_extra
        self._hub_args = hub_args
        self._trust = ""
        self._ports: Ports | None = None
        self._control: SimControl | None = None
        self.simulator = Child("simulator", self._simulator_args(), directory, ready=True)
        config = str(directory / "hub.toml")
        self.hub = Child("hub", ["sotdae_hub", "run", "--config", config, *hub_args], directory, ready=True)
        gate_config, city_config = str(directory / "gate.toml"), str(directory / "city.toml")
        self.gate = Child("gate", ["sotdae_edge", "gate", "run", "--config", gate_config], directory)
        self.city = Child("city", ["sotdae_edge", "city", "run", "--config", city_config], directory)

    def _simulator_args(self) -> list[str]:
        args = ["sotdae_firmware_bridge", "simulate", "--truth", str(self.truth)]
        args += ["--camera-port", "0"] if self._camera else []
        return [*args, "--clip", str(self._clip)] if self._clip is not None else args

    async def start(self) -> None:
        """Start the province and the site; the gate comes last, when the past is in place."""
        await self.start_site()
        await asyncio.gather(self.start_broker(), self.start_hub())
        await asyncio.gather(self.gate.start(), self.city.start())

    async def start_site(self) -> None:
        """Start the simulator, put the past in place, and write everybody's file."""
        self.directory.mkdir(parents=True, exist_ok=True)
        doors = await self.simulator.start()
        self._ports = Ports(self.broker.port, int(doors["port"]), doors.get("rtsp"))
        self._control = SimControl("127.0.0.1", int(doors["control_port"]))
        for op in self.scenario.past:
            await self.sim(**op)
        self._trust = trust(self.directory)
        write_gate(self.directory, self.scenario, self._ports, self._gate_extra + self._trust)
        write_city(self.directory, self._ports)
        write_hub(self.directory, self._ports, self._http_port, self._hub_extra + self._trust)

    async def start_broker(self) -> None:
        """Start the broker and wait until it listens."""
        self.broker.start()
        await self.broker.wait_ready()

    async def start_hub(self) -> None:
        """Start the hub; it comes back on the port it had."""
        doors = await self.hub.start()
        self.url = str(doors["url"])
        if self._http_port == 0 and self._ports is not None:
            self._http_port = int(self.url.rsplit(":", 1)[1])
            write_hub(self.directory, self._ports, self._http_port, self._hub_extra + self._trust)

    async def sim(self, op: str, **args: Any) -> dict[str, Any]:
        """Do one operation of the simulator."""
        assert self._control is not None  # noqa: S101
        return await self._control.call(op, **args)

    async def do(self, op: Op) -> None:
        """Do one operation given as data."""
        await self.sim(**op)

    async def api(self, path: str) -> Any:
        """Ask the hub; None when it does not answer."""
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=3.0) as client:
                answer = await client.get(f"{self.url}/api/v1{path}")
                return answer.json() if answer.is_success else None
        return None

    def cut(self) -> None:
        """Kill broker and hub: the edge is alone."""
        self.hub.kill()
        self.broker.kill()

    async def restore(self) -> None:
        """Bring back whatever of the province is down."""
        if not self.broker.alive:
            await self.start_broker()
        if not self.hub.alive:
            await self.start_hub()

    async def stop_agents(self) -> None:
        """End gate and city in order: they deliver their last messages first."""
        await asyncio.gather(self.gate.stop(), self.city.stop())

    async def stop(self) -> None:
        """End everything that still runs."""
        await self.stop_agents()
        await self.hub.stop()
        if self._control is not None:
            await self._control.close()
        await self.simulator.stop()
        self.broker.stop()
