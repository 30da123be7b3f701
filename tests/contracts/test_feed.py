"""What the LoRaWAN feed promises, on every broker, and a city agent that hears a home over it."""

import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from need import require_binary
from wire_lab import eventually

from sotdae_edge.adapters.lorawan import LorawanFeed
from sotdae_firmware_bridge.lorawan import Latest, parse_uplink, read_held, reply, samples
from sotdae_firmware_bridge.payload import load
from sotdae_provisioning.broker import Broker, MosquittoBroker, NatsBroker
from sotdae_shared.errors import LinkError
from sotdae_shared.samples import Sample
from sotdae_shared.wire import decode

EUI = "70b3d57ed0000a17"
TOPIC = f"application/17c82e96/device/{EUI}/event/up"
DRY, WET_2, WET_15 = 0b0100, 0b0101, 0b0111


@pytest.fixture(params=[NatsBroker, MosquittoBroker], ids=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param is MosquittoBroker:
        require_binary("mosquitto")
    broker: Broker = request.param(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def play(broker: Broker, scene: Callable[[], Coroutine[None, None, None]]) -> None:
    async def whole() -> None:
        await broker.wait_ready()
        async with asyncio.timeout(90):
            await scene()

    asyncio.run(whole())


def uplink(number: int, flags: int, **changes: Any) -> bytes:
    data = b64encode(bytes([flags, 180, 0, 215, 0, 3])).decode()
    time = f"2026-07-15T20:{number:02}:00+00:00"
    event = {"deviceInfo": {"devEui": EUI}, "devAddr": "00189440", "fCnt": number, "fPort": 2, "time": time}
    return json.dumps({**event, "data": data, **changes}).encode()


async def publish(broker: Broker, *payloads: bytes, retain: bool = False) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port, identifier="network-server") as server:
        for payload in payloads:
            await server.publish(TOPIC, payload, qos=1, retain=retain)


@contextlib.asynccontextmanager
async def listening(broker: Broker) -> AsyncIterator[LorawanFeed]:
    latest, payload = Latest(), load("home-alarm")

    def understand(raw: bytes) -> Mapping[str, Sample]:
        event = parse_uplink(raw)
        points = samples(event, payload)
        return points if latest.take(event) else {}

    feed = LorawanFeed(
        "127.0.0.1", broker.port, "application/+/device/+/event/up",
        identity="city-uplinks", understand=understand, rng=random.Random(5),
        reply=lambda topic, count, heartbeat_s: reply(topic, payload, count, heartbeat_s),
    )  # fmt: skip
    task = asyncio.create_task(feed.run())
    try:
        await eventually(lambda: feed.counters["connects"])
        yield feed
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_uplinks_become_points_once_and_garbage_is_counted(broker: Broker) -> None:
    async def scene() -> None:
        async with listening(broker) as feed:
            await publish(broker, uplink(1, WET_2), b"{", uplink(1, WET_2), uplink(2, DRY, fPort=9), b"\xff")
            await eventually(lambda: feed.counters.total() - feed.counters["connects"] == 5)
            assert feed.counters == {"connects": 1, "taken": 1, "stale": 1, "refused": 3}
            assert feed.points["wet_2"] == Sample(1.0, 1, 1.0)
            await publish(broker, uplink(3, DRY))
            await eventually(lambda: feed.points["wet_2"] == Sample(0.0, 3, 1.0))

    play(broker, scene)


def test_what_came_while_it_was_away_is_heard_and_what_is_retained_is_not(broker: Broker) -> None:
    async def scene() -> None:
        async with listening(broker):
            pass
        await publish(broker, uplink(4, WET_15))
        async with listening(broker) as feed:
            await eventually(lambda: feed.points)
            assert feed.points["wet_15"].value == 1.0
        await publish(broker, uplink(5, DRY), retain=True)
        async with aiomqtt.Client("127.0.0.1", broker.port, identifier="city-uplinks", clean_session=True):
            pass  # the broker forgets what it kept, but not what is retained
        async with listening(broker) as feed:
            await publish(broker, b"marker")
            await eventually(lambda: feed.counters["refused"])
            assert feed.points == {}

    play(broker, scene)


def test_it_finds_a_broker_that_was_away(broker: Broker) -> None:
    async def scene() -> None:
        async with listening(broker) as feed:
            await asyncio.to_thread(broker.kill)
            await eventually(lambda: feed.counters["failures"])
            await asyncio.to_thread(broker.start)
            await eventually(lambda: feed.counters["connects"] == 2)
            await publish(broker, uplink(7, WET_2))
            await eventually(lambda: feed.points)

    play(broker, scene)


def test_it_tells_a_device_that_it_heard_and_no_other(broker: Broker) -> None:
    async def scene() -> None:
        async with listening(broker) as feed:
            with pytest.raises(LinkError, match="no way"):
                await feed.tell("wet_2", 1, 3600.0)
            await publish(broker, uplink(1, WET_2))
            await eventually(lambda: feed.points)
            async with aiomqtt.Client("127.0.0.1", broker.port, identifier="server-down") as server:
                await server.subscribe("application/+/device/+/command/down", qos=1)
                await feed.tell("wet_2", 1, 3600.0)
                message = await anext(aiter(server.messages))
            assert message.topic.value == TOPIC.replace("event/up", "command/down")
            assert isinstance(message.payload, bytes)
            queued = json.loads(message.payload)
            assert (queued["devEui"], queued["confirmed"], queued["fPort"]) == (EUI, False, 3)
            assert read_held(b64decode(queued["data"])) == (1, 3600.0)
            assert feed.counters["told"] == 1

    play(broker, scene)


CITY = """
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
[[homes]]
name = "A-101"
lat = 37.2
lon = 127.0
point_2 = "a_101_wet_2"
point_15 = "a_101_wet_15"
heartbeat_s = 600.0
[lorawan]
port = {port}
devices = {{ "{eui}" = "a_101" }}
[[relays]]
point = "a_101_battery"
silent_s = 1800.0
"""


def told(outbox: Path) -> str:
    """Return all that the agent has committed, as text."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as file:
            rows = file.execute("select raw from message").fetchall()
    except sqlite3.Error:
        return ""
    return "\n".join(decode(bytes(raw)).body.model_dump_json() for (raw,) in rows)


@pytest.mark.slow
def test_a_city_agent_alarms_for_a_home_that_it_hears_over_lorawan(broker: Broker, tmp_path: Path) -> None:
    async def scene() -> None:
        (tmp_path / "city.toml").write_text(CITY.format(folder=tmp_path, port=broker.port, eui=EUI))
        outbox = tmp_path / "data" / "outbox.db"
        agent = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sotdae_edge", "city", "run", "-c", str(tmp_path / "city.toml"),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        numbers = iter(range(1, 60))
        try:
            async with asyncio.timeout(60):
                while "home.A-101.wet_15" not in told(outbox):
                    await publish(broker, uplink(next(numbers), WET_15))
                    await asyncio.sleep(0.5)
                while '"channel":"a_101_battery","unit":"V","value":3.6' not in told(outbox):
                    await asyncio.sleep(0.2)
        finally:
            agent.send_signal(signal.SIGTERM)
            _, errors = await agent.communicate()
        assert agent.returncode == 0, errors.decode()

    play(broker, scene)
