"""`sotdae gate` and `sotdae city`: the agents, run until a signal."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import typer

from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.app.city import CityApp
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.checking import ConfigPath, check_city, check_gate
from sotdae_edge.composing.city import compose_city
from sotdae_edge.composing.gate import compose_gate
from sotdae_edge.ending import end
from sotdae_edge.fitting import fitted_city, fitted_gate
from sotdae_edge.panel.approve import approve
from sotdae_edge.panel.cli import panel
from sotdae_edge.panel.key_cli import key_app
from sotdae_edge.watchdog.cli import watchdog
from sotdae_shared.errors import ConfigError, LinkError

Config = TypeVar("Config")
Composed = tuple[GateApp | CityApp, MqttUplink | None]
"""An agent, and its line to the hub if it has one."""
LINGER_S = 8.0
"""How long a stopping agent waits for the hub's last acks: longer than one resend, in case one is needed."""

gate_app = typer.Typer(no_args_is_help=True, help="The gate agent: senses, decides and acts on site.")
city_app = typer.Typer(no_args_is_help=True, help="The city agent: home alarms, gauges and cameras.")


@gate_app.command("run")
def run_gate(config: ConfigPath) -> None:
    """Run the gate agent until SIGTERM. Protects with or without broker, hub and camera.

    Example:  sotdae gate run --config /etc/sotdae/gate.toml
    """
    _run(fitted_gate, compose_gate, config)


gate_app.command("check-config")(check_gate)
gate_app.command("watchdog")(watchdog)
gate_app.command("panel")(panel)
gate_app.command("approve")(approve)
gate_app.add_typer(key_app, name="key")


city_app.command("check-config")(check_city)


@city_app.command("run")
def run_city(config: ConfigPath) -> None:
    """Run the city agent until SIGTERM.

    Example:  sotdae city run --config /etc/sotdae/city.toml
    """
    _run(fitted_city, compose_city, config)


def _run(load: Callable[[Path], Config], compose: Callable[[Config], Composed], path: Path) -> None:
    try:
        config = load(path)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        asyncio.run(_until_told(lambda: compose(config)))
    except (ConfigError, LinkError) as error:
        end(error)


async def _until_told(make: Callable[[], Composed]) -> None:
    """Run agent and uplink until a signal. The agent stops first, so that the uplink can deliver its last."""
    app, uplink = make()
    recorder = app.recorder
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if uplink is not None:
        recorder.wake = uplink.wake
    async with asyncio.TaskGroup() as tasks:
        agent = tasks.create_task(app.run(), name="agent")
        sender = None
        if uplink is not None:
            sender = tasks.create_task(app.helpers.keep("uplink", uplink.run), name="uplink")
        await ended.wait()
        agent.cancel()
        await asyncio.wait([agent])
        if sender is not None:
            with contextlib.suppress(LinkError):
                await _deliver(recorder)
            sender.cancel()


async def _deliver(recorder: Recorder) -> None:
    """Give the last messages a moment to be acked; what is not stays on disk for the next start."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LINGER_S
    while loop.time() < until:
        if (await recorder.stats()).pending == 0:
            return
        await asyncio.sleep(0.05)
