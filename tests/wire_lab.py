"""Real parts around an uplink: a line that can be cut, and a hub so small that a test can read it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable

import aiomqtt
from wire_samples import ADDRESS

from sotdae_shared import topics, wire
from sotdae_shared.messages import AckBody, Class, Envelope, GapBody, StateBody

HOST = "127.0.0.1"
Key = tuple[str, str, int]


async def eventually(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait until something holds; fail with what did not."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {timeout_s} s: {condition}") from None


class Line:
    """A TCP line to a broker that can be cut (both ends see it at once) and mended."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._whole = True
        self.port = 0
        self.swallows = b""
        """What begins so comes back no more."""

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator["Line"]:
        server = await asyncio.start_server(self._carry, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.cut()
            server.close()
            await eventually(lambda: not self._writers)
            await server.wait_closed()

    def cut(self) -> None:
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    def lead_to(self, port: int) -> None:
        """Let new connections end somewhere else; those that are there are cut."""
        self.cut()
        self._target = port
        self.mend()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._whole:
                far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
                self._writers.add(far_writer)
                await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer, self))
                self._writers.discard(far_writer)
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: Line | None = None) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if back and back.swallows and data.startswith(back.swallows):
                continue
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


class MiniHub:
    """Hears everything; while `acking`, acks what it holds, with a prefix and ranges, in batches."""

    def __init__(self, port: int, *, acking: bool = True) -> None:
        self._port = port
        self.acking = acking
        self.heard: Counter[Key] = Counter()
        self.order: list[Key] = []
        self.messages: list[Envelope] = []
        self.states: list[StateBody] = []
        self.client: aiomqtt.Client
        self._held: dict[tuple[str, Class], set[int]] = {}
        self._to_ack: set[tuple[str, Class]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["MiniHub"]:
        async with aiomqtt.Client(HOST, self._port, identifier="mini-hub", timeout=5) as self.client:
            await self.client.subscribe(topics.ALL_UP, qos=1)
            tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._ack())]
            try:
                yield self
            finally:
                for task in tasks:
                    task.cancel()
                for result in await asyncio.gather(*tasks, return_exceptions=True):
                    assert isinstance(result, asyncio.CancelledError | aiomqtt.MqttError), result

    async def say(self, kind: str, raw: bytes, qos: int = 0, *, retain: bool = False) -> None:
        """Publish to the node as a hub (or somebody worse) would."""
        await self.client.publish(f"{ADDRESS.base}/down/{kind}", raw, qos=qos, retain=retain)

    async def _listen(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            parsed = topics.parse(message.topic.value)
            if parsed.kind is None:
                self.states.append(wire.decode_as(StateBody, message.payload))
            else:
                envelope = wire.decode(message.payload)
                wire.check_topic(parsed, envelope, envelope.kind)
                self._hold(envelope)

    def _hold(self, message: Envelope) -> None:
        key = (message.boot, message.cls.value, message.seq)
        self.heard[key] += 1
        if self.heard[key] == 1:
            self.order.append(key)
            self.messages.append(message)
        last = message.body.to if isinstance(message.body, GapBody) else message.seq
        self._held.setdefault((message.boot, message.cls), set()).update(range(message.seq, last + 1))
        self._to_ack.add((message.boot, message.cls))

    async def _ack(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            while self.acking and self._to_ack:
                boot, cls = self._to_ack.pop()
                held = self._held[boot, cls]
                upto = next(n for n in range(1, len(held) + 2) if n not in held) - 1
                ranges = tuple((n, n) for n in sorted(held) if n > upto)
                ack = AckBody(boot=boot, cls=cls, upto=upto, ranges=ranges)
                await self.say("ack", wire.encode_down(ack), qos=1)
