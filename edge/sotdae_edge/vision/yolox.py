"""Detector for the street: YOLOX on COCO classes, kept to what may stand under an arm."""

from dataclasses import dataclass
from typing import cast

import numpy as np

from sotdae_edge.vision.detector import Verdict
from sotdae_edge.vision.loader import Model
from sotdae_edge.vision.picture import Floats, Picture, Zone, resized

CLASSES = {0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
THRESHOLD = 0.3
"""Score from which a detection counts."""
_NMS_OVERLAP = 0.45
_INSIDE_LEAST = 0.3
"""Part of a detection's box that must lie in the zone."""
_LETTERBOX = 114
_STRIDES = (8, 16, 32)
_SIZE = 416


@dataclass(frozen=True, slots=True)
class Found:
    """One detection; the box is left, top, right, bottom in picture pixels."""

    kind: str
    score: float
    box: tuple[float, float, float, float]


class YoloxDetector:
    """Finds people and vehicles and judges how far they stand in the zone."""

    def __init__(self, model: Model) -> None:
        """Use a loaded model. Raises ConfigError if it is no YOLOX of 416 pixels."""
        model.expect((1, 3, _SIZE, _SIZE))
        self._model = model
        self.name, self.runtime = model.name, model.runtime

    def look(self, picture: Picture, zone: Zone) -> Verdict:
        """Return the best score of anything that stands in the zone."""
        corners = zone.corners(picture.shape[1], picture.shape[0])
        inside = [one.score for one in self.find(picture) if part_inside(one.box, corners) >= _INSIDE_LEAST]
        score = max(inside, default=0.0)
        return Verdict(score, score >= THRESHOLD)

    def find(self, picture: Picture) -> list[Found]:
        """Return everything seen in the whole picture, best first."""
        height, width, _ = picture.shape
        ratio = min(_SIZE / height, _SIZE / width)
        output = self._model.run(_model_input(picture, ratio))[0][0]
        boxes, scores = decode(output)
        found = [
            Found(CLASSES[kind], float(scores[index, kind]), _box(boxes[index] / ratio, width, height))
            for index, kind in kept(boxes, scores)
        ]
        return sorted(found, key=lambda one: -one.score)


def _model_input(picture: Picture, ratio: float) -> Floats:
    """Return 1 x 3 x 416 x 416, BGR 0 to 255, the picture at top left on grey."""
    height, width, _ = picture.shape
    small = resized(picture, max(1, int(width * ratio)), max(1, int(height * ratio)))
    canvas = np.full((1, 3, _SIZE, _SIZE), _LETTERBOX, dtype=np.float32)
    for channel in range(3):
        # Plane by plane: one transposed copy took ten times as long.
        canvas[0, channel, : small.shape[0], : small.shape[1]] = small[..., 2 - channel]
    return canvas


def decode(output: Floats) -> tuple[Floats, Floats]:
    """Return boxes (corners in model pixels) and class scores of the network's 3549 x 85 output."""
    grids, strides = [], []
    for stride in _STRIDES:
        side = _SIZE // stride
        y, x = np.mgrid[:side, :side]
        grids.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((side * side, 1), stride))
    grid, stride_of = np.concatenate(grids), np.concatenate(strides)
    centre = (output[:, :2] + grid) * stride_of
    half = np.exp(np.clip(output[:, 2:4], -20, 20)) * stride_of / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    return boxes, output[:, 4:5] * output[:, 5:]


def kept(boxes: Floats, scores: Floats) -> list[tuple[int, int]]:
    """Return (row, class) of detections that no better one of the same class covers."""
    chosen: list[tuple[int, int]] = []
    for kind in CLASSES:
        rows = np.flatnonzero(scores[:, kind] >= THRESHOLD)
        rows = rows[np.argsort(-scores[rows, kind])]
        while rows.size:
            best, rows = rows[0], rows[1:]
            chosen.append((int(best), kind))
            rows = rows[_overlap(boxes[best], boxes[rows]) < _NMS_OVERLAP]
    return chosen


def _overlap(one: Floats, many: Floats) -> Floats:
    low, high = np.maximum(one[:2], many[:, :2]), np.minimum(one[2:], many[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(one[2:] - one[:2]) + np.prod(many[:, 2:] - many[:, :2], axis=1) - shared
    return cast("Floats", shared / np.maximum(union, 1e-6))


def _box(corners: Floats, width: int, height: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(side) for side in corners)
    return max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom)


def part_inside(box: tuple[float, float, float, float], zone: tuple[int, int, int, int]) -> float:
    """Return which part (0 to 1) of a box lies in the zone, both as left, top, right, bottom."""
    width = min(box[2], zone[2]) - max(box[0], zone[0])
    height = min(box[3], zone[3]) - max(box[1], zone[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(0.0, width) * max(0.0, height) / area if area > 0 else 0.0
