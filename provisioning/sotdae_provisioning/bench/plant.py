"""The plant of the benchmarks: the simulator's Modbus server, whose level jumps and whose coils note when.

Run as ``python -m sotdae_provisioning.bench.plant``; its first line says its ports.
"""

import asyncio
import json
import time
from typing import Any

from sotdae_firmware_bridge.raw import Raw
from sotdae_firmware_bridge.sim.control import ControlServer
from sotdae_firmware_bridge.sim.registers import Values
from sotdae_firmware_bridge.sim.server import SimServer
from sotdae_firmware_bridge.sim.simulator import Simulator

UNIT = 1
FLOOD_CM = 15.0
"""The closing level, and still no more than the jump that a spike filter lets pass."""


class Plant(Simulator):
    """A simulator whose level channels follow at once and whose every read is a new scan.

    `depth` sets the level and forgets the moments noted so far; `state` tells them, in seconds of
    CLOCK_MONOTONIC, which all processes of a machine share.
    """

    def __init__(self, now_s: float) -> None:
        """Start dry."""
        super().__init__(0, now_s)
        self._level_cm = 0.0
        self._scans = 0
        self._moments: dict[str, float] = {}

    def depth(self, cm: float) -> None:
        """Let every level channel read `cm`."""
        self._level_cm = cm
        self._moments = {"changed_s": time.monotonic()}

    def state(self) -> dict[str, Any]:
        """Moments noted since the level changed: changed, served (to a reader), warned, written, opened."""
        return dict(self._moments)

    def values(self, unit_id: int) -> Values:
        """See Simulator.values."""
        values = super().values(unit_id)
        if unit_id == UNIT:
            self._scans = (self._scans + 1) % 65536
            level = self._level_cm
            values |= {"radar_level": level, "pressure_level": level}
            values |= {"float_5": float(level >= 5.0), "float_15": float(level >= 15.0)}
            values |= dict.fromkeys(("radar_scan", "pressure_scan", "float_scan", "lane_scan"), self._scans)
        return values

    def raw(self, unit_id: int, table: str) -> dict[int, Raw]:
        """See Simulator.raw; notes when the new level first left."""
        if unit_id == UNIT and table == "input":
            self._note("served_s")
        return super().raw(unit_id, table)

    def order(self, unit_id: int, table: str, address: int, raw: Any) -> None:
        """See Simulator.order; notes the first order to the warnings, and the first that closes and opens."""
        super().order(unit_id, table, address, raw)
        if table == "coil":
            self._note("warned_s")
            self._note("written_s" if self.scene.orders.warn_closed else "opened_s")

    def _note(self, moment: str) -> None:
        self._moments.setdefault(moment, time.monotonic())


async def _serve() -> None:
    plant = Plant(asyncio.get_running_loop().time())
    server, control = SimServer(plant), ControlServer(plant)
    await server.start()
    await control.start()
    print(json.dumps({"port": server.port, "control_port": control.port}), flush=True)  # noqa: T201
    await server.run()


if __name__ == "__main__":
    asyncio.run(_serve())
