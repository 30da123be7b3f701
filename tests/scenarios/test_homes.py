"""Two hundred homes flood at once, and the agent dies in the middle: one incident, and every home is told."""

import asyncio
import contextlib
import json
import signal
import sys
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import psutil
import pytest
from hub_kit import HubProcess
from scenarios.conftest import Measured
from wire_lab import eventually

from sotdae_firmware_bridge.sim.home_alarm import HomeAlarm
from sotdae_provisioning.broker import NatsBroker

pytestmark = pytest.mark.slow

HOMES = 200
HEAD = """
[facility]
id = "GG-41113-CC-0001"
node = "city-1"
name = "City"
lat = 37.2
lon = 127.0
[storage]
dir = "{folder}/data"
[device]
port = 1
[hub]
port = {port}
[lorawan]
port = {port}
devices = {{ {devices} }}
"""
HOME = """
[[homes]]
name = "H-{n}"
lat = {lat}
lon = {lon}
point_2 = "h{n}_wet_2"
point_15 = "h{n}_wet_15"
asks_point = "h{n}_asks"
test_point = "h{n}_test"
battery_point = "h{n}_battery"
heartbeat_s = 21600.0
"""


def eui(number: int) -> str:
    return f"70b3d57ed{number:07x}"


def write(folder: Path, port: int) -> Path:
    """Write an agent's file with a street grid of homes 25 m apart, twenty to a street."""
    devices = ", ".join(f'"{eui(n)}" = "h{n}"' for n in range(HOMES))
    homes = [
        HOME.format(n=n, lat=37.2 + n // 20 * 0.000225, lon=127.0 + n % 20 * 0.000282) for n in range(HOMES)
    ]
    path = folder / "city.toml"
    path.write_text(HEAD.format(folder=folder, port=port, devices=devices) + "".join(homes))
    return path


class Air:
    """Every device, and the network server that queues what they are to hear after their next uplink."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.devices = [HomeAlarm() for _ in range(HOMES)]
        self.queued: dict[int, list[bytes]] = {}
        self.sent = 0

    async def listen(self) -> None:
        await self.client.subscribe("application/+/device/+/command/down", qos=1)
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            number = int(message.topic.value.split("/")[3][9:], 16)
            self.queued.setdefault(number, []).append(b64decode(json.loads(message.payload)["data"]))

    async def send(self, number: int) -> None:
        """Let one device's time pass until it sends, and listen."""
        device = self.devices[number]
        now_s = device.due_s
        octets = device.uplink(now_s)
        assert octets is not None
        event = {
            "deviceInfo": {"devEui": eui(number)}, "devAddr": "00189440", "fCnt": device.number, "fPort": 2,
            "data": b64encode(octets).decode(),
        }  # fmt: skip
        await self.client.publish(f"application/a/device/{eui(number)}/event/up", json.dumps(event), qos=1)
        self.sent += 1
        for data in self.queued.pop(number, []):
            device.hear(data, now_s)

    def flood(self, numbers: range) -> None:
        for number in numbers:
            self.devices[number].sense(True, True, now_s=self.devices[number].due_s)

    async def repeat(self, agent: asyncio.subprocess.Process) -> None:
        """Let every device that waits send once more, and give the agent a moment."""
        assert agent.returncode is None
        for number, device in enumerate(self.devices):
            if device.asks:
                await self.send(number)
        await asyncio.sleep(1.0)


@asynccontextmanager
async def air(port: int) -> AsyncIterator[Air]:
    async with aiomqtt.Client("127.0.0.1", port, identifier="network-server") as client:
        found = Air(client)
        task = asyncio.create_task(found.listen())
        try:
            yield found
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def agent(path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with (path.parent / "city.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sotdae_edge", "city", "run", "-c", str(path), stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


class Told:
    """How often each home's 15 cm was raised at the hub; it answers with its newest events only."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        self.events: set[tuple[str, str]] = set()

    def counts(self) -> Counter[str]:
        answer = self.hub.get("/facilities/GG-41113-CC-0001/events", params={"limit": 500})
        wet = (each for each in (answer.json() if answer.is_success else []) if each["active"])
        self.events |= {(each["at"], each["code"]) for each in wet if each["code"].endswith("wet_15")}
        return Counter(code for _, code in self.events)


def test_two_hundred_homes_are_one_incident_though_the_agent_is_killed(
    tmp_path: Path, measured: Measured
) -> None:
    broker = NatsBroker(tmp_path / "broker")
    broker.start()
    hub = HubProcess(tmp_path / "hub", broker.port)
    told = Told(hub)

    async def story() -> None:
        await broker.wait_ready()
        await asyncio.to_thread(hub.start)
        path = write(tmp_path, broker.port)
        async with air(broker.port) as site:
            site.flood(range(HOMES // 2))
            async with agent(path) as first:
                while len(told.counts()) < HOMES // 4:
                    await site.repeat(first)
                first.kill()
            site.flood(range(HOMES // 2, HOMES))
            async with agent(path) as second:
                while any(device.asks for device in site.devices):
                    await site.repeat(second)
                await eventually(lambda: len(told.counts()) == HOMES, 60)
                used = psutil.Process(second.pid).cpu_times()
                measured(f"{HOMES} homes: {site.sent} uplinks, agent {used.user + used.system:.1f} s of CPU")

    try:
        asyncio.run(asyncio.wait_for(story(), 200))
        counts = told.counts()
        incidents = hub.get("/incidents").json()
        again = sum(counts.values()) - HOMES
        measured(f"{HOMES} homes over a kill: {again} raised again, {len(incidents)} incident")
        assert set(counts) == {f"home.H-{n}.wet_15" for n in range(HOMES)}
        assert [each["hazard"] for each in incidents] == ["area_flood"]
        assert max(counts.values()) <= 2, "one kill: what was under way is said once more, and no oftener"
    finally:
        hub.stop()
        broker.stop()
