"""Uplinks of small battery devices, as a LoRaWAN network server publishes them over MQTT."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import aiomqtt

from sotdae_edge.core.sending import Backoff
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample

TIMEOUT_S = 5.0
KEEPALIVE_S = 15
LEAVE_S = 2.0
WAITING = 10_000
"""Uplinks that wait to be looked at; a province has about two thousand devices."""

_log = logging.getLogger(__name__)
_library_log = _log.getChild("library")
_library_log.setLevel(logging.ERROR)  # its warnings repeat what the counters here say


class LorawanFeed:
    """Implements `ports.Feed`. The broker keeps uplinks for it while it is away.

    `counters`: connects, failures, taken, refused (no uplink of ours, or a wrong one), stale (no news).
    """

    def __init__(
        self,
        host: str,
        port: int,
        topic: str,
        *,
        identity: str,
        understand: Callable[[bytes], Mapping[str, Sample]],
        rng: random.Random,
    ) -> None:
        """Take the parts. `understand` gives the points of an uplink, none if it is no news, or WireError."""
        self.points: dict[str, Sample] = {}
        self.counters: Counter[str] = Counter()
        self._failing = False
        self._host = host
        self._port = port
        self._identity = identity
        self._topic = topic
        self._understand = understand
        self._backoff = Backoff(rng)

    async def run(self) -> None:
        """Listen until cancelled; connects again by itself."""
        while True:
            try:
                await self._listen()
            except (aiomqtt.MqttError, OSError) as error:
                self.counters["failures"] += 1
                if not self._failing:
                    _log.warning("uplinks at %s port %d: %s", self._host, self._port, error)
                self._failing = True
            await asyncio.sleep(self._backoff.wait_s())

    async def _listen(self) -> None:
        async with self._connected() as client:
            await client.subscribe(self._topic, qos=1)
            self.counters["connects"] += 1
            self._failing = False
            self._backoff.reset()
            async for message in client.messages:
                # A retained uplink is from before, nobody knows when: it is no sign of life.
                if isinstance(message.payload, bytes) and not message.retain:
                    self._take(message.payload)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        client = aiomqtt.Client(
            self._host, self._port, identifier=self._identity, protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=False, timeout=TIMEOUT_S, keepalive=KEEPALIVE_S,
            max_queued_incoming_messages=WAITING, logger=_library_log,
        )  # fmt: skip
        # Connecting goes on in a thread of the library: a cancellation must wait for it, or a socket leaks.
        entering = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.shield(entering)
            yield client
        finally:
            await asyncio.wait([entering])
            client.timeout = LEAVE_S
            with suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)

    def _take(self, raw: bytes) -> None:
        try:
            points = self._understand(raw)
        except WireError as error:
            self.counters["refused"] += 1
            _log.debug("uplink: %s", error)
            return
        self.counters["taken" if points else "stale"] += 1
        self.points.update(points)
