"""`sotdae gate watchdog`: a process that needs neither the agent's network, nor its disk, nor its keys."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.config import GateConfig, WatchdogConfig, load_gate
from sotdae_edge.ending import end
from sotdae_edge.watchdog.link import Link, name_of
from sotdae_edge.watchdog.run import Runner
from sotdae_edge.watchdog.systemd import Notifier
from sotdae_edge.watchdog.timer import HardwareTimer
from sotdae_edge.watchdog.watch import Watch
from sotdae_edge.watchdog.wire import Notes
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load as load_profile
from sotdae_shared.errors import ConfigError, LinkError

log = logging.getLogger(__name__)

watchdog_app = typer.Typer(no_args_is_help=True, help="The gate's second process.")


@watchdog_app.callback()
def _gate() -> None:
    """Keep `watchdog` a word of its own, as in `sotdae gate watchdog`."""


@watchdog_app.command("watchdog")
def watchdog(
    config: Annotated[Path, typer.Option("--config", "-c", help="The agent's TOML file.")],
) -> None:
    """Close the warnings whenever the gate's agent stops feeding. Never opens them; runs until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        gate = load_gate(config)
        if gate.watchdog is None:
            raise ConfigError(
                str(config), ["watchdog: absent, so the agent would not feed; see gate.example.toml"]
            )
        asyncio.run(_run(gate, gate.watchdog))
    except (ConfigError, LinkError) as error:
        end(error)


async def _run(config: GateConfig, patience: WatchdogConfig) -> None:
    at = config.device
    device = ModbusDevice(load_profile(at.profile), at.host, at.port, at.timeout_s)
    link, notifier = Link(name_of(config.storage.dir)), Notifier()
    clock = SystemClock()
    watch = Watch(patience.after_s, patience.settle_s, clock.monotonic())
    runner = Runner(watch, link, device, clock, notifier)
    if patience.timer is not None:
        try:
            runner.timer = HardwareTimer(patience.timer)
        except LinkError as error:
            # The warnings matter more than the board: go on, and let the agent raise an alarm.
            log.error("%s", error)
            runner.notes |= Notes.UNARMED
    try:
        await _until_told(runner)
    finally:
        await device.close()
        link.close()
        notifier.close()


async def _until_told(runner: Runner) -> None:
    loop, running = asyncio.get_running_loop(), asyncio.ensure_future(runner.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()
