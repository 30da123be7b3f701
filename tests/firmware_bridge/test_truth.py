"""The truth log: steady, and prompt at every change that matters."""

import io
import json
from itertools import pairwise
from typing import Any

import pytest

from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_firmware_bridge.sim.truth import TruthLog


def log_of(simulator: Simulator, until_s: float, log: TruthLog) -> None:
    now_s = simulator.scene.now_s
    while now_s < until_s:
        now_s += 0.02
        simulator.advance(now_s)
        log.note(simulator.scene)


def lines(file: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_at_least_ten_lines_a_second_with_rising_times() -> None:
    file, simulator = io.StringIO(), Simulator(now_s=1000.0)
    log_of(simulator, 1002.0, TruthLog(file))
    times = [line["t"] for line in lines(file)]
    assert 17 <= len(times) <= 60
    assert times == sorted(times)
    assert times[0] >= 1000.0
    assert max(later - earlier for earlier, later in pairwise(times)) <= 0.13


def test_a_change_is_written_in_the_tick_it_happens() -> None:
    file, simulator = io.StringIO(), Simulator()
    log = TruthLog(file)
    log_of(simulator, 1.0, log)
    simulator.fault("siren", "dead")
    log.note(simulator.scene)
    assert lines(file)[-1]["faults"] == ["siren/dead"]
    simulator.depth(16.0)
    log_of(simulator, 2.0, log)
    first = next(line for line in lines(file) if line["registers"]["float_15"])
    assert first["sign_closed"] is True
    assert first["depth_cm"] == 16.0


def test_registers_are_what_the_wire_says() -> None:
    simulator = Simulator(seed=5)
    simulator.depth(12.34)
    simulator.advance(1.0)
    registers = simulator.state()["registers"]
    raw = simulator.raw(1, "input")
    assert raw[0] == (round(registers["radar_level"] * 10),)
    assert registers["radar_level"] == round(registers["radar_level"], 1)
    assert raw[9] == (registers["river_stage"],)


def test_a_long_pause_skips_and_still_expires_permits() -> None:
    simulator = Simulator()
    simulator.order(1, "holding", 0, [1, 1])
    simulator.advance(3600.0)
    scene = simulator.scene
    assert scene.now_s == pytest.approx(3600.0)
    assert scene.arm.angle_deg == 90.0
    assert scene.warnings.sign_closed
