"""The gate and the simulator's physics in one virtual time: a closed loop without sockets.

Every step checks what must hold whatever the story is: nothing is touched, the arm comes down only
after the warnings, and only while the lane is truly free of what the curtain can see.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edge.core.people import ROSTER

from sotdae_edge.core.effects import Alarm, Decided, Drive, Effect, Save, Warn
from sotdae_edge.core.events import Event, Scan, Sighting
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Levels, Site
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.sim import registers
from sotdae_firmware_bridge.sim.physics import MAX_STEP_S, Scene, new_scene, step
from sotdae_shared.samples import Sample

SITE = Site(
    facility="GG-41113-UP-0007",
    channels=UNDERPASS_CHANNELS,
    levels=Levels(river_caution_cm=2500.0, river_trigger_cm=2902.0),
    roster=ROSTER,
)
PROFILE = load("underpass")
SCAN_STEPS = 2
"""Scans come every 50 ms, each two steps of the physics."""


def points(scene: Scene) -> dict[str, Sample]:
    """Return what a client of the profile would read now."""
    values = registers.underpass(scene)

    def number(name: str | None) -> float | None:
        value = values[name] if name else None
        return None if value is None else float(value)

    found = {}
    for name, point in PROFILE.points.items():
        count = number(point.counter)
        found[name] = Sample(number(name), None if count is None else int(count), number(point.quality))
    return found


@dataclass
class World:
    """One site with its gate. `linked` and `alive` cut the field bus and the agent."""

    site: Site = SITE
    scene: Scene = field(default_factory=new_scene)
    camera: bool | None = None
    linked: bool = True
    alive: bool = True
    read: Callable[[Scene], dict[str, Sample]] = points
    said: list[Effect] = field(default_factory=list)
    memento: dict[str, Any] | None = None
    boots: int = 0
    permit: int = 0
    warned_s: float = 0.0
    stopped_s: float = 0.0
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    @property
    def now(self) -> float:
        """The one virtual time, in seconds."""
        return self.scene.now_s

    def restart(self) -> None:
        """Start an agent with what the last one saved."""
        self.boots += 1
        self.alive = True
        self.gate = Gate.start(self.site, f"{self.boots:016x}", self.now, self.memento)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / (MAX_STEP_S * SCAN_STEPS))):
            self._turn()

    def until(self, *states: str, limit_s: float = 120.0) -> float:
        """Run until the gate is in one of these states; return the seconds it took."""
        began = self.now
        while self.gate.state not in states:
            assert self.now < began + limit_s, f"{self.gate.state} after {limit_s} s: {self.path}"
            self._turn()
        return self.now - began

    def give(self, event: Event) -> None:
        """Give the gate one event."""
        self._carry_out(self.gate.handle(event, self.now))

    def _turn(self) -> None:
        for _ in range(SCAN_STEPS):
            before_deg = self.scene.arm.angle_deg
            step(self.scene, MAX_STEP_S)
            self._check(before_deg)
        if not self.alive:
            return
        if self.camera is not None:
            self.give(Sighting(self.camera, 0.9, "drawn"))
        if self.linked and self.scene.powered:
            self.give(Scan(self.read(self.scene)))
            self._write([("feed", (self.scene.orders.feed + 1) % 65536)])
        else:
            self._carry_out(self.gate.tick(self.now))

    def _check(self, before_deg: float) -> None:
        scene = self.scene
        assert scene.traffic.contacts == 0, self.path
        if not scene.warnings.sign_closed:
            self.warned_s = self.now
        lowered = scene.arm.angle_deg < before_deg
        if not lowered:
            self.stopped_s = self.now
        if lowered and not scene.local_key:
            assert self.now - self.warned_s >= 3.0, self.path
            assert not scene.instruments.lane.curtain, self.path

    def _carry_out(self, effects: list[Effect]) -> None:
        self.said += effects
        for effect in effects:
            match effect:
                case Save(memento=memento):
                    self.memento = memento
                case Warn(closed=closed, siren=siren, caution=caution):
                    orders = [("warn_closed", closed), ("warn_siren", siren), ("warn_caution", caution)]
                    self._write([(name, int(value)) for name, value in orders])
                case Drive(motion=motion):
                    self.permit = (self.permit + 1) % 65536
                    self._write([("drive", int(motion)), ("permit", self.permit)])

    def _write(self, orders: list[tuple[str, int]]) -> None:
        if self.linked and self.scene.powered:
            self.scene.orders.take(orders, self.now)

    @property
    def path(self) -> list[str]:
        """States passed, in order."""
        found = [each for each in self.said if isinstance(each, Decided)]
        return [each.state for each in found if each.state != each.previous]

    @property
    def alarms(self) -> dict[str, int]:
        """Active alarms with their priorities, as told."""
        active: dict[str, int] = {}
        for effect in self.said:
            if isinstance(effect, Alarm):
                active.pop(effect.code, None)
                if effect.active:
                    active[effect.code] = effect.priority
        return active

    @property
    def shut(self) -> bool:
        """Whether the arm is truly down."""
        return self.scene.arm.angle_deg <= 0.5
