"""The bridge's commands, as separate processes and real connections."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BRIDGE = [sys.executable, "-m", "sotdae_firmware_bridge"]


def bridge(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BRIDGE, *args], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[dict[str, Any]]:
    command = [*BRIDGE, "simulate", "--truth", str(tmp_path / "truth.jsonl"), "--seed", "3"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    doors = json.loads(process.stdout.readline())
    yield {**doors, "process": process, "truth": tmp_path / "truth.jsonl"}
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


def test_simulate_says_its_ports_serves_and_ends_cleanly(simulator: dict[str, Any]) -> None:
    assert simulator["ready"] is True
    assert simulator["rtsp"] is None
    port = str(simulator["port"])
    assert bridge("write", "warn_caution=1", "feed=4", "--port", port).returncode == 0
    shown = bridge("read", "--json", "--port", port)
    assert json.loads(shown.stdout)["warn_caution"]["value"] == 1
    assert "deg" in bridge("read", "--port", port).stdout
    homes = bridge("read", "--json", "--profile", "homes", "--port", port)
    assert json.loads(homes.stdout)["home_1_wet_2"]["value"] == 0
    refused = bridge("write", "radar_level=1", "--port", port)
    assert (refused.returncode, refused.stderr.strip()) == (2, "radar_level cannot be written")
    truth = [json.loads(line) for line in simulator["truth"].read_text().splitlines()[:-1]]
    assert truth[-1]["depth_cm"] == 0


def test_usage_and_link_failures_have_their_own_codes(tmp_path: Path) -> None:
    assert bridge("write", "drive", "--port", "1").returncode == 2
    broken = tmp_path / "broken.toml"
    broken.write_text("[device]\nname = 3\n")
    unusable = bridge("read", "--profile", str(broken))
    assert unusable.returncode == 2
    assert "device.name" in unusable.stderr
    assert "Traceback" not in unusable.stderr
    unreachable = bridge("read", "--port", "1")
    assert unreachable.returncode == 1
    assert "no connection" in unreachable.stderr


def test_profiles_lists_what_ships() -> None:
    assert bridge("profiles").stdout.splitlines()[0].startswith("homes\tunit 2")
