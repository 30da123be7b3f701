"""Uplinks of small battery devices, as a LoRaWAN network server publishes them over MQTT, and replies."""

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping

import aiomqtt

from sotdae_edge.broker import connected, stay
from sotdae_edge.stopping import unless_stopped
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.samples import Sample

WAITING = 10_000
"""Uplinks that wait to be looked at; a province has about two thousand devices."""

_log = logging.getLogger(__name__)


class LorawanFeed:
    """Implements `ports.Feed`. The broker keeps uplinks for it while it is away.

    `counters`: connects, failures, taken, refused (no uplink of ours, or a wrong one), stale (no news), told.
    """

    def __init__(
        self,
        host: str,
        port: int,
        topic: str,
        *,
        identity: str,
        understand: Callable[[bytes], Mapping[str, Sample]],
        reply: Callable[[str, int, float], tuple[str, bytes]],
        rng: random.Random,
    ) -> None:
        """Take the parts.

        `understand` gives the points of an uplink, none if it is no news, or WireError. `reply` gives topic
        and bytes of a reply to an uplink's topic, its number and the heartbeat (s), or WireError.
        """
        self.points: dict[str, Sample] = {}
        self.counters: Counter[str] = Counter()
        self._failing = False
        self._client: aiomqtt.Client | None = None
        self._from: dict[str, str] = {}
        self._reply = reply
        self._host = host
        self._port = port
        self._identity = identity
        self._topic = topic
        self._understand = understand
        self._backoff = Backoff(rng)

    async def run(self) -> None:
        """Listen until cancelled; connects again by itself."""
        await stay(self._listen, self._backoff, self._failed)

    @property
    def connected(self) -> bool:
        """Whether the broker answers; says nothing of the network server behind it."""
        return self._client is not None

    async def tell(self, point: str, count: int, heartbeat_s: float) -> None:
        """Tell the device that sends `point`; it listens after its next uplink. Raises LinkError."""
        if self._client is None or point not in self._from:
            raise LinkError(f"there is no way to the device of {point} now")
        try:
            topic, raw = self._reply(self._from[point], count, heartbeat_s)
            await unless_stopped(self._client.publish(topic, raw, qos=1))
        except (WireError, aiomqtt.MqttError) as error:
            raise LinkError(f"the device of {point} is not reached: {error}") from error
        self.counters["told"] += 1

    def _failed(self, error: BaseException) -> None:
        self.counters["failures"] += 1
        if not self._failing:
            _log.warning("uplinks at %s port %d: %s", self._host, self._port, error)
        self._failing = True

    async def _listen(self) -> None:
        async with connected(
            self._host, self._port, self._identity, clean_session=False, max_queued_incoming_messages=WAITING
        ) as client:
            await unless_stopped(client.subscribe(self._topic, qos=1))
            self.counters["connects"] += 1
            self._failing = False
            self._backoff.reset()
            self._client = client
            try:
                async for message in client.messages:
                    # A retained uplink is from before, nobody knows when: it is no sign of life.
                    if isinstance(message.payload, bytes) and not message.retain:
                        self._take(message.topic.value, message.payload)
            finally:
                self._client = None

    def _take(self, topic: str, raw: bytes) -> None:
        try:
            points = self._understand(raw)
        except WireError as error:
            self.counters["refused"] += 1
            _log.debug("uplink: %s", error)
            return
        self.counters["taken" if points else "stale"] += 1
        self.points.update(points)
        self._from.update(dict.fromkeys(points, topic))
