"""A gate made ready for a walk: its agent and watchdog kept out, its controller in hand."""

import hashlib
import os
import pwd
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import InUseError, SqliteOutbox
from sotdae_edge.config import GateConfig
from sotdae_edge.watchdog.link import Link, name_of
from sotdae_provisioning.device.papers import CURRENT, Papers
from sotdae_provisioning.device.walk.asking import Asker
from sotdae_provisioning.device.walk.course import steps
from sotdae_provisioning.device.walk.hands import Hands
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.result import Place, Walk
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address


@contextmanager
def in_hand(
    config: GateConfig, file: Path, ask: Asker, beside: Path, *, papers: Path | None, ticket: str | None
) -> Iterator[Kit]:
    """Take the gate in hand and give it back. ConfigError, LinkError: why it cannot be had."""
    clock = SystemClock(assume_synced=config.clock.source == "assume_synced")
    with ExitStack() as held:
        outbox = _outbox(config, secrets.token_hex(8))
        held.callback(outbox.close)
        held.callback(_watchdog_kept_out(config).close)
        hands = Hands(config, clock.monotonic)
        hands.start()
        held.callback(hands.close)
        folder = papers or _papers_of(config)
        mine = None if folder is None else Papers(folder)
        yield Kit(config, file, mine, ticket, ask, clock, outbox, hands, beside)


def begun(kit: Kit, technician: str, at: datetime) -> Walk:
    """Return a walk of which nothing is done."""
    place = kit.config.facility
    return Walk(
        place=Place(
            facility=str(place.id), node=place.node, name=place.name, name_en=place.name_en,
            disambiguation=place.disambiguation, lat=place.lat, lon=place.lon,
        ),
        software=f"sotdae {version('sotdae')}",
        config_sha256=hashlib.sha256(kit.file.read_bytes()).hexdigest(),
        technician=technician, began=at, steps=tuple(step.name for step in steps(kit.config)),
    )  # fmt: skip


def become_owner(directory: Path) -> None:
    """As root go on as the agent's user: nothing may become root's, and the walk tries what the agent may do.

    Anybody else must be that user already. ConfigError if not, or if nobody is.
    """
    mine = os.geteuid()
    try:
        there = directory.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(
            str(directory), [f"{error.strerror}: walk as root, or as the agent's user"]
        ) from error
    if there.st_uid == mine:
        return
    if mine != 0:
        raise ConfigError(str(directory), [f"belongs to user {there.st_uid}: walk as root, or as that user"])
    try:
        person = pwd.getpwuid(there.st_uid)
        os.initgroups(person.pw_name, person.pw_gid)
        os.setgid(person.pw_gid)
    except KeyError:
        os.setgroups([])
        os.setgid(there.st_gid)
    os.setuid(there.st_uid)


def _outbox(config: GateConfig, boot: str) -> SqliteOutbox:
    """Open the gate's own outbox: whoever has it is the only one who may run the gate."""
    directory = config.storage.dir
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return SqliteOutbox(
            directory / "outbox.db", Address(FacilityId(config.facility.id), config.facility.node), boot,
            telemetry_budget_bytes=int(config.storage.telemetry_budget_mb * 1024 * 1024),
            ledger=config.storage.ledger,
        )  # fmt: skip
    except InUseError as error:
        raise LinkError(
            "the gate's agent runs: stop it first, then walk (systemctl stop sotdae-gate)"
        ) from error
    except OSError as error:
        raise ConfigError(str(directory), [f"cannot be written: {error.strerror}"]) from error


def _watchdog_kept_out(config: GateConfig) -> Link:
    """Hold the name of the second process: a watchdog without its agent would hold the warnings."""
    try:
        return Link(name_of(config.storage.dir))
    except LinkError as error:
        raise LinkError("the gate's watchdog runs: stop it first (systemctl stop sotdae-watchdog)") from error


def _papers_of(config: GateConfig) -> Path | None:
    """Return the folder of papers that the gate's file names, or points into if it uses the two slots."""
    if config.papers is not None:
        return config.papers.dir
    tls = None if config.hub is None else config.hub.tls
    return tls.chain.parent.parent if tls is not None and tls.chain.parent.name == CURRENT else None
