"""Where the simulator's camera stands and how road metres become picture points. Pure geometry."""

from sotdae_firmware_bridge.sim.view import VehicleView

WIDTH, HEIGHT = 640, 360
"""Picture size, in points; the drawing works at any multiple of it."""

CAMERA_X_M, CAMERA_Z_M = -16.0, 4.2
FOCAL_PT, HORIZON_PT = 560.0, 70.0
HALF_ROAD_M = 3.9
RAMP_START_M, PORTAL_M = 1.0, 16.0
"""The road falls from the first to the second, where the underpass begins."""
RAMP_DROP_M = 0.45
_SPAN_MARGIN_M = 0.5
"""The light curtain's half width: what spans it is under the arm."""

Point = tuple[float, float]


def project(x_m: float, y_m: float, z_m: float) -> Point:
    """Return the picture point of a place: x along the road, y to the right, z up."""
    scale = FOCAL_PT / max(x_m - CAMERA_X_M, 1.0)
    return WIDTH / 2 + y_m * scale, HORIZON_PT + (CAMERA_Z_M - z_m) * scale


def road_z_m(x_m: float) -> float:
    """Return the road's height, 0 at the arm, negative down the ramp."""
    along = min(max(x_m - RAMP_START_M, 0.0), PORTAL_M - RAMP_START_M)
    return -RAMP_DROP_M * along / (PORTAL_M - RAMP_START_M)


def water_edge_m(depth_cm: float) -> float:
    """Return how far up the road the water reaches, as x; far behind the camera once all is flooded."""
    height_m = depth_cm / 100
    if height_m >= RAMP_DROP_M:
        return CAMERA_X_M + 1.0
    return PORTAL_M - (PORTAL_M - RAMP_START_M) * height_m / RAMP_DROP_M


def span_m(vehicle: VehicleView) -> tuple[float, float]:
    """Return the near and far end of a vehicle along the road."""
    if vehicle.lane % 2:
        return vehicle.x_m, vehicle.x_m + vehicle.length_m
    return vehicle.x_m - vehicle.length_m, vehicle.x_m


def gap_m(vehicle: VehicleView) -> float:
    """Return the distance of a vehicle from the space under the arm; 0 when it is in it."""
    near, far = span_m(vehicle)
    return max(0.0, near - _SPAN_MARGIN_M, -_SPAN_MARGIN_M - far)
