"""A simulated site on a real Modbus port, for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.sim.server import SimServer
from sotdae_firmware_bridge.sim.simulator import Simulator


@dataclass
class Site:
    simulator: Simulator
    server: SimServer
    gate: ModbusDevice
    homes: ModbusDevice

    async def value(self, point: str) -> float | None:
        return (await self.gate.read())[point].value

    async def until(
        self, point: str, wanted: Callable[[float | None], bool], timeout_s: float = 15.0
    ) -> None:
        """Read until a point is as wanted."""
        async with asyncio.timeout(timeout_s):
            while True:
                if wanted(await self.value(point)):
                    return
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running_site(seed: int = 7) -> AsyncIterator[Site]:
    """Serve a fresh site on a free port, and stop it at the end."""
    simulator = Simulator(seed, asyncio.get_running_loop().time())
    server = SimServer(simulator)
    await server.start()
    motion = asyncio.create_task(server.run(), name="simulated site")
    # Tests are about answers, not about the patience of a loaded machine.
    gate = ModbusDevice(load("underpass"), "127.0.0.1", server.port, timeout_s=2.0)
    homes = ModbusDevice(load("homes"), "127.0.0.1", server.port, timeout_s=2.0)
    try:
        yield Site(simulator, server, gate, homes)
    finally:
        motion.cancel()
        with suppress(asyncio.CancelledError):
            await motion
        await gate.close()
        await homes.close()
        await server.stop()
