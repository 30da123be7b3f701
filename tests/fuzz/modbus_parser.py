"""A Modbus device over TCP that answers whatever it likes, on a real connection."""

import asyncio
from contextlib import ExitStack

from fuzz.target import Feed, Target

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.lines import Tcp
from sotdae_firmware_bridge.raw import Block
from sotdae_shared.errors import LinkError

TIMEOUT_S = 0.02
"""For answers that are none; the client closes and opens its connection then."""
BLOCKS = (Block("input", 0, 4, ("a",)), Block("discrete", 0, 9, ("b",)))


class _Peer:
    """Answers each request with its own head and a given rest: unit, function, data."""

    def __init__(self) -> None:
        self.rest = b""
        self.server: asyncio.Server | None = None

    async def start(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.read(300):
                writer.write(request[:4] + len(self.rest).to_bytes(2) + self.rest)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()


def _answered(stack: ExitStack) -> Feed:
    """The first octet chooses what is asked; what comes is as many values as were asked for, or an error."""
    runner, peer = stack.enter_context(asyncio.Runner()), _Peer()
    bus = ModbusBus(Tcp("127.0.0.1", runner.run(peer.start())), TIMEOUT_S)
    stack.callback(lambda: runner.run(peer.stop()))
    stack.callback(lambda: runner.run(bus.close()))

    def feed(data: bytes) -> None:
        block, peer.rest = BLOCKS[data[0] % 2 if data else 0], data[1:250]
        got = runner.run(bus.request(1, block, None))
        assert len(got) >= block.count
        kind = bool if block.table == "discrete" else int
        assert all(isinstance(value, kind) and 0 <= value <= 0xFFFF for value in got)

    return feed


SEEDS = (b"\0\x01\x04\x08\0\x01\0\x02\xff\xff\x80\0", b"\1\x01\x02\x02\xff\x01")

TARGETS = (Target("modbus_answer", _answered, LinkError, lambda: SEEDS),)
