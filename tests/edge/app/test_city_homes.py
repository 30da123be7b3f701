"""A city agent and a home's device over a real broker: an alarm comes until it is held, and counts once."""

import asyncio
import contextlib
import json
import random
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from wire_lab import MiniHub, eventually
from wire_samples import ADDRESS

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.lorawan import LorawanFeed
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.probe import RtspProbe
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.city import CityApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.config import CityConfig
from sotdae_edge.core.homes import Homes
from sotdae_edge.core.homes_kept import Kept
from sotdae_firmware_bridge.lines import Tcp
from sotdae_firmware_bridge.lorawan import parse_uplink, reply, samples
from sotdae_firmware_bridge.payload import load
from sotdae_firmware_bridge.profile import load as load_profile
from sotdae_firmware_bridge.reach import reach
from sotdae_firmware_bridge.sim.home_alarm import HomeAlarm
from sotdae_provisioning.broker import NatsBroker
from sotdae_shared.errors import LinkError

EUI = "70b3d57ed0000a17"
TOPIC = f"application/17c82e96/device/{EUI}/event/up"
PAYLOAD = load("home-alarm")
PLACE = {"id": str(ADDRESS.facility), "node": ADDRESS.node}
HOME = {
    "name": "A-101", "lat": 37.2, "lon": 127.0, "point_2": "wet_2", "point_15": "wet_15",
    "test_point": "test", "tamper_point": "tamper", "asks_point": "asks",
    "battery_point": "battery", "heartbeat_s": 21_600.0,
}  # fmt: skip


def config(folder: Path) -> CityConfig:
    return CityConfig.model_validate(
        {
            "facility": {**PLACE, "name": "Test", "lat": 37.2, "lon": 127.0},
            "storage": {"dir": folder},
            "device": {"port": 1},
            "homes": [HOME],
            "lorawan": {"devices": {EUI: "a"}},
        }
    )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsBroker]:
    broker = NatsBroker(tmp_path / "broker")
    broker.start()
    asyncio.run(broker.wait_ready())
    yield broker
    broker.stop()


class Field:
    """A device under a network server of its own: what it sends goes up, what is queued waits for that."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.device, self.client, self.now_s = HomeAlarm(), client, 0.0
        self.queued: list[bytes] = []

    async def listen(self) -> None:
        await self.client.subscribe("application/+/device/+/command/down", qos=1)
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            self.queued.append(b64decode(json.loads(message.payload)["data"]))

    async def send_next(self) -> None:
        """Let the device's time pass until it sends; then it listens, as a class A device does."""
        self.now_s = max(self.now_s, self.device.due_s)
        octets = self.device.uplink(self.now_s)
        assert octets is not None
        event = {
            "deviceInfo": {"devEui": EUI}, "devAddr": "00189440", "fCnt": self.device.number, "fPort": 2,
            "data": b64encode(octets).decode(),
        }  # fmt: skip
        await self.client.publish(TOPIC, json.dumps(event).encode(), qos=1)
        while self.queued:
            self.device.hear(self.queued.pop(0), self.now_s)


class Disk(FileState):
    """A state file whose disk can be made to refuse."""

    full = False

    def save(self, state: bytes) -> None:
        if self.full:
            raise LinkError("state: no space left on device")
        super().save(state)


@asynccontextmanager
async def agent(folder: Path, port: int, boot: str) -> AsyncIterator[CityApp]:
    """Run the agent on a real broker, disk and clock."""
    settings, clock, store = config(folder), SystemClock(assume_synced=True), Disk(folder / "city.state")
    now, dice = clock.monotonic(), random.Random(1)
    kept = Kept.read(json.loads(store.load() or b"{}").get("homes"))
    device = reach(load_profile("homes"), Tcp("127.0.0.1", 1))
    with ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(1) as saver:
        outbox = SqliteOutbox(folder / "outbox.db", ADDRESS, boot * 16)
        recorder = Recorder(outbox, clock, worker, lambda: None)
        uplink = MqttUplink("127.0.0.1", port, ADDRESS, outbox, worker=worker, identity="city-1", rng=dice)
        recorder.wake = uplink.wake
        feed = LorawanFeed(
            "127.0.0.1", port, "application/+/device/+/event/up", identity="city-1-uplinks",
            understand=lambda raw: samples(parse_uplink(raw), PAYLOAD),
            reply=lambda topic, count, heartbeat_s: reply(topic, PAYLOAD, count, heartbeat_s), rng=dice,
        )  # fmt: skip
        homes = Homes(settings.homes, boot * 16, now, kept)
        app = CityApp(
            homes, settings, device, recorder, store, clock, saver, RtspProbe(), uplink=uplink, feed=feed,
            born=now,
        )  # fmt: skip
        tasks = [asyncio.create_task(app.run()), asyncio.create_task(uplink.run())]
        try:
            await eventually(lambda: feed.counters["connects"] and uplink.connected)
            yield app
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await device.close()
            await asyncio.get_running_loop().run_in_executor(worker, outbox.close)


@asynccontextmanager
async def field(port: int) -> AsyncIterator[Field]:
    async with aiomqtt.Client("127.0.0.1", port, identifier="network-server") as client:
        site = Field(client)
        task = asyncio.create_task(site.listen())
        try:
            yield site
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def events(hub: MiniHub) -> list[dict[str, Any]]:
    return [each.body.model_dump() for each in hub.messages if each.kind == "event"]


def test_a_device_repeats_its_alarm_until_the_hub_holds_it(broker: NatsBroker, tmp_path: Path) -> None:
    async def story() -> None:
        hub = MiniHub(broker.port, acking=False)
        async with hub.listening(), field(broker.port) as site, agent(tmp_path, broker.port, "a") as app:
            state = app.homes.states["A-101"]
            await site.send_next()
            site.device.sense(True, True, now_s=site.now_s)
            await site.send_next()
            await eventually(lambda: "home.A-101.wet_15" in app.homes.alarms.active)
            for repeats in (1, 2, 3):
                await site.send_next()
                await eventually(lambda repeats=repeats: state.repeats == repeats)
            assert site.now_s >= 60 + 120
            assert site.queued == [], "nothing is confirmed that the hub does not hold"
            hub.acking = True
            await eventually(lambda: site.queued)
            await site.send_next()
            assert not site.device.asks
            await site.send_next()
            await eventually(lambda: state.asks is None)
            wet = [each for each in events(hub) if "wet" in each["code"]]
            assert sorted(each["code"] for each in wet) == ["home.A-101.wet_15", "home.A-101.wet_2"]

    asyncio.run(asyncio.wait_for(story(), 90))


def test_a_water_test_is_a_test_all_the_way_up(broker: NatsBroker, tmp_path: Path) -> None:
    async def story() -> None:
        hub = MiniHub(broker.port)
        async with hub.listening(), field(broker.port) as site, agent(tmp_path, broker.port, "a") as app:
            await site.send_next()
            await eventually(lambda: app.homes.states["A-101"].known)
            site.device.sense(True, True, test=True, now_s=site.now_s)
            await site.send_next()
            await eventually(lambda: any(each["code"] == "home.A-101.test_15" for each in events(hub)))
            assert all(each["data"] == {"test": True} and each["priority"] == 4 for each in events(hub))
            await eventually(lambda: site.queued)

    asyncio.run(asyncio.wait_for(story(), 90))


def test_a_restart_knows_the_flood_and_does_not_call_again(broker: NatsBroker, tmp_path: Path) -> None:
    async def story() -> None:
        hub = MiniHub(broker.port)
        async with hub.listening(), field(broker.port) as site:
            async with agent(tmp_path, broker.port, "a") as app:
                site.device.sense(True, True, now_s=0.0)
                await site.send_next()
                await eventually(lambda: len(app.homes.announced) == 2)
                await eventually(lambda: app.saved == app.homes.revision and app.keeper.unsaved is None)
            async with agent(tmp_path, broker.port, "b") as app:
                assert set(app.homes.alarms.active) == {"home.A-101.wet_2", "home.A-101.wet_15"}
                site.device.sense(False, False, now_s=site.now_s + 1.0)
                await site.send_next()
                await eventually(lambda: not app.homes.alarms.active)
                await eventually(lambda: len(events(hub)) >= 4)
            told = [(each["code"], each["active"]) for each in events(hub)]
            assert sorted(told) == [
                (f"home.A-101.{stage}", active) for stage in ("wet_15", "wet_2") for active in (False, True)
            ]

    asyncio.run(asyncio.wait_for(story(), 90))


def test_a_disk_that_refuses_the_state_is_alarmed_and_tried_again(broker: NatsBroker, tmp_path: Path) -> None:
    async def story() -> None:
        async with field(broker.port) as site, agent(tmp_path, broker.port, "a") as app:
            assert isinstance(app.store, Disk)
            app.store.full = True
            site.device.sense(True, True, now_s=0.0)
            await site.send_next()
            await eventually(lambda: "state.unsaved" in app.watched.active)
            assert "home.A-101.wet_15" in app.homes.alarms.active, "the alarm did not wait for the disk"
            app.store.full = False
            await eventually(lambda: app.keeper.unsaved is None and not app.watched.active)
            kept = Kept.read(json.loads(app.store.load() or b"")["homes"])
            assert kept.homes["A-101"].stage == 15

    asyncio.run(asyncio.wait_for(story(), 90))


@pytest.mark.slow
def test_a_lost_line_to_the_devices_is_told_before_they_are_missed(
    broker: NatsBroker, tmp_path: Path
) -> None:
    async def story() -> None:
        async with agent(tmp_path, broker.port, "a") as app:
            await asyncio.to_thread(broker.stop)
            await eventually(lambda: "uplinks.lost" in app.watched.active)
            await asyncio.to_thread(broker.start)
            await eventually(lambda: "uplinks.lost" not in app.watched.active)

    asyncio.run(asyncio.wait_for(story(), 90))
