"""Vehicles and people at the arm: a plain model of drivers who obey, ignore, park and want out.

The arm stands at x = 0, the way in comes from negative x. A vehicle's place is that of its front.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from sotdae_firmware_bridge.sim.view import VehicleKind

FAR_M = 30.0
STOP_LINE_M = -5.0
ARM_LINE_M = -1.0
INSIDE_LINE_M = -8.0
"""Where one who wants out waits, on the loop inside."""
GAP_M = 1.5
LOOP_M = 4.0
CURTAIN_M = 0.5
BRAKE_MPS2 = 3.0
ACCELERATE_MPS2 = 2.0
CRUISE_MPS = 5.0
WALK_MPS = 1.4
BACK_MPS = 2.0
OBEY_DEG = 60.0
IGNORE_DEG = 45.0
EXIT_DEG = 70.0
MOST_VEHICLES = 20

Plan = Literal["obey", "ignore", "park", "out", "back"]


@dataclass(slots=True)
class Vehicle:
    """A vehicle or person. `way_m` counts along its heading; 0 is the arm."""

    number: int
    kind: VehicleKind
    plan: Plan
    length_m: float
    cruise_mps: float
    way_m: float = -FAR_M
    speed_mps: float = 0.0
    touched: bool = False

    @property
    def x_m(self) -> float:
        """Front end on the road's axis."""
        return -self.way_m if self.plan == "out" else self.way_m

    def spans(self, half_m: float) -> bool:
        """Whether any of it is within `half_m` of the arm's line."""
        return self.way_m >= -half_m and self.way_m - self.length_m <= half_m

    def stops(self, arm_deg: float, sign_closed: bool) -> Iterator[float]:
        """Places where the driver would stop as things stand."""
        if arm_deg < IGNORE_DEG:
            yield ARM_LINE_M
        if self.plan == "obey" and (sign_closed or arm_deg < OBEY_DEG):
            yield STOP_LINE_M
        if self.plan == "out" and arm_deg <= EXIT_DEG:
            yield INSIDE_LINE_M
        if self.plan == "park":
            yield 2.0 if self.kind != "person" else self.length_m / 2

    def drive(self, dt_s: float, stops: list[float]) -> None:
        """Move on, braking for the first stop that can still be made."""
        if self.plan == "back":
            self.speed_mps = -BACK_MPS
            self.way_m -= BACK_MPS * dt_s
            return
        reach = self.way_m + self.speed_mps**2 / (2 * BRAKE_MPS2)
        stop = min((place for place in stops if place + 0.15 >= reach), default=math.inf)
        allowed = math.sqrt(2 * BRAKE_MPS2 * max(0.0, stop - self.way_m)) if stop < math.inf else math.inf
        self.speed_mps = min(self.cruise_mps, self.speed_mps + ACCELERATE_MPS2 * dt_s, allowed)
        if stop - self.way_m < 0.02:
            self.speed_mps = 0.0
        self.way_m += self.speed_mps * dt_s


@dataclass(slots=True)
class Traffic:
    """All vehicles, and how often arm and vehicle have touched (the truth no sensor reports)."""

    vehicles: list[Vehicle] = field(default_factory=list)
    contacts: int = 0
    _next: int = 1

    def add(self, kind: VehicleKind, plan: Plan) -> Vehicle:
        """Let one come from afar. Raises ValueError if the road is full."""
        if len(self.vehicles) >= MOST_VEHICLES:
            raise ValueError(f"{MOST_VEHICLES} vehicles are on the road already")
        length_m, cruise_mps = (0.6, WALK_MPS) if kind == "person" else (4.4, CRUISE_MPS)
        way_m = -10.0 if kind == "person" else -FAR_M
        vehicle = Vehicle(self._next, kind, plan, length_m, cruise_mps, way_m, cruise_mps)
        self._next += 1
        self.vehicles.append(vehicle)
        return vehicle

    def leave(self, sign_closed: bool) -> int:
        """Let those who stand go: on if the way is open, else back out. Return how many."""
        standing = [each for each in self.vehicles if each.plan != "out" and each.speed_mps == 0]
        for vehicle in standing:
            vehicle.plan = "back" if sign_closed else "obey"
        return len(standing)

    def step(self, dt_s: float, arm_deg: float, sign_closed: bool) -> None:
        """Move everybody; note who drives into the arm."""
        for vehicle in self.vehicles:
            before = vehicle.way_m
            stops = [*vehicle.stops(arm_deg, sign_closed), *self._behind(vehicle)]
            vehicle.drive(dt_s, stops)
            if before < 0 <= vehicle.way_m and arm_deg < IGNORE_DEG:
                self._touch(vehicle)
        self.vehicles = [each for each in self.vehicles if -FAR_M - 1 < each.way_m < FAR_M + each.length_m]

    def arm_moved_down(self, arm_deg: float) -> None:
        """Note whom the arm comes down upon."""
        if arm_deg < OBEY_DEG:
            for vehicle in self.vehicles:
                if vehicle.spans(0.0):
                    self._touch(vehicle)

    @property
    def on_loop(self) -> bool:
        """Whether metal is over the loop; a person is not seen by it."""
        return any(each.spans(LOOP_M) for each in self.vehicles if each.kind != "person")

    @property
    def in_curtain(self) -> bool:
        """Whether anything breaks the light curtain."""
        return any(each.spans(CURTAIN_M) for each in self.vehicles)

    @property
    def waits_inside(self) -> bool:
        """Whether a vehicle is on the loop inside, coming out."""
        return any(each.plan == "out" and -10.0 <= each.way_m <= -LOOP_M for each in self.vehicles)

    def _behind(self, vehicle: Vehicle) -> Iterator[float]:
        for other in self.vehicles:
            same_lane = (other.plan == "out") == (vehicle.plan == "out")
            if other is not vehicle and same_lane and other.way_m > vehicle.way_m:
                yield other.way_m - other.length_m - GAP_M

    def _touch(self, vehicle: Vehicle) -> None:
        if not vehicle.touched:
            vehicle.touched = True
            self.contacts += 1
