"""docs/operations/first-gate.md, run as it stands: a gate with papers, and one that is struck off."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from need import until

PAGE = Path(__file__).parents[2] / "docs/operations/first-gate.md"
PORTS = ("8883", "8080", "8443", "1502")
FACILITY = "GG-41113-UP-0007"


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Walk:
    """One who follows the page in an empty folder, on other ports than the page's, which may be taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {port: str(free()) for port in PORTS}
        blocks = re.findall(r"```(toml|sh|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        for kind, text in blocks:
            if kind == "toml":
                name = re.search(r"# file: (\S+)", text)
                assert name is not None
                (folder / name[1]).write_text(self._here(text), encoding="utf-8")
        self.script = self._here(next(text for kind, text in blocks if kind == "sh"))
        self.revoke = self._here(next(text for kind, text in blocks if kind == "text"))
        self.process: subprocess.Popen[str] | None = None

    def _here(self, text: str) -> str:
        for port, other in self.ports.items():
            text = text.replace(port, other)
        return text

    def run(self) -> None:
        """Run the commands of the page in one shell; wait, as a person would, until each door is open."""
        bin_ = self.folder / "bin"
        bin_.mkdir()
        (bin_ / "sotdae").write_text(f'#!/bin/sh\nexec {sys.executable} -m sotdae_provisioning "$@"\n')
        (bin_ / "sotdae").chmod(0o755)
        lines = []
        for line in self.script.strip().splitlines():
            lines.append(line)
            port = re.search(r"--port (\d+)", line)
            if line.endswith("&") and port is not None:
                lines.append(f"until (exec 3<>/dev/tcp/127.0.0.1/{port[1]}) 2>/dev/null; do sleep 0.1; done")
        environ = os.environ | {"PATH": f"{bin_}:{os.environ['PATH']}"}
        self.log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(
            ["bash", "-e", "-c", "\n".join([*lines, "wait"])], cwd=self.folder, env=environ, stdout=self.log,
            stderr=subprocess.STDOUT, start_new_session=True, text=True,
        )  # fmt: skip

    def order(self, text: str) -> None:
        environ = os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        subprocess.run(
            ["bash", "-e", "-c", text], cwd=self.folder, env=environ, check=True, capture_output=True
        )

    def barrier(self) -> str | None:
        """Return what the hub says of the gate."""
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(
                f"http://127.0.0.1:{self.ports['8080']}/api/v1/facilities/{FACILITY}", timeout=5
            )
            if answer.status_code == 200:
                return json.loads(answer.text).get("barrier")  # type: ignore[no-any-return]
        return None

    def connected(self) -> int:
        """Return how many lines the broker has, by the kernel's word."""
        port = f"{int(self.ports['8883']):04X}"
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(f":{port}") and row[3] == "01" for row in rows)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    here = Walk(tmp_path)
    yield here
    here.end()


@pytest.mark.slow
def test_the_page_leads_to_a_gate_with_papers_that_can_be_struck_off(walk: Walk) -> None:
    assert len(walk.script.strip().splitlines()) < 10
    walk.run()
    try:
        until(lambda: walk.barrier() == "open", 60.0)
    except BaseException:
        print((walk.folder / "log").read_text()[-3000:])  # noqa: T201
        raise
    before = walk.connected()
    assert before == 2, "hub and gate"
    walk.order(walk.revoke)
    until(lambda: walk.connected() == 1, 10.0)
