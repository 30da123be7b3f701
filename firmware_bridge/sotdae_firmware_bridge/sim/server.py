"""The simulator on the wire: a real Modbus server, TCP and RTU, whose registers are the scene."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from sotdae_firmware_bridge.lines import Serial
from sotdae_firmware_bridge.profile import Profile
from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_shared.errors import LinkError

TICK_S = 0.02
_TABLE_OF = {
    1: "coil",
    2: "discrete",
    3: "holding",
    4: "input",
    5: "coil",
    6: "holding",
    15: "coil",
    16: "holding",
}
"""Table by function code."""

# A request that the server refuses is an answer on the wire, not a message on stderr.
logging.getLogger("pymodbus").addHandler(logging.NullHandler())


class SimServer:
    """Serves a simulator's units on one port, and a serial line if given, and moves its scene with the clock.

    `start` listens, `run` moves the scene until cancelled, `stop` closes. While the controller has no
    power the port refuses connections and the line is silent.
    """

    def __init__(
        self,
        simulator: Simulator,
        host: str = "127.0.0.1",
        port: int = 0,
        tick: Callable[[], None] | None = None,
        *,
        serial: Serial | None = None,
    ) -> None:
        """Prepare; `tick` is called after each move of the scene."""
        self._simulator = simulator
        self._host = host
        self.port = port
        self._tick = tick
        self._serial = serial
        self._servers: list[ModbusTcpServer | ModbusSerialServer] = []

    async def start(self) -> None:
        """Listen; a port of 0 becomes a free one. Raises LinkError if port or line cannot be had."""
        server = ModbusTcpServer(
            self._devices(), address=(self._host, self.port), trace_packet=self._gateway_answer
        )
        await self._serve_on(server, f"{self._host}:{self.port}")
        listener: Any = server.transport
        self.port = listener.sockets[0].getsockname()[1]
        if (line := self._serial) is not None:
            rtu = ModbusSerialServer(
                self._devices(),
                framer=FramerType.RTU,
                port=line.path,
                baudrate=line.baud,
                parity=line.parity,
                stopbits=line.stop_bits,
                trace_packet=self._bus_answer,
            )
            await self._serve_on(rtu, line.path)

    async def run(self) -> None:
        """Move the scene at 50 Hz, for ever."""
        clock = asyncio.get_running_loop().time
        while True:
            self._simulator.advance(clock())
            if self._tick is not None:
                self._tick()
            await self._follow_power()
            await asyncio.sleep(TICK_S)

    async def stop(self) -> None:
        """Close the port, the line and all connections."""
        while self._servers:
            self._servers.pop().close()

    async def _follow_power(self) -> None:
        if not self._simulator.scene.powered:
            await self.stop()
        elif not self._servers:
            with suppress(LinkError):  # the port may be taken for a moment; the next tick tries again
                await self.start()

    async def _serve_on(self, server: ModbusTcpServer | ModbusSerialServer, place: str) -> None:
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            await self.stop()
            raise LinkError(f"Modbus on {place}: {error} Is another program there?") from error
        self._servers.append(server)

    def _gateway_answer(self, sending: bool, packet: bytes) -> bytes:
        """Say of a unit that is not there what a gateway says; pymodbus says that the unit has failed."""
        if sending and packet[6] not in self._simulator.profiles:
            return packet[:8] + bytes([ExcCodes.GATEWAY_NO_RESPONSE]) + packet[9:]
        return packet

    def _bus_answer(self, sending: bool, packet: bytes) -> bytes:
        """Say nothing for a unit that is not there, as on a bus."""
        return b"" if sending and packet[0] not in self._simulator.profiles else packet

    def _devices(self) -> list[SimDevice]:
        return [self._device(profile) for profile in self._simulator.profiles.values()]

    def _device(self, profile: Profile) -> SimDevice:
        unit_id = profile.device.unit_id

        async def serve(
            code: int, start: int, address: int, _count: int, words: list[int], new: list[Any] | None
        ) -> ExcCodes | None:
            return self._serve(unit_id, (code, start, address), words, new)

        coils, discretes = _bits(profile, "coil"), _bits(profile, "discrete")
        holdings, inputs = _words(profile, "holding"), _words(profile, "input")
        return SimDevice(unit_id, simdata=(coils, discretes, holdings, inputs), action=serve)

    def _serve(
        self, unit_id: int, where: tuple[int, int, int], words: list[int], new: list[Any] | None
    ) -> ExcCodes | None:
        """Answer one request: put the scene's raw values into `words`, or take what was written."""
        code, start, address = where
        table = _TABLE_OF.get(code)
        if table is None:
            return ExcCodes.ILLEGAL_FUNCTION
        self._simulator.advance(asyncio.get_running_loop().time())
        try:
            if new is not None:
                self._simulator.order(unit_id, table, address, new)
        except LookupError:
            return ExcCodes.ILLEGAL_ADDRESS
        except ValueError:
            return ExcCodes.ILLEGAL_VALUE
        for at, raw in self._simulator.raw(unit_id, table).items():
            if isinstance(raw, bool):
                index, bit = divmod(at - start * 16, 16)
                words[index] = words[index] & ~(1 << bit) | raw << bit
            else:
                words[at - start : at - start + len(raw)] = raw
        return None


def _bits(profile: Profile, table: str) -> list[SimData]:
    last = max((point.address for point in profile.points.values() if point.table == table), default=0)
    return [SimData(0, values=[False] * (last + 1), datatype=DataType.BITS)]


def _words(profile: Profile, table: str) -> list[SimData]:
    points = [point for point in profile.points.values() if point.table == table]
    if not points:
        return [SimData(0, datatype=DataType.INVALID)]
    return [SimData(p.address, values=[0] * p.width, datatype=DataType.REGISTERS) for p in points]
