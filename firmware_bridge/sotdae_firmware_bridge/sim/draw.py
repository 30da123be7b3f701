"""The picture that the simulator's camera sees: an underpass entrance, drawn from a SceneView."""

import math
import random
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from sotdae_firmware_bridge.sim import scenery
from sotdae_firmware_bridge.sim.actors import paint_arm, paint_vehicle, paint_water
from sotdae_firmware_bridge.sim.brush import Brush
from sotdae_firmware_bridge.sim.lens import HEIGHT, WIDTH, project, span_m
from sotdae_firmware_bridge.sim.signals import paint_caption, paint_gauge, paint_lights, paint_sign
from sotdae_firmware_bridge.sim.view import SceneView

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, red green blue."""

ARM_ZONE = (0.27, 0.38, 0.73, 0.74)
"""Left, top, right, bottom of the part of the picture where something under the arm appears (0 to 1)."""

_SCALE = 2
"""Drawn at twice the size and reduced, which smooths every edge."""
_NIGHT_LIGHT = (0.28, 0.33, 0.45)
"""What night leaves of red, green and blue."""
_HAZE = (150, 156, 162)
_HAZE_AT_MM_H, _HAZE_MOST = 120.0, 0.35
_STREAKS_PER_MM_H, _STREAKS_MOST = 5.0, 420


def draw(view: SceneView, size: tuple[int, int] = (WIDTH, HEIGHT), phase_s: float = 0.0) -> Picture:
    """Return the picture of a scene; `phase_s` moves ripples, rain and flashers, nothing else."""
    image = _empty_scene().copy()
    brush = Brush(image, _SCALE)
    paint_water(brush, view, phase_s)
    behind = sorted(view.vehicles, key=lambda vehicle: -span_m(vehicle)[0])
    for vehicle in (v for v in behind if span_m(v)[0] >= 0):
        paint_vehicle(brush, vehicle, view.depth_cm)
    paint_arm(brush, view.arm_deg)
    for vehicle in (v for v in behind if span_m(v)[0] < 0):
        paint_vehicle(brush, vehicle, view.depth_cm)
    image = _weather(image, view)
    brush = Brush(image, _SCALE)
    _street_lamps(brush, view)
    paint_sign(brush, view)
    paint_lights(brush, view, phase_s)
    _rain(brush, view, phase_s)
    paint_gauge(brush, view.depth_cm)
    paint_caption(brush, view.clock_text)
    image = image.reduce(_SCALE)
    return np.asarray(image if image.size == size else image.resize(size, Image.Resampling.BILINEAR))


@lru_cache(maxsize=1)
def _empty_scene() -> Image.Image:
    return scenery.paint(_SCALE)


def _weather(image: Image.Image, view: SceneView) -> Image.Image:
    haze = min(view.rain_mm_h / _HAZE_AT_MM_H, 1.0) * _HAZE_MOST
    table: list[int] = []
    for part, grey in zip(_NIGHT_LIGHT, _HAZE, strict=True):
        light = 1 - view.night * (1 - part)
        table += [round((value * (1 - haze) + grey * haze) * light) for value in range(256)]
    return image if haze == 0 and view.night == 0 else image.point(table)


def _street_lamps(brush: Brush, view: SceneView) -> None:
    if view.night < 0.25:
        return
    for x_m, y_m in ((2.0, -5.6), (2.0, 5.6)):
        brush.glow(project(x_m, y_m, 3.4), 26, (255, 232, 180), view.night)
        brush.glow(project(x_m - 2, y_m * 0.55, 0.0), 120, (255, 224, 170), 0.32 * view.night)
    brush.glow(project(16.0, 0.0, 2.6), 70, (255, 214, 150), 0.35 * view.night)


def _rain(brush: Brush, view: SceneView, phase_s: float) -> None:
    dice = random.Random(math.floor(phase_s * 12))  # noqa: S311 - a picture, not a secret
    ink = (150, 160, 172) if view.night > 0.5 else (206, 212, 218)
    for _ in range(min(_STREAKS_MOST, round(view.rain_mm_h * _STREAKS_PER_MM_H))):
        u, v = dice.uniform(-10, WIDTH), dice.uniform(-20, HEIGHT)
        length = dice.uniform(7, 20)
        brush.line([(u, v), (u + length * 0.22, v + length)], ink, 0.5)
