"""The scene: everything that is at the underpass, and how it moves on. Pure: time and dice are given."""

import random
from dataclasses import dataclass, field

from sotdae_firmware_bridge.sim.arm import Arm
from sotdae_firmware_bridge.sim.controller import Orders, Warnings
from sotdae_firmware_bridge.sim.faults import Faults
from sotdae_firmware_bridge.sim.instruments import Instruments
from sotdae_firmware_bridge.sim.latch import Latch
from sotdae_firmware_bridge.sim.traffic import Traffic
from sotdae_firmware_bridge.sim.water import Water

MAX_STEP_S = 0.025
"""Longest single step: half the fastest scan."""


@dataclass(slots=True)
class Scene:
    """State of the simulated site at `now_s` (s, any origin)."""

    now_s: float
    instruments: Instruments
    orders: Orders
    water: Water = field(default_factory=Water)
    traffic: Traffic = field(default_factory=Traffic)
    arm: Arm = field(default_factory=Arm)
    faults: Faults = field(default_factory=Faults)
    warnings: Warnings = field(default_factory=Warnings)
    latch: Latch = field(default_factory=Latch)
    local_key: bool = False

    @property
    def powered(self) -> bool:
        """Whether the controller has power."""
        return not self.faults.has("controller", "power")


def new_scene(seed: int = 0, now_s: float = 0.0) -> Scene:
    """A dry, quiet site with its arm up and the watchdog freshly started."""
    return Scene(now_s, Instruments(random.Random(seed)), Orders(fed_s=now_s))  # noqa: S311 - noise, no secret


def step(scene: Scene, dt_s: float) -> None:
    """Move the scene on by `dt_s`, at most `MAX_STEP_S`."""
    scene.now_s += dt_s
    scene.water.step(dt_s)
    scene.traffic.step(dt_s, scene.arm.angle_deg, scene.warnings.sign_closed)
    scene.instruments.step(dt_s, scene.water, scene.traffic, scene.faults)
    if not scene.powered:
        scene.orders.drop()
    by_hand = scene.local_key or scene.latch.held(scene.now_s)
    order = scene.orders.direction(scene.now_s, scene.instruments.lane, by_hand)
    if scene.latch.engaged and order > 0:
        order = 0
    scene.arm.step(dt_s, order, scene.faults.of("arm"))
    lock = bool(scene.orders.lock) and scene.powered and scene.orders.fed(scene.now_s)
    scene.latch.step(dt_s, scene.now_s, lock, scene.arm)
    if scene.arm.motion < 0:
        scene.traffic.arm_moved_down(scene.arm.angle_deg)
    scene.warnings.step(scene.now_s, scene.orders, scene.instruments.float_15.wet, scene.faults)
