"""YOLOX decoding is right on made-up outputs, and the real model is right on real footage."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sotdae_edge.vision import models, yolox
from sotdae_edge.vision.choose import open_detector
from sotdae_edge.vision.picture import Zone

REPOSITORY = Path(__file__).parents[3]
SHARED = Path(os.environ.get("SOTDAE_SHARED") or REPOSITORY.parent / "shared" / "data")
FILE = models.KNOWN["yolox-nano"].file


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data absent: {path} (set SOTDAE_SHARED)")
    return path


def output_with(x: float, y: float, width: float, height: float, kind: int, score: float) -> np.ndarray:
    """Return a network output that says one thing at one place, through the grid of stride 16."""
    output = np.zeros((3549, 85), dtype=np.float32)
    column, row = int(x // 16), int(y // 16)
    index = 52 * 52 + row * 26 + column
    output[index, :4] = x / 16 - column, y / 16 - row, np.log(width / 16), np.log(height / 16)
    output[index, 4], output[index, 5 + kind] = 1.0, score
    return output


def test_a_box_is_decoded_where_it_was_put() -> None:
    boxes, scores = yolox.decode(output_with(200, 120, 64, 32, kind=2, score=0.9))
    [(index, kind)] = yolox.kept(boxes, scores)
    assert kind == 2
    assert boxes[index] == pytest.approx([168, 104, 232, 136], abs=0.01)
    assert scores[index, kind] == pytest.approx(0.9)


def test_of_two_boxes_on_one_thing_the_better_stays() -> None:
    output = output_with(200, 120, 64, 32, kind=2, score=0.9)
    output += output_with(218, 120, 64, 32, kind=2, score=0.6)
    boxes, scores = yolox.decode(output)
    [best] = yolox.kept(boxes, scores)
    assert scores[best] == pytest.approx(0.9)


def test_two_things_apart_both_stay() -> None:
    output = output_with(100, 120, 64, 32, kind=2, score=0.9)
    output += output_with(300, 120, 64, 32, kind=2, score=0.6)
    assert len(yolox.kept(*yolox.decode(output))) == 2


def test_kinds_that_cannot_stand_under_an_arm_are_left_out() -> None:
    boxes, scores = yolox.decode(output_with(200, 120, 64, 32, kind=16, score=0.99))
    assert yolox.kept(boxes, scores) == []


@given(
    arrays.arrays(
        np.float32, (3549, 85), elements=st.floats(-1e6, 1e6, width=32), fill=st.floats(-5, 5, width=32)
    )
)
def test_any_output_is_decoded_to_finite_boxes(output: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        boxes, scores = yolox.decode(output)
    assert np.isfinite(boxes).all()
    assert scores.shape == (3549, 80)


@pytest.mark.parametrize(
    ("box", "part"),
    [((0, 0, 10, 10), 1.0), ((5, 0, 15, 10), 0.5), ((20, 0, 30, 10), 0.0), ((5, 5, 5, 5), 0.0)],
)
def test_the_part_of_a_box_inside_the_zone(box: tuple[float, float, float, float], part: float) -> None:
    assert yolox.part_inside(box, (0, 0, 10, 10)) == part


@pytest.mark.shared_data("models", "video")
def test_people_who_cross_a_zone_flip_it_as_boxes_and_motion_do() -> None:
    detector = open_detector(shared("models", FILE))
    assert isinstance(detector, yolox.YoloxDetector)
    zone, seen, crops = Zone(0.55, 0.4, 0.7, 0.8), [], []
    for picture in every_fifth(shared("video", "vtest.avi")):
        corners = zone.corners(picture.shape[1], picture.shape[0])
        people = [one for one in detector.find(picture) if one.kind == "person"]
        verdict = detector.look(picture, zone)
        assert verdict.occupied == any(yolox.part_inside(one.box, corners) >= 0.3 for one in people)
        seen.append(verdict.occupied)
        crops.append(zone.crop(picture).astype(int))
    runs = [(occupied, len(list(group))) for occupied, group in itertools.groupby(seen)]
    assert len(runs) >= 10, runs
    assert max(length for occupied, length in runs if occupied) >= 5, runs
    assert max(length for occupied, length in runs if not occupied) >= 5, runs
    # The empty ground is the median of all pictures: what differs from it is somebody, model or no model.
    ground = np.median(crops, axis=0)
    moved = np.array([(np.abs(crop - ground).max(axis=2) > 40).mean() for crop in crops])
    occupied = np.array(seen)
    assert moved[occupied].mean() > 3 * moved[~occupied].mean()


def every_fifth(clip: Path) -> Iterator[np.ndarray]:
    with av.open(str(clip)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % 5 == 0:
                yield frame.to_ndarray(format="rgb24")
