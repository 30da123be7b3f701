"""The processes: the agent, its watchdog, and whether both begin by themselves after a power cut."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sotdae_edge.adapters.outbox import holder_of
from sotdae_edge.config import GateConfig
from sotdae_edge.panel.door import connect
from sotdae_edge.watchdog.link import name_of
from sotdae_provisioning.device.doctor.finding import Finding, found
from sotdae_shared.errors import LinkError

HELLO_S = 3.0
"""An agent greets within milliseconds; a box under load may take longer."""
STANDING_S = 0.5
"""A connection that the broker refuses is gone sooner."""
ESTABLISHED = "01"  # include/net/tcp_states.h
AGENT, WATCHDOG, PAPERS = "sotdae-gate.service", "sotdae-watchdog.service", "sotdae-papers.service"


@dataclass(frozen=True, slots=True)
class Processes:
    """Who runs."""

    holder: int | None
    """The process that holds the agent's files; None where nobody does."""
    greets: bool | None
    """Whether it answers at its socket; None where it has none."""
    socket: Path
    watchdog: bool | None
    """Whether the watchdog runs; None where none is wanted."""
    timer: Path | None
    """The hardware timer, if it cannot be had."""
    not_enabled: tuple[str, ...]
    """Units that systemd would not start; empty where there is no systemd."""


async def gather(config: GateConfig) -> Processes:
    """Look for the processes. Nothing is locked and nobody is disturbed."""
    holder = holder_of(config.storage.dir / "outbox.db.lock")
    greets = await _greets(config.panel_socket) if config.panel.enabled and holder is not None else None
    wanted, watchdog, timer = [AGENT], None, None
    if config.watchdog is not None:
        watchdog = _bound(name_of(config.storage.dir))
        timer = _missing(config.watchdog.timer)
        wanted.append(WATCHDOG)
    if config.papers is not None:
        wanted.append(PAPERS)
    return Processes(holder, greets, config.panel_socket, watchdog, timer, await _not_enabled(wanted))


async def _greets(path: Path) -> bool:
    try:
        async with asyncio.timeout(HELLO_S):
            reader, writer = await asyncio.open_unix_connection(sock=await connect(path))
            try:
                return (await reader.readline()).endswith(b"\n")
            finally:
                writer.transport.abort()
    except (LinkError, OSError, TimeoutError):
        return False


async def connected(pid: int, port: int) -> bool:
    """Whether a process has a standing connection to a port; True where one may not look."""
    before = _connections(pid, port)
    await asyncio.sleep(STANDING_S)
    after = _connections(pid, port)
    return before is None or after is None or bool(before & after)


def _connections(pid: int, port: int) -> set[str] | None:
    """Return the inodes of a process's established TCP connections to a port (proc(5)); None: not allowed."""
    process, found_open = Path("/proc") / str(pid), set()
    try:
        links = {str(each.readlink()) for each in (process / "fd").iterdir()}
        for name in ("tcp", "tcp6"):
            for line in (process / "net" / name).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                to, state, inode = words[2], words[3], words[9]
                if state == ESTABLISHED and int(to.rpartition(":")[2], 16) == port:
                    found_open.add(f"socket:[{inode}]")
    except OSError:
        return None
    return found_open & links


def _bound(name: bytes) -> bool:
    """Whether a process has this abstract name; in the kernel's list an @ stands for the zero byte."""
    listed = Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines()
    wanted = "@" + name[1:].decode("ascii")
    return any(line.split()[-1] == wanted for line in listed)


def _missing(timer: Path | None) -> Path | None:
    return timer if timer is not None and not os.access(timer, os.W_OK) else None


async def _not_enabled(units: list[str]) -> tuple[str, ...]:
    """Ask systemd, where it is the one that starts things."""
    program = shutil.which("systemctl")
    if program is None or not Path("/run/systemd/system").is_dir():  # noqa: ASYNC240 - a moment, once
        return ()
    found_off = []
    for unit in units:
        asking = await asyncio.create_subprocess_exec(
            program, "is-enabled", "--quiet", unit, stderr=asyncio.subprocess.DEVNULL
        )
        if await asking.wait() != 0:
            found_off.append(unit)
    return tuple(found_off)


def judge(processes: Processes, *, seen: bool) -> Iterator[Finding]:
    """Say what is wrong with the processes. `seen`: whether an agent's files could be looked at."""
    if not seen:
        pass
    elif processes.holder is None:
        yield found("agent.off")
    elif processes.greets is False:
        yield found("agent.frozen", pid=processes.holder, socket=processes.socket)
    if processes.watchdog is False:
        yield found("watchdog.off")
    if processes.timer is not None:
        yield found("watchdog.timer", timer=processes.timer)
    for unit in processes.not_enabled:
        yield found("unit.absent", unit=unit)
