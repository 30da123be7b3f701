"""The barrier arm: angle, motor and limit switches."""

from dataclasses import dataclass
from typing import Literal

UP_DEG = 90.0
FAST_DEG_S = 15.0
SLOW_DEG_S = 7.5
"""Last 30 degrees before either end; with `FAST_DEG_S` a full stroke takes 8 s."""
SLOW_DEG = 30.0
OBSTRUCTED_AT_DEG = 40.0
LIMIT_DEG = 0.5
"""A limit switch closes this near to its end."""
MOVING_A = 4.0
STALLED_A = 11.0

Direction = Literal[-1, 0, 1]
"""-1 lowers, 1 raises."""


@dataclass(slots=True)
class Arm:
    """State of the arm; 90 degrees is up, 0 is down."""

    angle_deg: float = UP_DEG
    motion: Direction = 0
    current_a: float = 0.0
    limit_open: bool = True
    limit_closed: bool = False

    def step(self, dt_s: float, order: Direction, faults: frozenset[str]) -> None:
        """Move by the order for `dt_s`; an arm that is driven against something stalls."""
        floor = OBSTRUCTED_AT_DEG if "obstructed" in faults else 0.0
        angle = self.angle_deg + order * self._speed(order) * dt_s
        angle = min(UP_DEG, max(min(floor, self.angle_deg), angle))
        moved = angle != self.angle_deg
        at_limit = (order > 0 and self.limit_open) or (order < 0 and self.limit_closed)
        self.angle_deg = angle
        self.motion = order if moved else 0
        self.current_a = MOVING_A if moved else STALLED_A if order and not at_limit else 0.0
        if "limit_stuck" not in faults:
            self.limit_open = angle >= UP_DEG - LIMIT_DEG
            self.limit_closed = angle <= LIMIT_DEG

    def push(self, by_deg: float) -> None:
        """Be pushed open by hand, as a leaf can be."""
        self.angle_deg = min(UP_DEG, self.angle_deg + by_deg)
        self.limit_open = self.angle_deg >= UP_DEG - LIMIT_DEG
        self.limit_closed = self.angle_deg <= LIMIT_DEG

    def _speed(self, order: Direction) -> float:
        left_deg = self.angle_deg if order < 0 else UP_DEG - self.angle_deg
        return SLOW_DEG_S if left_deg <= SLOW_DEG else FAST_DEG_S
