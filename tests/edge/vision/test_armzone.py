"""The committed model sees what the simulator draws, the same in every runtime."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scene_kit import CAR, EMPTY

from sotdae_edge.vision.armzone import ArmZoneDetector, model_input
from sotdae_edge.vision.choose import open_detector
from sotdae_edge.vision.models import KNOWN, PACKAGED, digest
from sotdae_edge.vision.picture import Zone
from sotdae_firmware_bridge.sim.draw import ARM_ZONE, draw
from sotdae_firmware_bridge.sim.view import VehicleView

ZONE = Zone(*ARM_ZONE)
MODEL = PACKAGED / "armzone.tflite"
SCORES = Path(__file__).parent / "armzone_scores.json"
FLOOD = replace(EMPTY, depth_cm=28.0, rain_mm_h=60.0, sign="closed", flasher=True, night=0.6)
PERSON = VehicleView(x_m=0.3, lane=1, length_m=0.5, kind="person", colour=0)
TRUCK = VehicleView(x_m=-3.0, lane=1, length_m=8.0, kind="truck", colour=3)
AHEAD, BEHIND = replace(CAR, x_m=-4.0), replace(CAR, x_m=10.0)

CASES = {
    "empty road": (EMPTY, False),
    "car under the arm": (replace(EMPTY, vehicles=(CAR,)), True),
    "truck under the arm": (replace(EMPTY, vehicles=(TRUCK,)), True),
    "person under the arm": (replace(EMPTY, vehicles=(PERSON,)), True),
    "car that waits before the arm": (replace(EMPTY, vehicles=(AHEAD,)), False),
    "car that has passed": (replace(EMPTY, vehicles=(BEHIND,)), False),
    "flooded and empty": (FLOOD, False),
    "flooded, arm half down": (replace(FLOOD, arm_deg=40.0), False),
    "flooded, arm down": (replace(FLOOD, arm_deg=0.0), False),
    "flooded, car under the arm": (replace(FLOOD, vehicles=(CAR,)), True),
    "flooded, car under a half lowered arm": (replace(FLOOD, vehicles=(CAR,), arm_deg=50.0), True),
    "flooded, person under the arm": (replace(FLOOD, vehicles=(PERSON,)), True),
    "car under the arm, one waits": (replace(FLOOD, vehicles=(CAR, replace(AHEAD, lane=1))), True),
}


@pytest.fixture(scope="module")
def detector() -> ArmZoneDetector:
    opened = open_detector(MODEL)
    assert isinstance(opened, ArmZoneDetector)
    return opened


@pytest.mark.parametrize("case", CASES)
def test_the_model_tells_what_is_under_the_arm(case: str, detector: ArmZoneDetector) -> None:
    view, occupied = CASES[case]
    verdicts = [detector.look(draw(view, phase_s=phase), ZONE) for phase in (0.0, 0.7, 5.3)]
    assert [verdict.occupied for verdict in verdicts] == [occupied] * 3


def test_every_runtime_gives_the_recorded_scores(detector: ArmZoneDetector) -> None:
    scores = {name: detector.look(draw(view), ZONE).score for name, (view, _) in CASES.items()}
    if "SOTDAE_WRITE_SCORES" in os.environ:
        SCORES.write_text(
            json.dumps({name: round(score, 6) for name, score in scores.items()}, indent=1) + "\n"
        )
    recorded = json.loads(SCORES.read_text())
    assert scores == pytest.approx(recorded, abs=0.01)


def test_the_pinned_digest_is_that_of_the_committed_file_and_its_card() -> None:
    assert digest(MODEL) == KNOWN["armzone"].sha256
    assert KNOWN["armzone"].sha256 in (PACKAGED / "armzone.md").read_text()


def test_the_input_is_the_zone_in_rgb_from_0_to_1() -> None:
    picture = np.zeros((100, 200, 3), dtype=np.uint8)
    picture[50:, 100:] = (255, 0, 51)
    value = model_input(picture, Zone(0.5, 0.5, 1.0, 1.0))
    assert value.shape == (1, 48, 96, 3)
    assert value.dtype == np.float32
    assert np.allclose(value, (1.0, 0.0, 0.2))
