"""The hub's line to the broker: everything upward in, acks, queries and commands out."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import aiomqtt

from sotdae_hub.ending import end
from sotdae_hub.ports import Arrival
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import LinkError
from sotdae_shared.topics import ALL_UP

log = logging.getLogger(__name__)

ARRIVALS = 2_000
"""Messages waiting for the journal. When full, more are left to the sender, who has no ack yet."""
OUTGOING = 2_000
TIMEOUT_S = 5.0
SENDERS = 8
"""Acks under way at once; each waits for the broker's answer."""


@dataclass(slots=True)
class MqttLine:
    """Runs until cancelled and reconnects with jitter. Its session is clean: who got no ack sends again."""

    host: str
    port: int
    wall: Callable[[], datetime]
    rng: random.Random
    identity: str = "sotdae-hub"
    tls: Callable[[], ssl.SSLContext] | None = None
    """Asked before each connection, so that renewed papers are taken."""
    arrivals: asyncio.Queue[Arrival] = field(default_factory=lambda: asyncio.Queue(ARRIVALS))
    changed_at: datetime = field(init=False)
    unsent: int = 0
    """Acks and queries given up because the queue was full or the line broke."""
    _outgoing: asyncio.Queue[tuple[str, bytes, int]] = field(default_factory=lambda: asyncio.Queue(OUTGOING))
    _client: aiomqtt.Client | None = None

    def __post_init__(self) -> None:
        """Start disconnected, as of now."""
        self.changed_at = self.wall()

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        return self._client is not None

    def send_soon(self, topic: str, payload: bytes, qos: int = 1) -> None:
        """Send when there is a line; what cannot wait is dropped, since its asker asks again."""
        try:
            self._outgoing.put_nowait((topic, payload, qos))
        except asyncio.QueueFull:
            self.unsent += 1

    async def send_now(self, topic: str, payload: bytes) -> None:
        """Send once, at most once (QoS 0, not retained), over the line that is up now.

        Raises:
            LinkError: if there is none.
        """
        if self._client is None:
            raise LinkError("the broker is not connected")
        try:
            await self._client.publish(topic, payload, qos=0, retain=False)
        except aiomqtt.MqttError as error:
            raise LinkError(f"the broker did not take it: {error}") from error

    async def keep(self, topic: str, payload: bytes) -> None:
        """Have the broker keep the newest word on a topic (QoS 1, retained); an empty one takes it away.

        Raises:
            LinkError: if there is no line, or the broker does not answer.
        """
        if self._client is None:
            raise LinkError("the broker is not connected")
        try:
            await self._client.publish(topic, payload, qos=1, retain=True, timeout=TIMEOUT_S)
        except aiomqtt.MqttError as error:
            raise LinkError(f"the broker did not take it: {error}") from error

    async def run(self) -> None:
        """Connect, subscribe, carry; again and again."""
        backoff = Backoff(self.rng)
        while True:
            try:
                async with self._open() as client:
                    await client.subscribe(ALL_UP, qos=1, timeout=TIMEOUT_S)
                    backoff.reset()
                    self._turn(client)
                    await self._carry(client)
            except* (aiomqtt.MqttError, LinkError, OSError, UnicodeError) as group:
                log.warning("broker %s:%d: %s", self.host, self.port, group.exceptions[0])
            finally:
                self._turn(None)
            await asyncio.sleep(backoff.wait_s())

    def _open(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.host, self.port, identifier=f"{self.identity}-{self.rng.getrandbits(32):08x}",
            clean_session=True, timeout=TIMEOUT_S, keepalive=15, max_queued_incoming_messages=ARRIVALS,
            max_inflight_messages=200, tls_context=None if self.tls is None else self.tls(),
        )  # fmt: skip

    def _turn(self, client: aiomqtt.Client | None) -> None:
        if (client is None) != (self._client is None):
            self.changed_at = self.wall()
        self._client = client

    async def _carry(self, client: aiomqtt.Client) -> None:
        async with asyncio.TaskGroup() as group:
            senders = [group.create_task(self._send(client), name=f"mqtt-send-{n}") for n in range(SENDERS)]
            try:
                await self._receive(client)
            finally:
                await end(senders)

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            raw = message.payload if isinstance(message.payload, bytes) else b""
            topic = str(message.topic)
            await self.arrivals.put(Arrival(topic, raw, bool(message.retain), self.wall()))

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            topic, payload, qos = await self._outgoing.get()
            try:
                await client.publish(topic, payload, qos=qos, timeout=TIMEOUT_S)
            except aiomqtt.MqttError as error:
                self.unsent += 1
                log.warning("%s not sent: %s", topic, error)
