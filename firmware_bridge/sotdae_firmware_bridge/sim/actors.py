"""What moves: water, vehicles, people, the arm."""

import itertools
import math

from sotdae_firmware_bridge.sim.brush import Brush, Colour, mix, shade
from sotdae_firmware_bridge.sim.lens import (
    PORTAL_M,
    RAMP_DROP_M,
    Point,
    project,
    road_z_m,
    span_m,
    water_edge_m,
)
from sotdae_firmware_bridge.sim.scenery import WALL_Y_M
from sotdae_firmware_bridge.sim.view import SceneView, VehicleView

_WATER, _WATER_FAR, _FOAM = (112, 100, 78), (66, 64, 58), (176, 168, 150)
_PAINT: tuple[Colour, ...] = (
    (226, 228, 230), (38, 42, 50), (158, 38, 40), (44, 84, 140), (120, 126, 132), (212, 168, 50),
    (66, 110, 82),
)  # fmt: skip
_CLOTHES: tuple[Colour, ...] = ((196, 60, 52), (48, 92, 156), (232, 196, 70), (88, 128, 84), (72, 60, 110))
_LANE_Y_M = (-1.9, 1.9)
_ARM_PIVOT = (0.0, -WALL_Y_M + 0.1, 1.0)
_ARM_LENGTH_M = 8.9
_STRIPES = 11


def paint_water(brush: Brush, view: SceneView, phase_s: float) -> None:
    """Let water stand on the road up to its depth, with ripples that move."""
    if view.depth_cm <= 0.3:
        return
    level_m = view.depth_cm / 100 - RAMP_DROP_M
    edge_m = water_edge_m(view.depth_cm)
    cuts = [edge_m + (PORTAL_M - edge_m) * part for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for index, (x0, x1) in enumerate(itertools.pairwise(cuts)):
        brush.road_band(
            (x0, x1), (-WALL_Y_M, WALL_Y_M), (level_m, level_m), mix(_WATER, _WATER_FAR, index / 3)
        )
    brush.road_band((edge_m, edge_m + 0.25), (-WALL_Y_M, WALL_Y_M), (level_m, level_m), _FOAM)
    rows = 16
    for row in range(rows):
        x = edge_m + (PORTAL_M - edge_m) * ((row + 0.5) / rows) ** 1.2
        sway = math.sin(phase_s * 1.3 + row * 1.9)
        y = sway * (WALL_Y_M - 1.2)
        ends = [project(x, y - 0.9, level_m), project(x, y + 0.9, level_m)]
        brush.line(ends, mix(_WATER, (206, 206, 200), 0.35 + 0.2 * math.cos(phase_s + row)), 0.9)


def paint_vehicle(brush: Brush, vehicle: VehicleView, depth_cm: float) -> None:
    """Draw one vehicle or person where it stands; what is under water is not seen."""
    near_m, far_m = span_m(vehicle)
    if near_m < -9.0 or near_m > PORTAL_M + 4:
        return
    base_m = max(road_z_m(near_m), depth_cm / 100 - RAMP_DROP_M)
    light = 0.45 if near_m > PORTAL_M else 1.0
    y_m = _LANE_Y_M[vehicle.lane % 2]
    if vehicle.kind == "person":
        _person(
            brush,
            (near_m, y_m),
            (base_m, road_z_m(near_m)),
            shade(_CLOTHES[vehicle.colour % len(_CLOTHES)], light),
        )
        return
    paint = shade(_PAINT[vehicle.colour % len(_PAINT)], light)
    if vehicle.kind == "truck":
        _block(brush, x=(near_m, far_m), y_m=y_m, half_m=1.15, z=(base_m + 0.45, base_m + 2.9), paint=paint)
        _lamps(brush, near_m=near_m, y_m=y_m, half_m=1.0, z_m=base_m + 0.6, light=light)
    else:
        cabin = (near_m + 0.18 * vehicle.length_m, far_m - 0.3 * vehicle.length_m)
        _block(brush, x=(near_m, far_m), y_m=y_m, half_m=0.92, z=(base_m + 0.25, base_m + 0.9), paint=paint)
        _block(
            brush, x=cabin, y_m=y_m, half_m=0.74, z=(base_m + 0.9, base_m + 1.45), paint=shade(paint, 0.96)
        )
        glass = shade((70, 84, 98), light)
        brush.face(
            [
                (cabin[0], y_m + s * w, base_m + z)
                for s, w, z in ((-1, 0.66, 1.0), (1, 0.66, 1.0), (1, 0.6, 1.38), (-1, 0.6, 1.38))
            ],
            glass,
        )
        _lamps(brush, near_m=near_m, y_m=y_m, half_m=0.8, z_m=base_m + 0.7, light=light)
    for side in (-1, 1):
        left, foot = project(near_m, y_m + side * 0.72 - 0.14, base_m)
        right, top = project(near_m, y_m + side * 0.72 + 0.14, base_m + 0.45)
        brush.box((left, top, right, foot), shade((24, 24, 26), light), 1)


def _block(
    brush: Brush, *, x: tuple[float, float], y_m: float, half_m: float, z: tuple[float, float], paint: Colour
) -> None:
    (near, far), (low, high) = x, z
    inner = y_m - math.copysign(half_m, y_m)
    brush.face(
        [(near, inner, low), (far, inner, low), (far, inner, high), (near, inner, high)], shade(paint, 0.62)
    )
    brush.face(
        [
            (near, y_m - half_m, high),
            (near, y_m + half_m, high),
            (far, y_m + half_m, high),
            (far, y_m - half_m, high),
        ],
        shade(paint, 1.12),
    )
    brush.face(
        [
            (near, y_m - half_m, low),
            (near, y_m + half_m, low),
            (near, y_m + half_m, high),
            (near, y_m - half_m, high),
        ],
        shade(paint, 0.86),
    )


def _lamps(brush: Brush, *, near_m: float, y_m: float, half_m: float, z_m: float, light: float) -> None:
    for side in (-1, 1):
        u, v = project(near_m, y_m + side * half_m, z_m)
        brush.box((u - 3, v - 1.5, u + 3, v + 1.5), shade((206, 34, 34), light), 1)


def _person(brush: Brush, at: tuple[float, float], z: tuple[float, float], clothes: Colour) -> None:
    (x_m, y_m), (base_m, ground_m) = at, z
    waist, neck, top = ground_m + 0.85, ground_m + 1.45, ground_m + 1.75
    for side in (-1, 1):
        hip, foot = project(x_m, y_m + side * 0.1, waist), project(x_m, y_m + side * 0.17, min(base_m, waist))
        brush.line([hip, foot], (44, 46, 56), 4)
    left, shoulder = project(x_m, y_m - 0.24, neck)
    right, hem = project(x_m, y_m + 0.24, max(waist - 0.15, base_m))
    brush.box((left, shoulder, right, hem), clothes, 4)
    u, v = project(x_m, y_m, (neck + top) / 2 + 0.06)
    brush.disc((u, v), 5.2, (208, 168, 140))
    brush.disc((u, v - 1.8), 4.6, (40, 34, 30))


def arm_point(arm_deg: float, along_m: float) -> Point:
    """Return the picture point `along_m` metres from the arm's pivot."""
    x, y, z = _ARM_PIVOT
    angle = math.radians(arm_deg)
    return project(x, y + along_m * math.cos(angle), z + along_m * math.sin(angle))


def paint_arm(brush: Brush, arm_deg: float) -> None:
    """Draw the barrier's cabinet, its red and white arm at its angle, and the rest post."""
    u, v = project(*_ARM_PIVOT)
    _, foot = project(0.0, _ARM_PIVOT[1], 0.0)
    rest_u, rest_v = project(0.0, WALL_Y_M - 0.2, 0.9)
    brush.box((rest_u - 2, rest_v, rest_u + 2, foot), (94, 96, 100))
    brush.box((u - 12, v - 10, u + 9, foot), (232, 178, 44), 2)
    brush.box((u - 12, v + 14, u + 9, v + 18), (40, 40, 42))
    for stripe in range(_STRIPES):
        start, end = (_ARM_LENGTH_M * part / _STRIPES for part in (stripe, stripe + 1))
        fill: Colour = (202, 32, 36) if stripe % 2 == 0 else (242, 242, 240)
        brush.line([arm_point(arm_deg, start), arm_point(arm_deg, end)], fill, 5)
    brush.disc((u, v), 5, (70, 72, 76))
