"""The way to the hub over MQTT 3.1.1: rows up until the hub acks them, orders down while connected."""

import asyncio
import contextlib
import logging
import random
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from typing import Literal, TypeVar

import aiomqtt

from sotdae_edge.broker import LEAVE_S, TIMEOUT_S, connected, stay
from sotdae_edge.core.sending import SendWindow, TokenBucket
from sotdae_edge.ports import Inbound, Outbox, Row
from sotdae_edge.stopping import unless_stopped
from sotdae_shared import topics, wire
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import AckBody, Kind, StateBody

WINDOW = 200
"""Most rows sent and not yet acked by the hub."""
INBOUND_LIMIT = 64
"""Orders that wait for the runner; the oldest goes first when it does not keep up."""
DOWN_LIMIT = 1_000
"""Messages of one connection that wait to be looked at; more are dropped, and the hub repeats its acks."""
REFUSED = 128
"""SUBACK: the broker does not let this node listen."""

BATCH_BYTES = 64 * 1024
"""Published at once, before asking the outbox again whether something more urgent waits."""
SLOWEST_BYTES_PER_S = 4_000
"""A link slower than this is taken for dead."""
DISK_S = 1.0
"""Between tries of an outbox that cannot be read."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class MqttUplink:
    """Implements `ports.Uplink`. Make it and run it in one event loop.

    `counters`: connects, failures, sent, acks, acked, disk, bad_down, inbound_dropped.
    """

    def __init__(
        self,
        host: str,
        port: int,
        address: topics.Address,
        outbox: Outbox,
        *,
        worker: Executor,
        identity: str,
        rng: random.Random,
        resend_s: float = 5.0,
        backlog_rate_per_s: float = 200.0,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        """Take the parts; `identity` is the MQTT client id, `worker` the outbox's one thread.

        `tls` is asked before each connection, so that renewed papers are taken; LinkError is a failed try.
        """
        self._host = host
        self._port = port
        self._address = address
        self._outbox = outbox
        self._worker = worker
        self._identity = identity
        self._resend_s = resend_s
        self._backlog_rate_per_s = backlog_rate_per_s
        self._tls = tls
        self._backoff = Backoff(rng)
        self._inbound: asyncio.Queue[Inbound] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._attempts = 0
        self._session = 0
        self._logged: set[str] = set()
        self.counters: Counter[str] = Counter()

    @property
    def session(self) -> int:
        """Number of the current connection; 0 while there is none."""
        return self._session

    @property
    def connected(self) -> bool:
        """Whether the broker answers; says nothing of the hub."""
        return self._session > 0

    @property
    def acks(self) -> int:
        """How many acks of the hub have come: its sign of life."""
        return self.counters["acks"]

    def wake(self) -> None:
        """Say that new rows wait in the outbox."""
        self._wake.set()

    async def inbound(self) -> AsyncIterator[Inbound]:
        """Yield readable queries and every command and policy, readable or not; acks are served inside."""
        while True:
            yield await self._inbound.get()

    async def run(self) -> None:
        """Stay connected until cancelled; then say offline and leave."""
        await stay(self._connection, self._backoff, self._failed)

    def _failed(self, error: BaseException) -> None:
        self.counters["failures"] += 1
        self._log_once(f"uplink to {self._host} port {self._port}: {error}")

    async def _connection(self) -> None:
        boots = await self._call(self._outbox.boots)
        self._attempts += 1
        number = self._attempts
        offline = self._state("offline", number, boots)
        will = aiomqtt.Will(self._address.state, offline, qos=1, retain=True)
        # Papers are files: no disk may hold up the loop that decides.
        tls = None if self._tls is None else await asyncio.to_thread(self._tls)
        async with connected(
            self._host, self._port, self._identity, clean_session=True, will=will, tls_context=tls,
            max_inflight_messages=WINDOW, max_queued_incoming_messages=DOWN_LIMIT,
        ) as client:  # fmt: skip
            await unless_stopped(self._subscribe(client))
            storage = self._outbox.storage
            online = self._state("online", number, boots)
            try:
                await unless_stopped(client.publish(self._address.state, online, qos=1, retain=True))
                self._session = number
                self.counters["connects"] += 1
                self._backoff.reset()
                self._logged.clear()
                await _until_one_ends(
                    asyncio.create_task(self._receive(client, number), name="uplink-receive"),
                    asyncio.create_task(self._send(client, boots[0], storage), name="uplink-send"),
                )
            finally:
                self._session = 0
                # Leaving takes the will back, and the first word may have gone though no answer came.
                with contextlib.suppress(aiomqtt.MqttError):
                    await client.publish(self._address.state, offline, qos=1, retain=True, timeout=LEAVE_S)

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        granted = await client.subscribe(self._address.all_down, qos=1)
        if any((code if isinstance(code, int) else code.value) >= REFUSED for code in granted):
            raise LinkError(f"the broker does not let {self._identity} listen on {self._address.all_down}")

    # Up

    async def _send(self, client: aiomqtt.Client, boot: str, storage: str) -> None:
        rate_per_s = self._backlog_rate_per_s
        window = SendWindow(boot, self._resend_s, TokenBucket(rate_per_s, burst=max(1.0, rate_per_s / 10)))
        now_s = asyncio.get_running_loop().time
        while True:
            self._wake.clear()
            rows = await self._rows()
            if self._outbox.storage != storage:
                raise LinkError("the outbox began anew: the hub is told by a new first word")
            due = window.due(rows or (), now_s(), BATCH_BYTES)
            await self._publish(client, due)
            wait_s = DISK_S if rows is None else window.wait_s(rows, now_s())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    async def _rows(self) -> list[Row] | None:
        """Return what waits, None if the disk refuses: that is no reason to leave the broker."""
        try:
            return await self._call(lambda: self._outbox.unsent(WINDOW))
        except LinkError as error:
            self._note_disk(error)
            return None

    async def _publish(self, client: aiomqtt.Client, rows: list[Row]) -> None:
        timeout_s = TIMEOUT_S + sum(len(row.raw) for row in rows) / SLOWEST_BYTES_PER_S
        async with asyncio.TaskGroup() as group:
            for row in rows:
                sending = client.publish(self._address.up(row.kind), row.raw, qos=1, timeout=timeout_s)
                group.create_task(sending, name=f"uplink-publish-{row.header.cls}-{row.header.seq}")
        self.counters["sent"] += len(rows)

    # Down

    async def _receive(self, client: aiomqtt.Client, number: int) -> None:
        async for message in client.messages:
            try:
                await self._take(message, number)
            except WireError as error:
                self.counters["bad_down"] += 1
                self._log_once(f"bad message from the hub: {error}")

    async def _take(self, message: aiomqtt.Message, number: int) -> None:
        parsed = topics.parse(message.topic.value)
        if parsed.address != self._address or parsed.direction != "down" or parsed.kind is None:
            raise WireError(f"{message.topic.value[:120]} is not a topic for {self._address.base}")
        raw = message.payload if isinstance(message.payload, bytes) else b""
        inbound = Inbound(parsed.kind, raw, bool(message.retain), number)
        try:
            body = wire.decode_down(parsed.kind, raw)
        except WireError:
            if parsed.kind in (Kind.COMMAND, Kind.RELEASE, Kind.POLICY):
                self._pass_on(inbound)  # whoever runs the uplink records why it was refused
            raise
        if not isinstance(body, AckBody):
            self._pass_on(inbound)
        elif message.retain:
            raise WireError("a retained ack may be older than what the hub holds now")
        else:
            await self._acked(body)

    async def _acked(self, ack: AckBody) -> None:
        self.counters["acks"] += 1
        try:
            gone = await self._call(lambda: self._outbox.ack(ack))
        except LinkError as error:
            self._note_disk(error)  # the rows are sent again, and acked again
            return
        self.counters["acked"] += gone
        if gone:
            self._wake.set()

    def _pass_on(self, inbound: Inbound) -> None:
        if self._inbound.qsize() >= INBOUND_LIMIT:
            self._inbound.get_nowait()
            self.counters["inbound_dropped"] += 1
        self._inbound.put_nowait(inbound)

    # Common

    def _state(self, status: Literal["online", "offline"], number: int, boots: tuple[str, ...]) -> bytes:
        session = f"{boots[0]}.{number}"
        return wire.encode_down(
            StateBody(status=status, session=session, storage=self._outbox.storage, boots=boots)
        )

    async def _call(self, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, function)

    def _note_disk(self, error: LinkError) -> None:
        self.counters["disk"] += 1
        self._log_once(f"outbox refuses: {error}")

    def _log_once(self, text: str) -> None:
        """Log each kind of trouble once a connection: the counters tell how often."""
        kind = text.split(":", 1)[0]
        if kind not in self._logged:
            self._logged.add(kind)
            _log.warning("%s", text)


async def _until_one_ends(*tasks: asyncio.Task[None]) -> None:
    """Wait for the first to fail, end them all, raise its error."""
    # Not a TaskGroup: in Python 3.11 it can swallow a cancellation that comes together with a failure.
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
