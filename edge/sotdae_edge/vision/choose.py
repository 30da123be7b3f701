"""From a model file to the detector that understands it."""

from pathlib import Path

from sotdae_edge.vision import models
from sotdae_edge.vision.armzone import INPUT_HEIGHT, INPUT_WIDTH, ArmZoneDetector
from sotdae_edge.vision.detector import Detector
from sotdae_edge.vision.loader import load
from sotdae_edge.vision.yolox import YoloxDetector
from sotdae_shared.errors import ConfigError


def open_detector(path: Path) -> Detector:
    """Return the detector for a model file. Raises ConfigError with what is wrong and what to do."""
    models.verify(path)
    model = load(path)
    match model.input_shapes:
        case ((1, height, width, 3),) if (height, width) == (INPUT_HEIGHT, INPUT_WIDTH):
            return ArmZoneDetector(model)
        case ((1, 3, _, _),):
            return YoloxDetector(model)
    raise ConfigError(str(path), [f"takes {model.input_shapes}: neither an arm-zone model nor a YOLOX"])
