"""The bridge's commands, as separate processes and real connections."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from need import until

BRIDGE = [sys.executable, "-m", "sotdae_firmware_bridge"]


def bridge(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BRIDGE, *args], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[dict[str, Any]]:
    command = [*BRIDGE, "simulate", "--truth", str(tmp_path / "truth.jsonl"), "--seed", "3"]
    command += ["--serial", str(tmp_path / "rtu")]
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
    assert "no connection: refused; nothing listens on that port" in unreachable.stderr


def test_profiles_lists_what_ships() -> None:
    assert bridge("profiles").stdout.splitlines()[0].startswith("homes\tunit 2")


def test_the_same_site_is_read_and_written_over_a_serial_line(simulator: dict[str, Any]) -> None:
    line = ["--serial", simulator["serial"], "--parity", "N"]
    assert bridge("write", "warn_siren=1", *line).returncode == 0
    shown = bridge("read", "--json", *line)
    assert json.loads(shown.stdout)["warn_siren"]["value"] == 1


def test_scan_finds_the_units_of_a_port_and_of_a_line(simulator: dict[str, Any]) -> None:
    some = ["--last", "4", "--timeout", "0.5", "--json"]
    for place in (["--port", str(simulator["port"])], ["--serial", simulator["serial"], "--parity", "N"]):
        done = bridge("scan", *place, *some)
        assert (done.returncode, json.loads(done.stdout)) == (0, [1, 2])
        empty = bridge("scan", *place, "--first", "3", "--last", "3")
        assert (empty.returncode, empty.stdout) == (1, "nobody answers\n")
        assert "no unit from 3 to 3; check" in empty.stderr
    unreachable = bridge("scan", "--port", "1", "--last", "2")
    assert (unreachable.returncode, unreachable.stdout) == (1, "")
    assert bridge("scan", "--first", "9", "--last", "5").returncode == 2


def test_a_watch_goes_on_when_the_device_comes_back(tmp_path: Path) -> None:
    serve = [*BRIDGE, "simulate", "--port"]
    first = subprocess.Popen([*serve, "0"], stdout=subprocess.PIPE, text=True)
    assert first.stdout
    port = str(json.loads(first.stdout.readline())["port"])
    shown, failed = tmp_path / "shown", tmp_path / "failed"
    with shown.open("w") as out, failed.open("w") as errors:
        command = [*BRIDGE, "read", "--watch", "--json", "--port", port]
        watch = subprocess.Popen(command, stdout=out, stderr=errors)
    until(lambda: shown.stat().st_size > 0, 30.0)
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)
    until(lambda: "no connection: refused" in failed.read_text(), 30.0)
    before = shown.stat().st_size
    second = subprocess.Popen([*serve, port], stdout=subprocess.PIPE, text=True)
    until(lambda: shown.stat().st_size > before, 30.0)
    watch.send_signal(signal.SIGINT)
    watch.communicate(timeout=30)
    assert watch.returncode == 130
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=30)


def test_a_board_is_read_and_written_in_frames(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*BRIDGE, "simulate", "--board", str(tmp_path / "board")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    line = ["--frames", "--serial", json.loads(process.stdout.readline())["board"], "--parity", "N"]
    assert bridge("write", "warn_caution=1", *line).returncode == 0
    assert json.loads(bridge("read", "--json", *line).stdout)["arm_angle"]["value"] == 90
    tcp = bridge("read", "--frames", "--port", "1")
    assert (tcp.returncode, tcp.stderr) == (
        2,
        "underpass-controller:\n  - speaks = frames: want a serial line\n",
    )
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not (tmp_path / "board").is_symlink()
