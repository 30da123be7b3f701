"""A walk as people do it: the command as a process, and somebody who lifts, presses and pulls when told."""

import json
import os
import pty
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from need import require_binary, until

TECHNICIAN = "김지원"
GATE_TOML = """\
[facility]
id = "GG-41113-UP-0007"
node = "gate-41113-up-0007"
name = "고색지하차도"
name_en = "Gosaek underpass"
disambiguation = "매송고색로, 수원역 서쪽 1.2 km"
lat = 37.2494
lon = 126.9799
[storage]
dir = "{directory}/gate"
[record]
budget_mb = 64
[clock]
source = "assume_synced"
[device]
port = {port}
"""


class Door:
    """The simulator's control door, for tests that have no event loop."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        self._lines = self._socket.makefile("rb")

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        self._socket.sendall(json.dumps({"op": op, **args}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._lines.readline())
        assert answer.pop("ok"), answer
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


Deed = tuple[str, dict[str, Any]]
DEEDS: Mapping[str, Deed] = {
    "LIFT the float": ("depth", {"cm": 18.0}),
    "LET GO of": ("depth", {"cm": 0.0}),
    "into the light curtain": ("fault", {"device": "curtain", "kind": "stuck_on", "on": True}),
    "CLEAR curtain": ("fault", {"device": "curtain", "kind": "stuck_on", "on": False}),
    "vehicle or a steel plate": ("fault", {"device": "loop", "kind": "stuck_on", "on": True}),
    "CLEAR loop": ("fault", {"device": "loop", "kind": "stuck_on", "on": False}),
    "take the MAINS away": ("fault", {"device": "mains", "kind": "off", "on": True}),
    "give the mains BACK": ("fault", {"device": "mains", "kind": "off", "on": False}),
}
"""What the person does at the simulated site when the walk says so."""


@dataclass
class Walker:
    """`sotdae device walk` in a process of its own, on a terminal or not, and its person."""

    words: list[str]
    door: Door
    terminal: bool = False
    answers: list[tuple[str, str]] = field(default_factory=list)
    """On a terminal: what is typed at the first prompt after a text was seen, in order; else Enter."""
    piped: str | None = None
    """Not on a terminal: what comes in a pipe."""
    said: str = ""
    out: str = ""

    def start(self) -> "Walker":
        command = [sys.executable, "-m", "sotdae_provisioning", "device", "walk", *self.words]
        environment = {**os.environ, "COLUMNS": "100", "LANG": "C.UTF-8", "TERM": "dumb"}
        if self.terminal:
            self._master, slave = pty.openpty()
            # With -c the terminal is the process's own: Ctrl-C reaches it as a signal.
            command = [require_binary("setsid", "apt install util-linux"), "-c", *command]
            self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
            os.close(slave)
        else:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL if self.piped is None else subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
            )  # fmt: skip
            if self.process.stdin is not None:
                self.process.stdin.write(f"{self.piped}\n".encode())
                self.process.stdin.close()
            assert self.process.stderr is not None
            self._master = self.process.stderr.fileno()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def _listen(self) -> None:
        fresh = ""
        while True:
            try:
                raw = os.read(self._master, 65536)
            except OSError:  # a terminal that nobody holds any more
                return
            if not raw:
                return
            text = raw.decode(errors="replace")
            self.said += text
            fresh = self._do(fresh + text)

    def _do(self, text: str) -> str:
        """Do what complete lines say, and answer a prompt; return what is not looked at yet."""
        *lines, rest = re.split(r"\r?\n", text)
        for line in lines:
            for told, (op, args) in DEEDS.items():
                if told in line:
                    self.door.call(op, **args)
        if self.terminal and re.search(r"(\] |: )$", rest):
            self._type(rest)
            return ""
        return rest

    def _type(self, prompt: str) -> None:
        if self.answers and self.answers[0][0] in prompt + self.said[-600:]:
            os.write(self._master, self.answers.pop(0)[1].encode() + b"\n")
        else:
            os.write(self._master, b"\n")

    def interrupt(self) -> None:
        """Press Ctrl-C on the terminal."""
        os.write(self._master, b"\x03")

    def sees(self, text: str, timeout_s: float = 90.0) -> None:
        """Wait until the walk has said something."""
        until(lambda: text in self.said or self.process.poll() is not None, timeout_s)
        assert text in self.said, self.said[-3000:]

    def kill(self) -> None:
        """End it, whatever it waits for."""
        if self.process.poll() is None:
            self.process.kill()
            self.end()

    def end(self, timeout_s: float = 150.0) -> int:
        """Wait for the end; return the exit code."""
        if self.process.stdout is not None:
            self.out = self.process.stdout.read().decode()
        code = self.process.wait(timeout_s)
        self._listener.join(5)
        if self.terminal:
            os.close(self._master)
        elif self.process.stderr is not None:
            self.process.stderr.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def write_gate(directory: Path, port: int, more: str = "") -> Path:
    """Write a gate's file and return it."""
    file = directory / "gate.toml"
    file.write_text(GATE_TOML.format(directory=directory, port=port) + more, encoding="utf-8")
    return file


def states(report: Path) -> dict[str, str]:
    """Return how each step of a report went."""
    walk = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["walk"]
    return {each["step"]: each["state"] for each in walk["results"]}
