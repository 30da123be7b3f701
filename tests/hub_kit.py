"""A hand-made sender and a real hub process, for the hub's tests."""

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import httpx

from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import BODY_OF, CLASS_OF, AckBody, Class, Envelope, Kind
from sotdae_shared.topics import Address
from sotdae_shared.wire import decode_down, encode

ROOT = Path(__file__).parents[1]
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-7")
HOMES = Address(FacilityId("GG-41113-SB-0001"), "city-1")
BOOT = "00000000000000aa"
START = datetime(2026, 7, 15, 6, 0, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"

Message = tuple[str, bytes, tuple[str, str, str, int]]
"""Topic, bytes, key."""


@dataclass(slots=True)
class Pen:
    """Writes messages of one node with gap-free sequences."""

    address: Address = GATE
    boot: str = BOOT
    at: datetime = START
    _seq: dict[Class, int] = field(default_factory=lambda: defaultdict(int))

    def envelope(self, kind: Kind, body: dict[str, Any], cls: Class | None = None) -> Envelope:
        cls = cls or CLASS_OF[kind]
        self._seq[cls] += 1
        self.at += timedelta(seconds=1)
        return Envelope.model_validate({
            "v": 1, "facility": self.address.facility, "node": self.address.node, "boot": self.boot,
            "class": cls, "seq": self._seq[cls], "at": self.at, "clock": "synced", "mono_ms": 0, "kind": kind,
            "body": BODY_OF[kind].model_validate_json(json.dumps(body)),
        })  # fmt: skip

    def write(self, kind: Kind, body: dict[str, Any], cls: Class | None = None) -> Message:
        envelope = self.envelope(kind, body, cls)
        return self.address.up(kind), encode(envelope), envelope.key

    def readings(self, value: float | None = 3.0, count: int = 2, channel: str = "radar_level") -> Message:
        flag = 9 if value is None else 1
        reading = {"channel": channel, "unit": "cm", "value": value, "flag": flag}
        return self.write(Kind.TELEMETRY, {"readings": [reading] * count})

    def health(self, **more: Any) -> Message:
        body = {"stage": "normal", "barrier": "open", "lane": "clear", "level_cm": 1.5, "rate_cm_min": 0.0}
        return self.write(Kind.HEALTH, {**body, **more})

    def event(self, code: str = "sensor.radar.silent", **more: Any) -> Message:
        return self.write(Kind.EVENT, {"code": code, "priority": 3, "active": True, **more})

    def decision(self, state: str, previous: str, incident: str | None, **more: Any) -> Message:
        body = {
            "decision": "step",
            "state": state,
            "previous": previous,
            "because": ["test"],
            "incident": incident,
        }
        return self.write(Kind.DECISION, {**body, "state": state, "previous": previous, **more})

    def birth(self, **data: Any) -> Message:
        return self.write(Kind.REPORT, {"report": "birth", "data": data})

    def clip(self, data: bytes = JPEG) -> Message:
        clip = {"camera": "arm", "media": "image/jpeg", "taken_at": self.at.isoformat()}
        return self.write(Kind.CLIP, {**clip, "data": base64.b64encode(data).decode()})

    def gap(self, width: int, cls: Class = Class.TELEMETRY) -> Message:
        first = self._seq[cls] + 1
        message = self.write(Kind.GAP, {"to": first + width - 1, "reason": "budget"}, cls)
        self._seq[cls] = first + width - 1
        return message

    def mix(self, count: int) -> list[Message]:
        """Write a bit of everything."""
        found = []
        for index in range(count):
            found.append(self.readings(float(index % 40)))
            if index % 3 == 0:
                found.append(self.health(level_cm=float(index % 40)))
            if index % 5 == 0:
                found.append(self.event(active=index % 2 == 0))
            if index % 7 == 0:
                found.append(self.decision("closed", "lowering", f"{self.boot}-1"))
            if index % 50 == 0:
                found.append(self.clip())
        return found


class Sender:
    """Sends messages until the hub's own acks name every one: what an outbox does."""

    def __init__(self, port: int, address: Address = GATE, resend_s: float = 0.3) -> None:
        self.port, self.address, self.resend_s = port, address, resend_s
        self.waiting: dict[tuple[str, str, str, int], Message] = {}
        self.acks: list[AckBody] = []
        self.queries: list[dict[str, Any]] = []
        self.sent = 0
        self.done, self.heard, self.asked = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def deliver(self, messages: Sequence[Message], timeout_s: float = 60.0) -> None:
        """Return when everything is acked."""
        self.done.clear()
        self.waiting.update({message[2]: message for message in messages})
        async with asyncio.timeout(timeout_s):
            while self.waiting:
                try:
                    async with self.connect() as client:
                        await self._until_acked(client)
                except aiomqtt.MqttError:
                    await asyncio.sleep(0.1)

    def connect(self) -> aiomqtt.Client:
        # Without NODELAY a sender that awaits each answer waits up to 40 ms for the next, now and then.
        at_once = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        return aiomqtt.Client("127.0.0.1", self.port, clean_session=True, timeout=5, socket_options=at_once)

    async def _until_acked(self, client: aiomqtt.Client) -> None:
        await client.subscribe(self.address.all_down, qos=1)
        async with asyncio.TaskGroup() as group:
            listener = group.create_task(self.listen(client))
            while self.waiting:
                for topic, raw, _key in list(self.waiting.values()):
                    await client.publish(topic, raw, qos=1)
                    self.sent += 1
                await self._quiet()
            listener.cancel()

    async def _quiet(self) -> None:
        """Wait until all is acked, or it is time to send again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.resend_s):
                await self.done.wait()

    async def listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            kind = Kind(str(message.topic).rpartition("/")[2])
            body = decode_down(kind, bytes(message.payload))  # type: ignore[arg-type]
            if isinstance(body, AckBody):
                self.acks.append(body)
                self.heard.set()
                self._forget(body)
            else:
                self.queries.append(body.model_dump())
                self.asked.set()

    def _forget(self, ack: AckBody) -> None:
        for key in list(self.waiting):
            held = key[3] <= ack.upto or any(first <= key[3] <= last for first, last in ack.ranges)
            if key[1:3] == (ack.boot, ack.cls) and held:
                del self.waiting[key]
        if not self.waiting:
            self.done.set()


class HubProcess:
    """`sotdae hub run` as a user starts it."""

    def __init__(self, directory: Path, broker_port: int, *options: str) -> None:
        self.directory = directory
        self.command = [
            sys.executable, "-m", "sotdae_hub", "run", "--dir", str(directory),
            "--broker", f"127.0.0.1:{broker_port}", "--port", "0", *options,
        ]  # fmt: skip
        self.log = directory.with_suffix(".log")
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the hub did not start: {self.log.read_text()[-2000:]}"
        answer = json.loads(line)
        assert answer["ready"] is True
        self.url = answer["url"]

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def stop(self) -> None:
        """End it in order and look that it was."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0, self.log.read_text()[-2000:]

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(f"{self.url}/api/v1{path}", timeout=10, **more)

    def account(self) -> dict[str, Any]:
        """Return what `sotdae hub account` counts."""
        command = [sys.executable, "-m", "sotdae_hub", "account", "--dir", str(self.directory), "--json"]
        found = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        return json.loads(found.stdout)  # type: ignore[no-any-return]
