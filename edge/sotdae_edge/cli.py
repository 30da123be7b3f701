"""`sotdae gate` and `sotdae city`: the agents, composed from their parts."""

import asyncio
import contextlib
import json
import logging
import random
import secrets
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import typer

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.eyes import ChildEyes
from sotdae_edge.adapters.history import read_history
from sotdae_edge.adapters.lorawan import LorawanFeed
from sotdae_edge.adapters.memory import directory_in_memory, place_in_memory
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import InUseError, SparedOutbox, SqliteOutbox
from sotdae_edge.adapters.probe import RtspProbe
from sotdae_edge.adapters.state import FileState
from sotdae_edge.adapters.statements import Statements
from sotdae_edge.adapters.tls import context
from sotdae_edge.app.city import CityApp
from sotdae_edge.app.denying import Denying
from sotdae_edge.app.drift import Drift
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.app.words import said
from sotdae_edge.checking import ConfigPath, check_city, check_gate
from sotdae_edge.config import CityConfig, DeviceConfig, GateConfig
from sotdae_edge.core.effects import Alarm
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.homes import Homes
from sotdae_edge.core.homes_kept import Kept as KeptHomes
from sotdae_edge.core.relays import Relays
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_edge.core.site import Site
from sotdae_edge.core.slopes import Slopes
from sotdae_edge.ending import end
from sotdae_edge.fitting import city_points, fitted_city, fitted_gate, scale
from sotdae_edge.panel.approve import approve
from sotdae_edge.panel.cli import panel
from sotdae_edge.panel.key_cli import key_app
from sotdae_edge.panel.server import PanelServer
from sotdae_edge.ports import Device
from sotdae_edge.record.files import RecordFiles
from sotdae_edge.record.journal import Journal
from sotdae_edge.watchdog.agent import AgentWatchdog
from sotdae_edge.watchdog.cli import watchdog
from sotdae_edge.watchdog.feeding import Feeding
from sotdae_edge.watchdog.link import name_of
from sotdae_edge.watchdog.systemd import Notifier
from sotdae_firmware_bridge.lines import Line, Serial, Tcp
from sotdae_firmware_bridge.lorawan import Latest, parse_uplink, reply, samples
from sotdae_firmware_bridge.payload import load as load_payload
from sotdae_firmware_bridge.profile import load as load_profile
from sotdae_firmware_bridge.reach import reach
from sotdae_shared.errors import ConfigError, LinkError, WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Kind
from sotdae_shared.samples import Sample
from sotdae_shared.topics import Address

LINGER_S = 8.0
"""How long a stopping agent waits for the hub's last acks: longer than one resend, in case one is needed."""

gate_app = typer.Typer(no_args_is_help=True, help="The gate agent: senses, decides and acts on site.")
city_app = typer.Typer(no_args_is_help=True, help="The city agent: home alarms, gauges and cameras.")

AnyConfig = GateConfig | CityConfig


@gate_app.command("run")
def run_gate(config: ConfigPath) -> None:
    """Run the gate agent until SIGTERM. Protects with or without broker, hub and camera."""
    _run(_gate(_load(fitted_gate, config)))


gate_app.command("check-config")(check_gate)
gate_app.command("watchdog")(watchdog)
gate_app.command("panel")(panel)
gate_app.command("approve")(approve)
gate_app.add_typer(key_app, name="key")


city_app.command("check-config")(check_city)


@city_app.command("run")
def run_city(config: ConfigPath) -> None:
    """Run the city agent until SIGTERM."""
    _run(_city(_load(fitted_city, config)))


def _load(loader: Any, path: Path) -> Any:
    try:
        return loader(path)
    except ConfigError as error:
        end(error)


async def _gate(config: GateConfig) -> None:
    clock, boot = _clock(config), secrets.token_hex(8)
    saver = _thread("state")
    store = FileState(config.storage.dir / "gate.state")
    kept, problems = _kept(store)
    directory, recorder = _recorder(config, clock, boot, problems)
    uplink = _uplink(config, recorder)
    eyes = None if config.camera is None else ChildEyes(config.camera, directory / "picture.jpg")
    stated = _statements(config)
    gate = _restore(_ruled(config.site, stated), boot, clock.monotonic(), recorder, kept)
    journal = _journal(config, clock, recorder, kept)
    app = GateApp(
        gate, config, _device(config.device), recorder, store, clock, saver,
        uplink=uplink, eyes=eyes, watchdog=_watchdog(config, boot), panel=_panel(config, clock),
        journal=journal, drift=Drift(FileState(config.storage.dir / "baseline.state")),
        denying=None if stated is None else Denying(stated, config.publics),
    )  # fmt: skip
    if config.history is not None:
        recorder.say(Kind.TELEMETRY, read_history(config.history))
    await _together(app, recorder, uplink)


async def _city(config: CityConfig) -> None:
    clock, boot = _clock(config), secrets.token_hex(8)
    saver = _thread("state")
    store = FileState(config.storage.dir / "city.state")
    kept, problems = _kept(store)
    _, recorder = _recorder(config, clock, boot, problems)
    uplink = _uplink(config, recorder)
    now = clock.monotonic()
    homes = Homes(config.homes, boot, now, _kept_homes(kept, recorder), config.rain)
    app = CityApp(
        homes, config, _device(config.device), recorder, store, clock, saver, RtspProbe(),
        uplink=uplink, slopes=Slopes(config.slopes, boot, now, _part(kept, "slopes", recorder)),
        reservoirs=Reservoirs(config.reservoirs, now, _part(kept, "reservoirs", recorder)),
        relays=_relays(config), feed=_feed(config), born=now,
    )  # fmt: skip
    await _together(app, recorder, uplink)


def _recorder(config: AnyConfig, clock: SystemClock, boot: str, problems: list[str]) -> tuple[Path, Recorder]:
    """Open the outbox; where the disk refuses, keep messages in memory and say so loudly.

    Protection needs no disk (DESIGN 3.6). Returns the directory that is used for messages and pictures;
    state and record go on asking for the disk, which may come back.
    """
    directory, lost = config.storage.dir, None
    outbox: SqliteOutbox | SparedOutbox
    try:
        directory.mkdir(parents=True, exist_ok=True)
        outbox = _spared(config, boot)
    except InUseError:
        raise
    except (OSError, LinkError) as error:
        lost = f"storage {directory}: {error}; running from memory, nothing survives a power cut"
        directory = directory_in_memory(directory)
        outbox = _outbox(config, boot, directory)
    recorder = Recorder(outbox, clock, _thread("outbox"), lambda: None)
    if lost is not None:
        recorder.say(*said(Alarm("storage.lost", 1, True, lost)))
    if outbox.recovered_from_corruption:
        _alarm(recorder, "outbox.corrupt", "the outbox was corrupt and set aside: its tail is unknown")
    for problem in problems:
        _alarm(recorder, "state.corrupt", problem)
    return directory, recorder


async def _together(app: GateApp | CityApp, recorder: Recorder, uplink: MqttUplink | None) -> None:
    """Run agent and uplink until a signal. The agent stops first, so that the uplink can deliver its last."""
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


def _restore(site: Site, boot: str, now: float, recorder: Recorder, kept: dict[str, Any]) -> Gate:
    """Start from the last good state; without one, the hazard is assumed unless the arm is proven open."""
    try:
        return Gate.start(site, boot, now, kept or None)
    except WireError as error:
        _alarm(recorder, "state.corrupt", str(error))
        return Gate.start(site, boot, now)


def _kept_homes(kept: dict[str, Any], recorder: Recorder) -> KeptHomes:
    """Return what the last run knew of its homes; without it, all are unknown until they are heard."""
    try:
        return KeptHomes.read(kept.get("homes"))
    except WireError as error:
        _alarm(recorder, "state.corrupt", str(error))
        return KeptHomes()


def _part(kept: dict[str, Any], name: str, recorder: Recorder) -> dict[str, Any]:
    """Return one part of what the last run kept; what is no table is begun anew, and told."""
    part = kept.get(name) or {}
    if isinstance(part, dict):
        return part
    _alarm(recorder, "state.corrupt", f"the kept {name} are no table: they begin anew")
    return {}


def _kept(store: FileState) -> tuple[dict[str, Any], list[str]]:
    """Return the last good state, and what was wrong with what lay there."""
    problems = []
    value: Any = {}
    try:
        raw = store.load()
        value = {} if raw is None else json.loads(raw)
    except (OSError, LinkError, ValueError, RecursionError) as error:
        problems.append(f"the kept state cannot be read: {error}")
    if store.corrupt:
        problems.append("a kept state was corrupt and set aside")
    return (value if isinstance(value, dict) else {}), problems


def _clock(config: AnyConfig) -> SystemClock:
    return SystemClock(assume_synced=config.clock.source == "assume_synced")


def _alarm(recorder: Recorder, code: str, text: str) -> None:
    recorder.say(*said(Alarm(code, 2, True, text)))


def _journal(config: GateConfig, clock: SystemClock, recorder: Recorder, kept: dict[str, Any]) -> Journal:
    directory, budget_bytes = config.storage.dir, int(config.record.budget_mb * 1024 * 1024)
    files = RecordFiles(directory / "record", directory / "device.key", budget_bytes)
    return Journal(
        files, _thread("journal"), clock, lambda alarm: recorder.say(*said(alarm)), memento=kept or None
    )


def _statements(config: GateConfig) -> Statements | None:
    """Return where floor and deny list are read; None where the file names no papers."""
    if config.papers is None:
        return None
    floors, lists = (FileState(config.storage.dir / f"{name}.state") for name in ("floor", "deny"))
    return Statements(config.papers.dir, str(config.facility.id), floors, lists)


def _ruled(site: Site, stated: Statements | None) -> Site:
    """Return a site that takes no policy below the floor that the enrolment office stated."""
    floor = None if stated is None or site.policy is None else stated.floor()
    if floor is None or site.policy is None:
        return site
    return replace(site, policy=replace(site.policy, floor=floor.policy))


def _thread(name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix=name)


def _device(config: DeviceConfig) -> Device:
    line: Line = Tcp(config.host, config.port)
    if config.serial is not None:
        line = Serial(config.serial, config.baud, config.parity)
    return reach(load_profile(config.profile), line, config.speaks, config.timeout_s)


def _panel(config: GateConfig, clock: SystemClock) -> PanelServer | None:
    if not config.panel.enabled:
        return None
    place = config.facility
    return PanelServer(
        config.panel_socket, str(place.id), place.node, config.roster,
        now=clock.monotonic, token=lambda: secrets.token_hex(16),
    )  # fmt: skip


def _watchdog(config: GateConfig, boot: str) -> AgentWatchdog:
    feeding = None if config.watchdog is None else Feeding(bytes.fromhex(boot), config.watchdog.after_s)
    return AgentWatchdog(Notifier(), feeding, name_of(config.storage.dir))


def _relays(config: CityConfig) -> Relays:
    return Relays(config.relays, {name: scale(point) for name, point in city_points(config).items()})


def _feed(config: CityConfig) -> LorawanFeed | None:
    lorawan = config.lorawan
    if lorawan is None:
        return None
    payload, latest = load_payload(lorawan.payload), Latest()

    def understand(raw: bytes) -> dict[str, Sample]:
        uplink = parse_uplink(raw)
        if uplink.device not in lorawan.devices:
            raise WireError(f"{uplink.device} is none of ours")
        points = samples(uplink, payload)
        name = lorawan.devices[uplink.device]
        return {f"{name}_{point}": each for point, each in points.items()} if latest.take(uplink) else {}

    return LorawanFeed(
        lorawan.host, lorawan.port, lorawan.topic,
        identity=f"{config.facility.node}-uplinks", understand=understand,
        reply=lambda topic, count, heartbeat_s: reply(topic, payload, count, heartbeat_s),
        rng=random.SystemRandom(),
    )  # fmt: skip


def _spared(config: AnyConfig, boot: str) -> SparedOutbox:
    """Open the outbox on disk; what the disk refuses later goes to memory."""
    home = config.storage.dir
    begun = (place_in_memory(home) / "outbox.db").exists()
    return SparedOutbox(
        _outbox(config, boot, home),
        lambda: _outbox(config, secrets.token_hex(8), directory_in_memory(home)),
        begun=begun,
    )


def _outbox(config: AnyConfig, boot: str, directory: Path) -> SqliteOutbox:
    return SqliteOutbox(
        directory / "outbox.db",
        _address(config),
        boot,
        telemetry_budget_bytes=int(config.storage.telemetry_budget_mb * 1024 * 1024),
        ledger=config.storage.ledger,
    )


def _address(config: AnyConfig) -> Address:
    return Address(FacilityId(config.facility.id), config.facility.node)


def _uplink(config: AnyConfig, recorder: Recorder) -> MqttUplink | None:
    if config.hub is None:
        return None
    return MqttUplink(
        config.hub.host,
        config.hub.port,
        _address(config),
        recorder.outbox,
        worker=recorder.worker,
        identity=config.facility.node,
        rng=random.SystemRandom(),
        tls=None if config.hub.tls is None else partial(context, config.hub.tls),
    )


def _run(agent: Any) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(agent)
    except (ConfigError, LinkError) as error:
        end(error)
