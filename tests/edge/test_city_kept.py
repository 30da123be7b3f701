"""A city agent whose kept state is not what it should be starts all the same, and says so."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from need import until

from sotdae_edge.adapters.state import FileState

CONFIG = """
[facility]
id = "GG-41113-CC-0001"
node = "city-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "{dir}"
[device]
port = 1
"""


@pytest.mark.parametrize("part", ["slopes", "reservoirs"])
def test_a_kept_part_that_is_no_table_is_begun_anew_and_told(tmp_path: Path, part: str) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    FileState(storage / "city.state").save(json.dumps({part: [1, 2]}).encode())
    (tmp_path / "city.toml").write_text(CONFIG.format(dir=storage), encoding="utf-8")
    words = [sys.executable, "-m", "sotdae_edge", "city", "run", "--config", str(tmp_path / "city.toml")]
    with (tmp_path / "log").open("wb") as log:
        agent = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        until(lambda: agent.poll() is not None or told(storage, part), 30.0)
        assert agent.poll() is None, (tmp_path / "log").read_text()[-2000:]
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(20)


def told(storage: Path, part: str) -> bool:
    if not (storage / "outbox.db").exists():
        return False
    with closing(sqlite3.connect(f"file:{storage}/outbox.db?mode=ro", uri=True)) as outbox:
        try:
            rows = outbox.execute("SELECT raw FROM message WHERE kind = 'event'").fetchall()
        except sqlite3.OperationalError:
            return False
    bodies = [json.loads(raw)["body"] for (raw,) in rows]
    return any(body["code"] == "state.corrupt" and part in body["text"] for body in bodies)
