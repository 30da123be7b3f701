"""What does not move: sky, town, overpass, ramp walls, road."""

import itertools

from PIL import Image

from sotdae_firmware_bridge.sim.brush import Brush, Colour, mix
from sotdae_firmware_bridge.sim.lens import (
    HALF_ROAD_M,
    HEIGHT,
    PORTAL_M,
    RAMP_DROP_M,
    RAMP_START_M,
    WIDTH,
    project,
    road_z_m,
)

_SKY_TOP, _SKY_LOW = (134, 150, 168), (206, 211, 212)
_ASPHALT, _ASPHALT_FAR = (84, 86, 90), (70, 72, 76)
_CONCRETE, _CONCRETE_DARK = (165, 163, 156), (120, 119, 114)
_GRASS = (98, 116, 82)
_NEAR_M = -12.0
WALL_Y_M = HALF_ROAD_M + 0.7


def paint(scale: int) -> Image.Image:
    """Return the empty scene by day."""
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), _GRASS)
    brush = Brush(image, scale)
    _sky(brush)
    _town(brush)
    _overpass(brush)
    _road(brush)
    _markings(brush)
    _walls(brush)
    return image


def _sky(brush: Brush) -> None:
    for v in range(96):
        brush.box((0, v, WIDTH, v + 1), mix(_SKY_TOP, _SKY_LOW, v / 96))


def _town(brush: Brush) -> None:
    """Apartment blocks beyond the overpass, as stand around any Korean underpass."""
    for index, (left, top, width) in enumerate(
        [
            (12, 22, 34),
            (52, 30, 30),
            (96, 12, 36),
            (150, 34, 42),
            (430, 30, 34),
            (470, 8, 38),
            (528, 24, 34),
            (580, 16, 40),
        ]
    ):
        wall: Colour = mix((178, 181, 183), (152, 160, 170), (index % 3) / 2)
        brush.box((left, top, left + width, 84), wall)
        for row in range(top + 4, 60, 6):
            for column in range(left + 4, left + width - 4, 7):
                brush.box((column, row, column + 4, row + 3), mix(wall, (92, 104, 120), 0.55))


def _overpass(brush: Brush) -> None:
    _, deck_top = project(PORTAL_M, 0, 5.0)
    left, opening_top = project(PORTAL_M, -WALL_Y_M, 3.6)
    right, foot = project(PORTAL_M, WALL_Y_M, -RAMP_DROP_M)
    brush.poly([(0, 96), (WIDTH, 96), (WIDTH, HEIGHT), (0, HEIGHT)], _GRASS)
    brush.box((0, deck_top, WIDTH, foot), _CONCRETE_DARK)
    brush.box((0, deck_top, WIDTH, opening_top), _CONCRETE)
    brush.box((0, deck_top - 1.5, WIDTH, deck_top), (90, 92, 94))
    for u in range(0, WIDTH, 9):
        brush.line([(u, deck_top), (u, deck_top - 7)], (110, 113, 116), 0.8)
    brush.line([(0, deck_top - 7), (WIDTH, deck_top - 7)], (110, 113, 116), 1)
    brush.box((left, opening_top, right, foot), (26, 27, 30))
    middle = (left + right) / 2
    for step in range(5):
        spread, height = 62 - step * 11, opening_top + 4 + step * 4
        for side in (-1, 1):
            brush.box(
                (
                    middle + side * spread - 4 + step / 2,
                    height,
                    middle + side * spread + 4 - step / 2,
                    height + 1.6,
                ),
                (228, 214, 160),
            )
    brush.text((middle, (deck_top + opening_top) / 2 + 1), "SOTDAE UNDERPASS   3.5 m", 10, (70, 74, 80))


def _road(brush: Brush) -> None:
    verge = HALF_ROAD_M + 0.5
    steps = [_NEAR_M, -6.0, RAMP_START_M, 5.0, 9.0, 12.5, PORTAL_M]
    for index, (x0, x1) in enumerate(itertools.pairwise(steps)):
        heights = (road_z_m(x0), road_z_m(x1))
        brush.road_band((x0, x1), (-WALL_Y_M - 0.6, WALL_Y_M + 0.6), heights, (150, 148, 142))
        brush.road_band((x0, x1), (-verge, verge), heights, (128, 127, 122))
        brush.road_band(
            (x0, x1), (-HALF_ROAD_M, HALF_ROAD_M), heights, mix(_ASPHALT, _ASPHALT_FAR, index / 5)
        )


def _markings(brush: Brush) -> None:
    white, yellow = (214, 214, 208), (212, 172, 62)
    for side in (-1, 1):
        _stripe(brush, (_NEAR_M, PORTAL_M), side * (HALF_ROAD_M - 0.25), 0.14, white)
        _stripe(brush, (_NEAR_M, PORTAL_M), side * 0.13, 0.1, yellow)
    brush.road_band((-5.2, -4.7), (-HALF_ROAD_M + 0.3, -0.3), (0, 0), white)
    for index in range(-9, 10):
        y = index * 0.4
        lean = 0.35 if abs(y + 0.35) < HALF_ROAD_M - 0.2 else 0.0
        brush.face(
            [(-1.2, y, 0), (-1.2, y + 0.12, 0), (1.2, y + 0.12 + lean, 0), (1.2, y + lean, 0)],
            mix(yellow, _ASPHALT, 0.35),
        )


def _stripe(brush: Brush, x: tuple[float, float], y_m: float, width_m: float, fill: Colour) -> None:
    cuts = [x[0], RAMP_START_M, x[1]]
    for x0, x1 in itertools.pairwise(cuts):
        brush.road_band((x0, x1), (y_m - width_m / 2, y_m + width_m / 2), (road_z_m(x0), road_z_m(x1)), fill)


def _walls(brush: Brush) -> None:
    """Retaining walls that grow from the kerb to the portal."""
    for side in (-1, 1):
        y = side * WALL_Y_M
        brush.face([(1.5, y, 0), (PORTAL_M, y, -RAMP_DROP_M), (PORTAL_M, y, 3.7), (1.5, y, 0.5)], _CONCRETE)
        brush.face(
            [(1.5, y, 0.5), (PORTAL_M, y, 3.7), (PORTAL_M, y * 1.06, 3.75), (1.5, y * 1.06, 0.55)],
            (196, 194, 187),
        )
        for x in (4.0, 7.0, 10.0, 13.0):
            top = 0.5 + 3.2 * (x - 1.5) / (PORTAL_M - 1.5)
            brush.line([project(x, y, road_z_m(x)), project(x, y, top)], _CONCRETE_DARK, 0.8)
