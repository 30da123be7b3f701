"""What both agents are made of: clock, outbox, the line to the hub, the device."""

import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.memory import directory_in_memory, left_in_memory
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import InUseError, SparedOutbox, SqliteOutbox
from sotdae_edge.adapters.tls import context
from sotdae_edge.app.recorder import SET_ASIDE, Recorder
from sotdae_edge.app.words import said
from sotdae_edge.config import CityConfig, DeviceConfig, GateConfig
from sotdae_edge.core.effects import Alarm
from sotdae_edge.ports import Device
from sotdae_firmware_bridge.lines import Line, Serial, Tcp
from sotdae_firmware_bridge.profile import load as load_profile
from sotdae_firmware_bridge.reach import reach
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

AnyConfig = GateConfig | CityConfig


def open_recorder(
    config: AnyConfig, clock: SystemClock, boot: str, problems: list[str]
) -> tuple[Path, Recorder]:
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
    recorder = Recorder(outbox, clock, thread("outbox"), lambda: None)
    if lost is not None:
        recorder.say(*said(Alarm("storage.lost", 1, True, lost)))
    if outbox.recovered_from_corruption:
        say_lost(recorder, "outbox.corrupt", SET_ASIDE)
    for problem in problems:
        say_lost(recorder, "state.corrupt", problem)
    return directory, recorder


def uplink_of(config: AnyConfig, recorder: Recorder) -> MqttUplink | None:
    """Return the line to the hub; None where the file has none."""
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


def device_of(config: DeviceConfig) -> Device:
    """Return the field device, by the line and profile of the file."""
    line: Line = Tcp(config.host, config.port)
    if config.serial is not None:
        line = Serial(config.serial, config.baud, config.parity)
    return reach(load_profile(config.profile), line, config.speaks, config.timeout_s)


def clock_of(config: AnyConfig) -> SystemClock:
    """Return the wall clock, trusted as the file says."""
    return SystemClock(assume_synced=config.clock.source == "assume_synced")


def thread(name: str) -> ThreadPoolExecutor:
    """Return a thread of its own, for what blocks."""
    return ThreadPoolExecutor(1, thread_name_prefix=name)


def say_lost(recorder: Recorder, code: str, text: str) -> None:
    """Say that something was lost (P2)."""
    recorder.say(*said(Alarm(code, 2, True, text)))


def _spared(config: AnyConfig, boot: str) -> SparedOutbox:
    """Open the outbox on disk; what the disk refuses later goes to memory."""
    home = config.storage.dir
    return SparedOutbox(
        _outbox(config, boot, home),
        lambda: _outbox(config, secrets.token_hex(8), directory_in_memory(home)),
        begun=left_in_memory(home, "outbox.db"),
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
