"""Puts a simulator and its doors together and runs them until it is told to end."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sotdae_firmware_bridge.lines import Serial
from sotdae_firmware_bridge.sim.boardline import BoardLine
from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_firmware_bridge.sim.control import ControlServer
from sotdae_firmware_bridge.sim.server import SimServer
from sotdae_firmware_bridge.sim.simulator import Simulator, SiteName
from sotdae_firmware_bridge.sim.truth import TruthLog
from sotdae_firmware_bridge.sim.view import SceneView


@dataclass(frozen=True, slots=True)
class Options:
    """What to serve, and where. A port of 0 is a free one; None leaves the part out."""

    host: str = "127.0.0.1"
    port: int = 0
    control_port: int = 0
    truth: Path | None = None
    seed: int = 0
    camera_port: int | None = None
    clip: Path | None = None
    serial: Path | None = None
    """Serve Modbus RTU as well, on a pseudo-terminal behind this link."""
    site: SiteName = "underpass"
    board: Path | None = None
    """Serve the underpass as a board with frames as well, behind this link; only while it is beaten."""


async def simulate(options: Options, ready: Callable[[dict[str, Any]], None]) -> None:
    """Run until cancelled; `ready` is told the ports once all doors are open.

    Raises:
        LinkError: if a port is taken.
        OSError: if the truth file or the serial link cannot be made.
    """
    simulator = Simulator(options.seed, asyncio.get_running_loop().time(), options.site)
    async with AsyncExitStack() as doors:
        log: TruthLog | None = None
        if options.truth is not None:
            log = TruthLog(doors.enter_context(options.truth.open("w", encoding="utf-8")))
        server = SimServer(
            simulator,
            options.host,
            options.port,
            lambda: log.note(simulator.scene) if log else None,
            serial=_serial(options, doors),
        )
        await server.start()
        doors.push_async_callback(server.stop)
        control = ControlServer(simulator, options.host, options.control_port)
        await control.start()
        doors.push_async_callback(control.stop)
        rtsp = await _camera(simulator, options, doors)
        await _board(simulator, options, doors)
        places = {"serial": options.serial, "board": options.board}
        ready(
            {"ready": True, "port": server.port, "control_port": control.port, "rtsp": rtsp}
            | {name: None if path is None else str(path) for name, path in places.items()}
        )
        await server.run()


def _serial(options: Options, doors: AsyncExitStack) -> Serial | None:
    return None if options.serial is None else _cable(options.serial, doors)


def _cable(link: Path, doors: AsyncExitStack) -> Serial:
    """Lay a cable that the agent finds under `link`, and return the board's end of it."""
    cable = Cable(link)
    doors.callback(cable.close)
    cable.plug()
    return Serial(cable.near, parity="N")  # a pseudo-terminal has no parity


async def _board(simulator: Simulator, options: Options, doors: AsyncExitStack) -> None:
    if options.board is None:
        return
    line = BoardLine(simulator, _cable(options.board, doors))
    doors.callback(line.close)
    ticking = asyncio.create_task(line.run(), name="board")

    async def stop() -> None:
        ticking.cancel()
        await asyncio.wait([ticking])

    doors.push_async_callback(stop)


async def _camera(simulator: Simulator, options: Options, doors: AsyncExitStack) -> str | None:
    if options.camera_port is None:
        return None
    # Late, so that a simulator without a camera needs neither PyAV nor Pillow.
    from sotdae_firmware_bridge.sim.rtsp import CameraServer  # noqa: PLC0415

    def view() -> SceneView:
        return simulator.view(time.strftime("%Y-%m-%d %H:%M:%S"))

    camera = CameraServer(view, options.host, options.camera_port, options.clip)
    await camera.start()
    doors.push_async_callback(camera.stop)
    return str(camera.url)
