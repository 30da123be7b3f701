"""Puts a simulator and its doors together and runs them until it is told to end."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sotdae_firmware_bridge.sim.control import ControlServer
from sotdae_firmware_bridge.sim.server import SimServer
from sotdae_firmware_bridge.sim.simulator import Simulator
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


async def simulate(options: Options, ready: Callable[[dict[str, Any]], None]) -> None:
    """Run until cancelled; `ready` is told the ports once all doors are open.

    Raises:
        LinkError: if a port is taken.
        OSError: if the truth file cannot be written.
    """
    simulator = Simulator(options.seed, asyncio.get_running_loop().time())
    async with AsyncExitStack() as doors:
        log: TruthLog | None = None
        if options.truth is not None:
            log = TruthLog(doors.enter_context(options.truth.open("w", encoding="utf-8")))
        server = SimServer(
            simulator, options.host, options.port, lambda: log.note(simulator.scene) if log else None
        )
        await server.start()
        doors.push_async_callback(server.stop)
        control = ControlServer(simulator, options.host, options.control_port)
        await control.start()
        doors.push_async_callback(control.stop)
        rtsp = await _camera(simulator, options, doors)
        ready({"ready": True, "port": server.port, "control_port": control.port, "rtsp": rtsp})
        await server.run()


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
