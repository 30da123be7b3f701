"""A simulated site on a real Modbus port, or on a serial line, for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.lines import Serial, Tcp
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_firmware_bridge.sim.server import SimServer
from sotdae_firmware_bridge.sim.simulator import Simulator, SiteName


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
async def running_site(seed: int = 7, kind: SiteName = "underpass") -> AsyncIterator[Site]:
    """Serve a fresh site on a free port, and stop it at the end."""
    simulator = Simulator(seed, asyncio.get_running_loop().time(), kind)
    server = SimServer(simulator)
    await server.start()
    async with _in_motion(simulator, server, ModbusBus(Tcp(port=server.port), timeout_s=2.0)) as site:
        yield site


@asynccontextmanager
async def wired_site(seed: int = 7, timeout_s: float = 2.0) -> AsyncIterator[tuple[Site, Cable]]:
    """Serve a fresh site as Modbus RTU over a cable of pseudo-terminals."""
    with TemporaryDirectory() as directory:
        cable = Cable(Path(directory) / "line")
        cable.plug()
        simulator = Simulator(seed, asyncio.get_running_loop().time())
        server = SimServer(simulator, serial=Serial(cable.near, parity="N"))
        try:
            await server.start()
            bus = ModbusBus(Serial(str(cable.link), parity="N"), timeout_s)
            async with _in_motion(simulator, server, bus) as site:
                yield site, cable
        finally:
            cable.close()


@asynccontextmanager
async def _in_motion(simulator: Simulator, server: SimServer, bus: ModbusBus) -> AsyncIterator[Site]:
    motion = asyncio.create_task(server.run(), name="simulated site")
    # Tests are about answers, not about the patience of a loaded machine.
    gate, homes = (ModbusDevice(profile, bus=bus) for profile in simulator.profiles.values())
    try:
        yield Site(simulator, server, gate, homes)
    finally:
        motion.cancel()
        with suppress(asyncio.CancelledError):
            await motion
        await bus.close()
        await server.stop()
