"""The bare loop: pymodbus, one register, one coil, nothing else. What the wire and the machine allow.

Run as ``python -m sotdae_provisioning.bench.bare PORT``, it guards for ever: the smallest possible agent.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pymodbus.client import AsyncModbusTcpClient

LEVEL, LEVEL_CLOSE = 0, 150
"""Input register of the radar (0.1 cm) and the closing level in it."""
WARN_CLOSED = 0
"""Coil, as in the profile `underpass`."""


@dataclass(slots=True)
class BareLoop:
    """Reads a register at an interval and writes a coil when it is high."""

    client: AsyncModbusTcpClient
    poll_s: float

    @classmethod
    @asynccontextmanager
    async def connected(cls, port: int, poll_s: float) -> AsyncIterator["BareLoop"]:
        """Connect to a local server for a while."""
        client = AsyncModbusTcpClient("127.0.0.1", port=port)
        await client.connect()
        try:
            yield cls(client, poll_s)
        finally:
            client.close()

    async def reopen(self) -> None:
        """Take the order back."""
        await self.client.write_coil(WARN_CLOSED, False)

    async def trip(self) -> tuple[float, float]:
        """Poll until the level is high, write, and return when it was seen and when acknowledged (s)."""
        while True:
            answer = await self.client.read_input_registers(LEVEL)
            if answer.registers[0] >= LEVEL_CLOSE:
                seen_s = time.monotonic()
                await self.client.write_coil(WARN_CLOSED, True)
                return seen_s, time.monotonic()
            await asyncio.sleep(self.poll_s)

    async def guard(self) -> None:
        """Order the warnings whenever the level passes the threshold, up or down, for ever."""
        closed: bool | None = None
        while True:
            answer = await self.client.read_input_registers(LEVEL)
            high = answer.registers[0] >= LEVEL_CLOSE
            if high is not closed:
                await self.client.write_coil(WARN_CLOSED, high)
                closed = high
            await asyncio.sleep(self.poll_s)


async def _run(port: int) -> None:
    async with BareLoop.connected(port, 0.1) as loop:
        await loop.guard()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
