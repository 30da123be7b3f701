"""An agent whose disk cannot be used protects from memory and says so; a second agent does not start."""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from simulated_site import running_site

from sotdae_edge.adapters.memory import directory_in_memory

GATE = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "{dir}"
[device]
port = {port}
timeout_s = 0.5
"""


def started(tmp_path: Path, directory: Path, port: int, top: str = "") -> subprocess.Popen[bytes]:
    config = tmp_path / "gate.toml"
    config.write_text(top + GATE.format(dir=directory, port=port))
    command = [sys.executable, "-m", "sotdae_edge", "gate", "run", "--config", str(config)]
    with (tmp_path / "gate.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def test_a_directory_that_cannot_be_made_does_not_keep_the_gate_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    storage = tmp_path / "file" / "storage"

    async def story() -> None:
        async with running_site() as site:
            agent = started(tmp_path, storage, site.server.port)
            try:
                await site.until("feed", bool, timeout_s=30)
                site.simulator.depth(18.0)
                await site.until("limit_closed", lambda value: value == 1.0, timeout_s=60)
            finally:
                agent.send_signal(signal.SIGTERM)
                await asyncio.to_thread(agent.wait, 20)
            assert agent.returncode == 0

    asyncio.run(story())
    memory = directory_in_memory(storage)
    rows = sqlite3.connect(memory / "outbox.db")
    found = [json.loads(raw) for (raw,) in rows.execute("SELECT raw FROM message WHERE kind = 'event'")]
    rows.close()
    shutil.rmtree(memory)
    assert any(each["body"]["code"] == "storage.lost" and each["body"]["priority"] == 1 for each in found)


def test_a_history_that_cannot_be_read_does_not_keep_the_gate_from_protecting(tmp_path: Path) -> None:
    storage, history = tmp_path / "storage", tmp_path / "gone.csv"

    async def story() -> None:
        async with running_site() as site:
            agent = started(tmp_path, storage, site.server.port, f"history = '{history}'\n")
            try:
                await site.until("feed", bool, timeout_s=30)
            finally:
                agent.send_signal(signal.SIGTERM)
                await asyncio.to_thread(agent.wait, 20)
            assert agent.returncode == 0

    asyncio.run(story())
    with closing(sqlite3.connect(storage / "outbox.db")) as rows:
        found = [json.loads(raw) for (raw,) in rows.execute("SELECT raw FROM message WHERE kind = 'event'")]
    assert any(
        each["body"]["code"] == "history.refused" and str(history) in each["body"]["text"] for each in found
    )


def test_a_second_agent_on_the_same_storage_is_refused(tmp_path: Path) -> None:
    async def story() -> tuple[int, int]:
        async with running_site() as site:
            first = started(tmp_path, tmp_path / "storage", site.server.port)
            try:
                await site.until("feed", bool, timeout_s=30)
                second = started(tmp_path, tmp_path / "storage", site.server.port)
                return first.pid, await asyncio.to_thread(second.wait, 30)
            finally:
                first.send_signal(signal.SIGTERM)
                await asyncio.to_thread(first.wait, 20)

    pid, code = asyncio.run(story())
    assert code == 1
    said = (tmp_path / "gate.log").read_text()
    assert f"in use by another process ({pid}): this site's agent runs already" in said
    assert f"systemctl status {pid}" in said
