"""The gate agent, composed."""

import logging
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.eyes import ChildEyes
from sotdae_edge.adapters.history import read_history
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.state import FileState
from sotdae_edge.adapters.statements import Statements
from sotdae_edge.app.denying import Denying
from sotdae_edge.app.drift import Drift
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.app.words import said
from sotdae_edge.composing.kept import read_kept, restore
from sotdae_edge.composing.parts import clock_of, device_of, open_recorder, thread, uplink_of
from sotdae_edge.config import GateConfig
from sotdae_edge.core.effects import Alarm
from sotdae_edge.core.site import Site
from sotdae_edge.panel.server import PanelServer
from sotdae_edge.record.files import RecordFiles
from sotdae_edge.record.journal import Journal
from sotdae_edge.watchdog.agent import AgentWatchdog
from sotdae_edge.watchdog.feeding import Feeding
from sotdae_edge.watchdog.link import name_of
from sotdae_edge.watchdog.systemd import Notifier
from sotdae_shared.errors import ConfigError
from sotdae_shared.messages import Kind

log = logging.getLogger(__name__)


def compose_gate(config: GateConfig) -> tuple[GateApp, MqttUplink | None]:
    """Return the agent of a gate and its line to the hub, to run in this event loop.

    Raises:
        ConfigError: if the profile cannot be read.
        LinkError: if another process has the outbox.
    """
    clock, boot = clock_of(config), secrets.token_hex(8)
    saver = thread("state")
    store = FileState(config.storage.dir / "gate.state")
    kept, problems = read_kept(store)
    directory, recorder = open_recorder(config, clock, boot, problems)
    uplink = uplink_of(config, recorder)
    eyes = None if config.camera is None else ChildEyes(config.camera, directory / "picture.jpg")
    stated = _statements(config)
    gate = restore(_ruled(config.site, stated), boot, clock.monotonic(), recorder, kept)
    journal = _journal(config, clock, recorder, kept)
    app = GateApp(
        gate, config, device_of(config.device), recorder, store, clock, saver,
        uplink=uplink, eyes=eyes, watchdog=_watchdog(config, boot), panel=_panel(config, clock),
        journal=journal, drift=Drift(FileState(config.storage.dir / "baseline.state")),
        denying=None if stated is None else Denying(stated, config.publics),
    )  # fmt: skip
    if config.history is not None:
        _tell_history(recorder, config.history)
    return app, uplink


def _tell_history(recorder: Recorder, path: Path) -> None:
    """Say the levels of before this start; a file that holds none keeps no gate from protecting."""
    try:
        recorder.say(Kind.TELEMETRY, read_history(path))
    except ConfigError as error:
        text = f"history not told: {error}"[:200]
        log.warning("%s", text)
        recorder.say(*said(Alarm("history.refused", 4, True, text)))


def _journal(config: GateConfig, clock: SystemClock, recorder: Recorder, kept: dict[str, Any]) -> Journal:
    directory, budget_bytes = config.storage.dir, int(config.record.budget_mb * 1024 * 1024)
    files = RecordFiles(directory / "record", directory / "device.key", budget_bytes)
    return Journal(
        files, thread("journal"), clock, lambda alarm: recorder.say(*said(alarm)), memento=kept or None
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
