"""Instruments: what they read of the truth, at their own pace, with noise and faults."""

import random
from dataclasses import dataclass, field

from sotdae_firmware_bridge.sim.faults import Faults, detect, distort
from sotdae_firmware_bridge.sim.traffic import Traffic
from sotdae_firmware_bridge.sim.water import Water

LEVEL_SCAN_S = 0.2
LANE_SCAN_S = 0.05
RADAR_SIGMA_CM = 0.3
PRESSURE_SIGMA_CM = 0.2
FLOAT_HYSTERESIS_CM = 0.3
LEVEL_RANGE_CM = (-5.0, 400.0)
"""Span of radar and pressure; beyond it they saturate."""
COUNTER_MASK = 0xFFFF


@dataclass(slots=True)
class Instrument:
    """One level-like instrument: its last reading, in steps of its resolution, and its scan counter."""

    name: str
    sigma: float
    span: tuple[float, float]
    decimals: int = 1
    value: float | None = 0.0
    count: int = 0
    ok: bool = True

    def scan(self, truth: float, kinds: frozenset[str], rng: random.Random) -> None:
        """Take one reading, unless silent."""
        noise = rng.gauss(0.0, self.sigma) if self.sigma else 0.0
        if "silent" in kinds:
            return
        self.count = (self.count + 1) & COUNTER_MASK
        read = distort(kinds, truth + noise, self.value, self.count)
        low, high = self.span
        self.value = None if read is None else round(min(high, max(low, read)), self.decimals)
        self.ok = "dead" not in kinds


@dataclass(slots=True)
class FloatSwitch:
    """A float that lifts at its level and drops a little below."""

    level_cm: float
    wet: bool = False

    def see(self, level_cm: float | None) -> None:
        """Follow the water; a broken wire (None) reads dry."""
        if level_cm is None:
            self.wet = False
        elif level_cm >= self.level_cm:
            self.wet = True
        elif level_cm < self.level_cm - FLOAT_HYSTERESIS_CM:
            self.wet = False


@dataclass(slots=True)
class Lane:
    """Loop and light curtain under the arm, and the loop inside; one scan for all."""

    loop: bool = False
    curtain: bool = False
    inside: bool = False
    loop_ok: bool = True
    curtain_ok: bool = True
    count: int = 0

    def scan(self, traffic: Traffic, faults: Faults) -> None:
        """Take one reading, unless either device is silent."""
        loop, curtain = faults.of("loop"), faults.of("curtain")
        if "silent" in loop or "silent" in curtain:
            return
        self.count = (self.count + 1) & COUNTER_MASK
        self.loop = detect(loop, traffic.on_loop)
        self.curtain = detect(curtain, traffic.in_curtain)
        self.loop_ok = "dead" not in loop
        self.curtain_ok = "dead" not in curtain
        self.inside = traffic.waits_inside

    @property
    def proved_clear(self) -> bool:
        """Whether the controller's own protection allows the arm down."""
        return self.loop_ok and self.curtain_ok and not self.loop and not self.curtain


@dataclass(slots=True)
class Instruments:
    """All instruments of the site and the concentrator of the homes."""

    rng: random.Random
    radar: Instrument = field(default_factory=lambda: Instrument("radar", RADAR_SIGMA_CM, LEVEL_RANGE_CM))
    pressure: Instrument = field(
        default_factory=lambda: Instrument("pressure", PRESSURE_SIGMA_CM, LEVEL_RANGE_CM)
    )
    floats: Instrument = field(default_factory=lambda: Instrument("float", 0.0, (0.0, 10_000.0), 3))
    river: Instrument = field(default_factory=lambda: Instrument("river", 0.5, (0.0, 10_000.0), 0))
    rain: Instrument = field(default_factory=lambda: Instrument("rain", 0.0, (0.0, 400.0)))
    float_5: FloatSwitch = field(default_factory=lambda: FloatSwitch(5.0))
    float_15: FloatSwitch = field(default_factory=lambda: FloatSwitch(15.0))
    homes: list[tuple[FloatSwitch, FloatSwitch]] = field(
        default_factory=lambda: [(FloatSwitch(2.0), FloatSwitch(15.0)) for _ in range(3)]
    )
    homes_count: int = 0
    lane: Lane = field(default_factory=Lane)
    _level_due_s: float = 0.0
    _lane_due_s: float = 0.0

    def step(self, dt_s: float, water: Water, traffic: Traffic, faults: Faults) -> None:
        """Take the scans that fall into this step (at most one of each: steps are shorter than scans)."""
        self._level_due_s -= dt_s
        self._lane_due_s -= dt_s
        if self._level_due_s <= 0:
            self._level_due_s += LEVEL_SCAN_S
            self._scan_levels(water, faults)
        if self._lane_due_s <= 0:
            self._lane_due_s += LANE_SCAN_S
            self.lane.scan(traffic, faults)

    def _scan_levels(self, water: Water, faults: Faults) -> None:
        truths = (
            (self.radar, water.depth_cm),
            (self.pressure, water.depth_cm),
            (self.floats, water.depth_cm),
            (self.river, water.river_cm),
            (self.rain, water.rain_mm_h),
        )
        for instrument, truth in truths:
            instrument.scan(truth, faults.of(instrument.name), self.rng)
        for switch in (self.float_5, self.float_15):
            switch.see(self.floats.value)
        self.homes_count = (self.homes_count + 1) & COUNTER_MASK
        for pair, depth_cm in zip(self.homes, water.homes_cm, strict=True):
            for switch in pair:
                switch.see(depth_cm)
