"""A gate's surroundings for tests: a controller's points that can be set at will, and injected time."""

from dataclasses import dataclass, field
from typing import Any

from edge.core.people import HUB_KEY, ROSTER

from sotdae_edge.core.effects import Alarm, Decided, Drive, Effect, Motion, Save, Warn
from sotdae_edge.core.events import Event, Scan
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Levels, Site
from sotdae_shared.samples import Sample

BOOT = "0123456789abcdef"
SITE = Site(
    facility="GG-41113-UP-0007",
    channels=UNDERPASS_CHANNELS,
    levels=Levels(river_caution_cm=2500.0, river_trigger_cm=2902.0),
    roster=ROSTER,
    release=(HUB_KEY,),
)
ARM = {"open": (1.0, 0.0, 90.0), "mid": (0.0, 0.0, 45.0), "closed": (0.0, 1.0, 0.0)}
SCAN_S = 0.2


@dataclass
class Plant:
    """What the controller would answer now. None of a level: nothing measured."""

    radar: float | None = 0.0
    pressure: float | None = 0.0
    floats: float | None = 0.0
    river: float | None = 120.0
    rain: float = 0.0
    mains: bool = True
    loop: bool = False
    curtain: bool = False
    lane_ok: bool = True
    key: bool | None = False
    inside: bool = False
    arm: str = "open"
    current: float = 0.0
    lamps: bool = True
    radar_percent: float = 87.0
    pressure_percent: float = 100.0
    """What an analogue channel says of itself."""
    count: int = 0

    def water(self, cm: float) -> None:
        """Put all three channels at one level."""
        self.radar = self.pressure = self.floats = cm

    def scan(self, **points: Sample | None) -> Scan:
        """Return the next scan; `points` replaces some, None leaves one out."""
        self.count += 1
        found = self._points(self.count) | points
        return Scan({name: sample for name, sample in found.items() if sample is not None})

    def _points(self, count: int) -> dict[str, Sample | None]:
        limit_open, limit_closed, angle = ARM[self.arm]
        wet = self.floats
        lane_ok = float(self.lane_ok)
        return {
            "radar_level": Sample(self.radar, count, self.radar_percent),
            "pressure_level": Sample(self.pressure, count, self.pressure_percent),
            "float_5": Sample(None if wet is None else float(wet >= 5.0), count, 1.0),
            "float_15": Sample(None if wet is None else float(wet >= 15.0), count, 1.0),
            "river_stage": Sample(self.river, count),
            "rain_rate": Sample(self.rain, count),
            "mains_ok": Sample(float(self.mains)),
            "loop_occupied": Sample(float(self.loop), count, lane_ok),
            "curtain_blocked": Sample(float(self.curtain), count, lane_ok),
            "inside_request": Sample(float(self.inside)),
            "limit_open": Sample(limit_open),
            "limit_closed": Sample(limit_closed),
            "local_key": Sample(None if self.key is None else float(self.key)),
            "arm_angle": Sample(angle),
            "motor_current": Sample(self.current),
            "sign_closed": Sample(float(self.lamps)),
            "flasher_on": Sample(float(self.lamps)),
            "siren_on": Sample(float(self.lamps)),
        }


@dataclass
class Story:
    """One gate, its plant and its time. Ticks fall exactly where the gate asked for them."""

    site: Site = SITE
    now: float = 1000.0
    memento: dict[str, Any] | None = None
    plant: Plant = field(default_factory=Plant)
    effects: list[Effect] = field(default_factory=list)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate.start(self.site, BOOT, self.now, self.memento)

    def restart(self, boot: str = "fedcba9876543210") -> None:
        """Lose the process; keep what it saved."""
        self.gate = Gate.start(self.site, boot, self.now, self.memento)

    def take(self, effects: list[Effect]) -> list[Effect]:
        """Note effects as the runner would."""
        for effect in effects:
            if isinstance(effect, Save):
                self.memento = effect.memento
        self.effects += effects
        return effects

    def give(self, event: Event) -> list[Effect]:
        """Give one event now."""
        return self.take(self.gate.handle(event, self.now))

    def scan(self, **points: Sample | None) -> list[Effect]:
        """Give one scan of the plant now."""
        return self.give(self.plant.scan(**points))

    def wait(self, seconds: float) -> list[Effect]:
        """Let time pass in silence."""
        found: list[Effect] = []
        until = self.now + seconds
        while (due := self.gate.next_deadline(self.now)) is not None and due <= until:
            assert due > self.now, "a deadline served is gone"
            self.now = due
            found += self.take(self.gate.tick(due))
        self.now = until
        return found

    def run(self, seconds: float, every: float = SCAN_S, **points: Sample | None) -> list[Effect]:
        """Let time pass with a scan of the plant every so often."""
        found: list[Effect] = []
        for _ in range(round(seconds / every)):
            found += self.scan(**points)
            found += self.wait(every)
        return found

    def close(self) -> None:
        """Let the water come, and the arm go down by itself once it is told to."""
        self.plant.water(20.0)
        self.run(8.0)
        assert self.gate.state == "lowering", self.states
        self.plant.arm = "closed"
        self.run(0.4)
        assert self.gate.state == "closed", self.states

    @property
    def decided(self) -> list[Decided]:
        """Every decision so far."""
        return [effect for effect in self.effects if isinstance(effect, Decided)]

    @property
    def states(self) -> list[str]:
        """The path through the table so far."""
        return [each.state for each in self.decided if each.state != each.previous]

    @property
    def warned(self) -> Warn | None:
        """The last warnings asked for."""
        return next((effect for effect in reversed(self.effects) if isinstance(effect, Warn)), None)

    @property
    def alarms(self) -> dict[str, int]:
        """What is active, with its priority, as told by effects."""
        active: dict[str, int] = {}
        for effect in self.effects:
            if isinstance(effect, Alarm) and effect.active:
                active[effect.code] = effect.priority
            elif isinstance(effect, Alarm):
                active.pop(effect.code, None)
        return active


def drives(effects: list[Effect], motion: Motion) -> int:
    """Count the permits for a motion."""
    return sum(effect == Drive(motion) for effect in effects)
