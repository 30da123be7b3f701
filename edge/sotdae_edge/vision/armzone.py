"""Detector of our own: a tiny network that knows the simulator's drawings only."""

import numpy as np

from sotdae_edge.vision.detector import Verdict
from sotdae_edge.vision.loader import Model
from sotdae_edge.vision.picture import Floats, Picture, Zone, resized

INPUT_WIDTH, INPUT_HEIGHT = 96, 48
THRESHOLD = 0.5


def model_input(picture: Picture, zone: Zone) -> Floats:
    """Return what the network takes: 1 x 48 x 96 x 3, RGB from 0 to 1."""
    small = resized(zone.crop(picture), INPUT_WIDTH, INPUT_HEIGHT)
    return (small.astype(np.float32) / np.float32(255))[None]


class ArmZoneDetector:
    """Judges the cut-out zone as a whole."""

    def __init__(self, model: Model) -> None:
        """Use a loaded model. Raises ConfigError if its input has another shape."""
        model.expect((1, INPUT_HEIGHT, INPUT_WIDTH, 3))
        self._model = model
        self.name, self.runtime = model.name, model.runtime

    def look(self, picture: Picture, zone: Zone) -> Verdict:
        """Return the network's score for the zone."""
        score = float(self._model.run(model_input(picture, zone))[0].item())
        return Verdict(score, score >= THRESHOLD)
