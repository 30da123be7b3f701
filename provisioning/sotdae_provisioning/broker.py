"""Real MQTT brokers as child processes: NATS from its wheel (the default) and Mosquitto (Debian).

Both listen on 127.0.0.1 only and without TLS: for demos, tests and one-machine hubs.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import weakref
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO

from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.wire import MAX_BYTES

HOST = "127.0.0.1"
_PAYLOAD = MAX_BYTES + 64 * 1024
"""The largest message and the broker's own framing."""
_STOP_S = 5.0


class Broker(ABC):
    """One broker process; it keeps its state in a directory and ends with its parent."""

    name = ""
    host = HOST
    """Where it listens; a broker without TLS only on this machine."""

    def __init__(self, state: Path, port: int | None = None, *, sync: bool = False) -> None:
        """Prepare; nothing runs yet. `sync` writes through to the disk at each message, where possible."""
        self.state = state
        self.port = port or held_ports(self, 1)[0]
        self.sync = sync
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port at which it takes connections."""
        return (self.port,)

    @property
    def pid(self) -> int | None:
        """Process id, or None while it does not run."""
        return self._process.pid if self._process is not None and self.alive else None

    def start(self) -> None:
        """Start from the state directory. Call from the main thread: the child ends with that thread.

        Raises:
            ConfigError: if the program is not installed.
        """
        if self.alive:
            return
        self.state.mkdir(parents=True, exist_ok=True)
        config = self.state / f"{self.name}.conf"
        config.write_text(self._config(), encoding="utf-8")
        with self._log_path.open("ab") as log:
            self._process = self._spawn([*_with_parent(), *self._command(config)], log)

    def reload(self) -> None:
        """Let it read its files anew."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it in order: state is written."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def answers(self) -> bool:
        """Whether anybody takes connections at its port: before the start, another program."""
        return await _answers(self.host, self.port)

    async def wait_ready(self, timeout_s: float = 15.0) -> None:
        """Return when it takes connections at all of its ports.

        Raises:
            LinkError: if it ends or stays silent; carries the end of its log.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.alive:
                    if all([await _answers(self.host, port) for port in self.ports]):
                        return
                    await asyncio.sleep(0.02)
        raise LinkError(f"{self.name} on port {self.port} is not ready: {self._log_tail()}")

    @abstractmethod
    def _config(self) -> str: ...

    @abstractmethod
    def _command(self, config: Path) -> list[str]: ...

    @property
    def _log_path(self) -> Path:
        return self.state / f"{self.name}.log"

    def _log_tail(self) -> str:
        if not self._log_path.exists():
            return "it was never started"
        return self._log_path.read_text(errors="replace")[-400:].strip() or "its log is empty"

    @staticmethod
    def _spawn(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


class NatsBroker(Broker):
    """nats-server with its MQTT listener; sessions and retained messages live in JetStream files."""

    name = "nats"
    native_port = -1
    """Port of NATS's own protocol on this machine; -1 is a free one."""

    def _tls(self) -> str:
        """Return the settings of TLS, for either port; empty: plain."""
        return ""

    def _access(self) -> str:
        """Return who may do what; empty: everybody everything."""
        return ""

    def _config(self) -> str:
        sync = "sync_interval: always" if self.sync else "sync_interval: 10s"
        return f"""\
server_name: sotdae
listen: "{HOST}:{self.native_port}"
{self._tls()}
max_payload: {_PAYLOAD}
max_pending: 64MB
jetstream {{ store_dir: "{self.state}", {sync} }}
mqtt {{
  listen: "{self.host}:{self.port}"
  max_ack_pending: 1000
  {self._tls()}
}}
{self._access()}
"""

    def _command(self, config: Path) -> list[str]:
        return [
            _program("nats-server", "in a checkout of Sotdae,  pip install '.[broker]'"),
            "-c",
            str(config),
        ]


class MosquittoBroker(Broker):
    """Mosquitto from Debian; it persists its sessions, on every change when `sync` is set."""

    name = "mosquitto"

    def _listeners(self) -> str:
        """Return the settings of every listener; here one, for everybody."""
        return f"listener {self.port} {self.host}\nallow_anonymous true\n"

    def _config(self) -> str:
        autosave = "autosave_on_changes true\nautosave_interval 1" if self.sync else "autosave_interval 30"
        return f"""\
user {pwd.getpwuid(os.getuid()).pw_name}
persistence true
persistence_location {self.state}/
{autosave}
message_size_limit {_PAYLOAD}
max_queued_messages 0
max_queued_bytes 67108864
max_inflight_messages 200
{self._listeners()}"""

    def _command(self, config: Path) -> list[str]:
        return [_program("mosquitto", "apt install mosquitto"), "-c", str(config)]


def _program(name: str, remedy: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise ConfigError(name, [f"program {name} is not installed: {remedy}"])
    return found


def _with_parent() -> list[str]:
    setpriv = shutil.which("setpriv")  # part of util-linux; without it an orphan must be ended by hand
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def held_ports(owner: object, count: int) -> list[int]:
    """Return ports that nobody else is given as long as `owner` lives; who asks for one by number may listen.

    Between the choice of a port and the start, or over a restart, any program that takes a free one had it.
    """
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        weakref.finalize(owner, probe.close)
        # Bound, not listening: as brokers set it too, they may listen beside it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, 0))
    return [int(probe.getsockname()[1]) for probe in probes]


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST if host == "0.0.0.0" else host, port)  # noqa: S104
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
