"""Wrong bytes from every side of a running province: counted or set aside, nothing else lost, all alive."""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from scenarios.province import ADDRESS, HIGH_RIVER, Province, listening, running, until

from sotdae_provisioning.demo.report import count_messages
from sotdae_provisioning.demo.site import GATE
from sotdae_shared.messages import Class, ClockTrust, Envelope, EventBody, Kind
from sotdae_shared.wire import MAX_BYTES, encode

NODE = "stranger-1"
"""A node of the gate's own facility that nobody configured."""
slow = pytest.mark.slow
pytestmark = pytest.mark.timeout(240)


def message(number: int, /, **changes: Any) -> bytes:
    """Return a right message of the stranger, with some fields of its JSON changed."""
    good = Envelope(
        v=1, facility=GATE, node=NODE, boot="00000000000000ee", cls=Class.SAFETY, seq=number,
        at="2026-07-15T06:40:00Z", clock=ClockTrust.SYNCED, mono_ms=1, kind=Kind.EVENT,
        body=EventBody(code="test", priority=4, active=True),
    )  # fmt: skip
    return json.dumps(json.loads(encode(good)) | changes).encode()


UP = f"{ADDRESS.base.rsplit('/', 1)[0]}/{NODE}/up/event"
REJECTED = [
    (UP, b""),
    (UP, b"\x00\xff" * 100),
    (UP, b"[" * 100_000),
    (UP, message(1)[:-1]),
    (UP, b" " * (MAX_BYTES + 1)),
    (UP, message(1, facility="GG-41271-UP-0003")),
    (UP.replace(NODE, "stranger-2"), message(1)),
    (UP.replace("41113", "41271", 1), message(1)),
    (UP.replace("/event", "/gossip"), message(1)),
    (UP.replace("/event", "/state"), b"{}"),
    (UP, message(1, seq=-1)),
]
"""Nobody can be named as the sender: counted, not acked."""
QUARANTINED = [
    message(1, v=99),
    message(2, kind="telemetry"),
    message(3, body={"code": 7}),
    message(4, at="yesterday"),
    message(5, at="9999-12-31T00:00:00Z"),
]
"""The sender is known, the rest cannot be read: parked, counted and acked."""


async def health(province: Province) -> dict[str, Any]:
    found = await province.stack.api("/health")
    assert isinstance(found, dict)
    return found


async def ended(province: Province) -> None:
    """End the agents in order and let the stores follow, so that the files can be counted."""
    await province.stack.stop_agents()

    async def level() -> bool:
        return all(store["lag"] == 0 for store in (await health(province))["stores"])

    await until(level, "the stores have followed the journal")
    await province.stack.hub.stop()


@slow
def test_wrong_messages_to_the_hub_are_counted_and_the_gate_loses_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(tmp_path) as province, listening(province.stack.broker.port) as (_, client):
            hub, gate = province.stack.hub.pid, province.stack.gate.pid
            before = await health(province)
            for topic, raw in REJECTED:
                await client.publish(topic, raw, qos=1)
            for raw in QUARANTINED:
                await client.publish(UP, raw, qos=1)
            await client.publish(UP, message(6), qos=1)

            async def counted() -> bool:
                now = await health(province)
                return (now["rejected"], now["quarantined"]) == (
                    before["rejected"] + len(REJECTED),
                    before["quarantined"] + len(QUARANTINED),
                )

            await until(counted, "every wrong message is counted")
            await province.stack.do(HIGH_RIVER)
            await province.decided("closed")
            assert (hub, gate) == (province.stack.hub.pid, province.stack.gate.pid)
            await ended(province)

    asyncio.run(scene())
    found = count_messages(tmp_path)
    stranger_stored = 1  # its one right message; the stores hold it, the gate's ledger does not
    assert found.distinct == found.stored == found.sent + stranger_stored


@slow
def test_garbage_on_the_gates_own_topics_moves_nothing_and_stops_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(tmp_path) as province, listening(province.stack.broker.port) as (ear, client):
            pid = province.stack.gate.pid
            await garble(client)
            await client.publish(ADDRESS.down(Kind.QUERY), b'{"id":"still-there","query":"birth"}', qos=1)
            await ear.find(Kind.REPORT, lambda body: body.re == "still-there", "the gate answers")
            assert await province.state("arm_deg") == 90.0
            await province.stack.do(HIGH_RIVER)
            await province.decided("closed")
            assert province.stack.gate.pid == pid
            await ended(province)

    asyncio.run(scene())
    found = count_messages(tmp_path)
    assert (found.lost, found.stored - found.distinct) == (0, 0)


async def garble(client: aiomqtt.Client) -> None:
    """Publish garbage on every topic that the gate listens to."""
    kinds = (
        *(ADDRESS.down(kind) for kind in (Kind.ACK, Kind.COMMAND, Kind.QUERY)),
        f"{ADDRESS.base}/down/dance",
    )
    for topic in kinds:
        for raw in (b"", b"\xff\x00", b"{}", b"[" * 50_000, b'{"id": 1}', b" " * (MAX_BYTES + 1)):
            await client.publish(topic, raw, qos=1)
    ack = {"boot": "0" * 16, "class": "safety", "upto": 2**52}
    await client.publish(ADDRESS.down(Kind.ACK), json.dumps(ack).encode(), qos=1)


@asynccontextmanager
async def restarted_after(directory: Path, harm: Any) -> AsyncIterator[Province]:
    """Run a gate, stop it, harm its files, and start it again."""
    async with running(directory) as province:
        await province.stack.gate.stop()
        harm(directory / "gate")
        await province.stack.gate.start()
        yield province


async def alarmed(province: Province, code: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        return next((each for each in await province.events() if each["code"] == code), None)

    return await until(look, f"the hub hears {code}")  # type: ignore[no-any-return]


def scribble(path: Path) -> None:
    """Overwrite a file's middle and end; its size stays."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(min(size, 4096)))


@slow
def test_a_corrupt_outbox_is_set_aside_and_the_gate_goes_on(tmp_path: Path) -> None:
    async def scene() -> None:
        async with restarted_after(tmp_path, lambda gate: scribble(gate / "outbox.db")) as province:
            assert (await alarmed(province, "outbox.corrupt"))["active"]
            await province.stack.do(HIGH_RIVER)
            await province.decided("closed")
            state = await province.stack.api(f"/facilities/{GATE}/state")
            # The tail of the lost disk can never be counted, and nobody pretends that it was.
            assert state["completeness"]["tail_unknown"] is True

    asyncio.run(scene())
    assert len(list((tmp_path / "gate").glob("outbox.db.corrupt-*"))) >= 1


@slow
def test_a_corrupt_state_is_set_aside_and_the_arm_decides(tmp_path: Path) -> None:
    """Nothing is remembered, so the hazard is assumed unless the arm is proven open, which it is."""

    def harm(gate: Path) -> None:
        for slot in gate.glob("gate.state.*"):
            scribble(slot)

    async def scene() -> None:
        async with restarted_after(tmp_path, harm) as province:
            assert (await alarmed(province, "state.corrupt"))["active"]
            await province.said("-> open", times=2)
            await province.stack.do(HIGH_RIVER)
            await province.decided("closed")

    asyncio.run(scene())
    assert len(list((tmp_path / "gate").glob("gate.state.*.corrupt-*"))) >= 1


@slow
def test_a_corrupt_state_on_a_closed_gate_stays_closed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(tmp_path) as province:
            await province.stack.do(HIGH_RIVER)
            await province.decided("closed")
            await province.stack.gate.stop()
            for slot in (tmp_path / "gate").glob("gate.state.*"):
                scribble(slot)
            await province.stack.gate.start()
            await alarmed(province, "state.corrupt")
            await province.said("start -> closed")
            after = province.truth()
            assert after.lines[-1]["limit_closed"]
            state = await province.stack.api(f"/facilities/{GATE}/state")
            assert state["incident"] is not None

    asyncio.run(scene())


@asynccontextmanager
async def rogue(rng: random.Random) -> AsyncIterator[int]:
    """Listen where a controller should, and answer whatever comes with random bytes; yield the port."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(1024):
                writer.write(rng.randbytes(rng.randint(1, 300)))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@slow
def test_a_controller_that_talks_garbage_is_silent_to_the_gate(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(tmp_path, lines=("device",)) as province:
            pid = province.stack.gate.pid
            async with rogue(random.Random(5)) as port:
                province.lines["device"].lead_to(port)
                raised = await alarmed(province, "controller.silent")
                assert (raised["priority"], raised["active"]) == (1, True)
                # Nobody feeds the controller's watchdog now: it warns by itself.
                await province.scene(lambda t: t["sign_closed"], "the watchdog closes the sign")
            assert province.stack.gate.pid == pid

    asyncio.run(scene())


BROKEN = """\
[facility]
id = "GG-411-UP-7"
node = "gate-7"
name = "x"
lat = 137.0
lon = 127.0
[storage]
dir = "."
[device]
port = 70000
[levels]
close = 15.0
"""


def test_a_broken_config_lists_every_problem_and_ends_with_two(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(BROKEN)
    for words in (["gate", "check-config"], ["gate", "run"]):
        command = [sys.executable, "-m", "sotdae_provisioning", *words, "--config", str(path)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        for place in ("facility.id", "facility.lat", "device.port", "levels.close"):
            assert place in ended.stderr
        assert "Traceback" not in ended.stderr
