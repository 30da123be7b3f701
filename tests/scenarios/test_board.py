"""A gate whose controller is a board on a serial line: it works, and when the agent dies the board warns."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from need import until

pytestmark = pytest.mark.slow
AGENT = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-1"
name = "Underpass"
lat = 37.2
lon = 127.0
[storage]
dir = "{folder}/data"
[device]
speaks = "{speaks}"
serial = "{line}"
parity = "N"
timeout_s = 1.0
"""


class Control:
    """The simulator's control port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, **what: Any) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self._port)) as line, line.makefile("rw") as file:
            file.write(json.dumps(what) + "\n")
            file.flush()
            answer: dict[str, Any] = json.loads(file.readline())
            return answer


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def agent(folder: Path, speaks: str, line: str) -> Iterator[subprocess.Popen[str]]:
    (folder / "gate.toml").write_text(AGENT.format(folder=folder, speaks=speaks, line=line))
    with running("sotdae_edge", "gate", "run", "-c", str(folder / "gate.toml")) as process:
        yield process


@pytest.mark.parametrize(("door", "speaks"), [("board", "frames"), ("serial", "modbus")])
def test_a_gate_on_a_serial_line_guards_dies_loudly_and_closes(
    door: str, speaks: str, tmp_path: Path
) -> None:
    line = str(tmp_path / "line")
    with running("sotdae_firmware_bridge", "simulate", f"--{door}", line) as simulator:
        assert simulator.stdout
        control = Control(json.loads(simulator.stdout.readline())["control_port"])

        def state(name: str) -> Any:
            return control.ask(op="state")[name]

        until(lambda: state("sign_closed"))
        with agent(tmp_path, speaks, line) as first:
            until(lambda: not state("sign_closed"))
            first.send_signal(signal.SIGKILL)
            until(lambda: state("sign_closed") and state("flasher_on") and state("siren_on"))
        with agent(tmp_path, speaks, line):
            until(lambda: not state("sign_closed"))
            control.ask(op="depth", cm=20.0)
            until(lambda: state("sign_closed"))
            until(lambda: state("limit_closed"), timeout_s=60.0)
            assert state("contacts") == 0
