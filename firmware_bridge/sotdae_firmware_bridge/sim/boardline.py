"""A simulated board on a real serial line."""

import asyncio
from contextlib import suppress

from sotdae_firmware_bridge.lines import Serial
from sotdae_firmware_bridge.port import SerialPort
from sotdae_firmware_bridge.sim.board import Board
from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_shared.errors import LinkError

TICK_S = 0.02


class BoardLine:
    """Serves one unit of a scene as a board. `run` until cancelled; without power the board is silent."""

    def __init__(self, simulator: Simulator, line: Serial, unit_id: int = 1) -> None:
        """Open the line, inside a running event loop. Raises LinkError."""
        self._simulator = simulator
        self._unit_id = unit_id
        self._clock = asyncio.get_running_loop().time
        self._boots = 0
        self.board = self._start()
        self._port = SerialPort(line, self._take)

    async def run(self) -> None:
        """Tick at 50 Hz; power that comes back starts the board anew."""
        powered = True
        while True:
            self.board.tick(self._clock())
            if self._simulator.scene.powered and not powered:
                self.board = self._start()
            powered = self._simulator.scene.powered
            await asyncio.sleep(TICK_S)

    def close(self) -> None:
        """Let go of the line."""
        self._port.close()

    def _start(self) -> Board:
        self._boots += 1
        return Board(self._simulator, self._unit_id, self._boots)

    def _take(self, octets: bytes) -> None:
        if not self._simulator.scene.powered:
            return
        if answer := self.board.receive(octets, self._clock()):
            with suppress(LinkError):  # who asked is gone; the watchdog knows what to do
                self._port.write(answer)
