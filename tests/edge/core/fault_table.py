"""Twelve sensor faults on each channel in four storms: the real gate on the simulator's physics."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from edge.core.world import SITE, World, points

from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Site
from sotdae_firmware_bridge.sim.physics import Scene
from sotdae_shared.samples import Sample

CLOSE_CM = SITE.levels.close_cm
DRY_S = 12.0
"""Dry before the rain: the fault is there when the storm comes."""
AFTER_S = 25.0
"""Watched after the closing level, or after the top where that is lower."""


@dataclass(frozen=True)
class Storm:
    """How fast the water rises, and how far."""

    name: str
    rate_cm_min: float
    top_cm: float


DRY = Storm("dry", 20.0, 0.0)
STORMS = (
    Storm("puddle", 20.0, 9.0),
    Storm("steady", 5.0, 40.0),
    Storm("design", 20.0, 60.0),
    Storm("flash", 100.0, 120.0),
)
"""A puddle is no reason to close; 20 cm/min is the design case, 100 the test beyond it (DOMAIN 0.3)."""


@dataclass
class Reading:
    """What a broken channel says: cm (None: nothing), whether its scan counter goes on, its self-test."""

    cm: float | None
    counts: bool = True
    ok: bool = True


@dataclass
class Broken:
    """One channel's fault: what it makes of the true depth."""

    kind: str
    rng: random.Random
    held_cm: float | None = None
    scans: int = 0

    def read(self, depth_cm: float, since_s: float) -> Reading:
        """Return the channel's word. Noise of a healthy instrument is 0.3 cm."""
        self.scans += 1
        noise = self.rng.gauss(0.0, 0.3)
        return KINDS[self.kind](self, depth_cm, noise, since_s)

    def hold(self, depth_cm: float) -> Reading:
        """Freeze at 8 cm, in the middle of the rise, with the counter going on."""
        if self.held_cm is None and depth_cm < 8.0:
            return Reading(depth_cm)
        self.held_cm = 8.0
        return Reading(self.held_cm)


Kind = Callable[[Broken, float, float, float], Reading]
KINDS: dict[str, Kind] = {
    "frozen": lambda broken, depth, noise, since: broken.hold(depth),
    "stuck dry": lambda broken, depth, noise, since: Reading(0.0),
    "stuck wet": lambda broken, depth, noise, since: Reading(40.0),
    "spikes": lambda broken, depth, noise, since: Reading(depth + noise + 80.0 * (broken.scans % 7 == 0)),
    "dead": lambda broken, depth, noise, since: Reading(None, ok=False),
    "silent": lambda broken, depth, noise, since: Reading(depth, counts=False),
    "reads 10 cm low": lambda broken, depth, noise, since: Reading(depth + noise - 10.0),
    "reads 10 cm high": lambda broken, depth, noise, since: Reading(depth + noise + 10.0),
    "drifts 5 cm/min up": lambda broken, depth, noise, since: Reading(depth + noise + since / 12.0),
    "noise of 3 cm": lambda broken, depth, noise, since: Reading(depth + noise * 10.0),
}
SHARED = {"bus frozen": "stuck dry", "power lost": "dead"}
"""Both channels of a pair that shares a declared bus or power; what each then says."""
FAULTS = (*KINDS, *SHARED)
CHANNELS = ("radar", "pressure", "float")
MATE = {"radar": "pressure", "pressure": "float", "float": "radar"}
_POINTS = {
    "radar": ("radar_level",), "pressure": ("pressure_level",), "float": ("float_5", "float_15"),
}  # fmt: skip
_STEPS = {"float_5": 5.0, "float_15": 15.0}


def site_for(fault: str, channel: str) -> Site:
    """Return the site: three independent channels, or a pair that shares what fails and says so."""
    if fault not in SHARED:
        return SITE
    shared = {"bus": "b1"} if fault.startswith("bus") else {"power": "p1"}
    pair = (channel, MATE[channel])
    return replace(
        SITE,
        channels=tuple(replace(each, **shared) if each.name in pair else each for each in UNDERPASS_CHANNELS),
    )


@dataclass
class Spoiled:
    """The controller's points with one fault in them."""

    broken: dict[str, Broken]
    last: dict[str, int] = field(default_factory=dict)
    held: dict[str, Sample] = field(default_factory=dict)

    def __call__(self, scene: Scene) -> dict[str, Sample]:
        """Return what a client would read now."""
        found = points(scene)
        for channel, broken in self.broken.items():
            names = _POINTS[channel]
            count = found[names[0]].count
            if count != self.last.get(channel):
                self.last[channel] = count or 0
                self._renew(channel, broken, found, scene)
            found |= {name: self.held[name] for name in names}
        return found

    def _renew(self, channel: str, broken: Broken, found: dict[str, Sample], scene: Scene) -> None:
        reading = broken.read(scene.water.depth_cm, scene.now_s)
        for name in _POINTS[channel]:
            if not reading.counts and name in self.held:
                continue
            cm = reading.cm
            value = cm if cm is None or name not in _STEPS else float(cm >= _STEPS[name])
            if value is not None and name not in _STEPS:
                value = round(min(400.0, max(-5.0, value)), 1)
            good = 1.0 if name in _STEPS else 90.0
            self.held[name] = Sample(value, found[name].count, good if reading.ok else 0.0)


@dataclass(frozen=True)
class Outcome:
    """What came of one storm with one fault. Times are seconds after the water truly stood at 15 cm."""

    fault: str
    channel: str
    storm: str
    trip_s: float | None
    closed_s: float | None
    cause: str | None
    false: bool
    depth_cm: float | None
    """True depth when it closed."""
    alarms: tuple[str, ...]
    """What told of the fault, in the order of telling."""


def run(fault: str, channel: str, storm: Storm, declared: bool = True) -> Outcome:
    """Play one storm with one fault; `fault` may be empty for the sound site."""
    world = World(site_for(fault, channel) if declared else SITE)
    broken = (channel, MATE[channel]) if fault in SHARED else (channel,)
    kind = SHARED.get(fault, fault)
    if fault:
        world.read = Spoiled({name: Broken(kind, random.Random(f"{name}{fault}")) for name in broken})
    world.run(DRY_S)
    world.scene.water.play([(storm.top_cm / storm.rate_cm_min * 60.0, storm.top_cm)])
    crossed = world.now + CLOSE_CM / storm.rate_cm_min * 60.0
    floods = storm.top_cm >= CLOSE_CM
    end = crossed + AFTER_S if floods else world.now + storm.top_cm / storm.rate_cm_min * 60.0 + AFTER_S
    trip = closed = cause = depth = None
    while world.now < end:
        before = len(world.said)
        world.run(0.05)
        for effect in world.said[before:]:
            if isinstance(effect, Decided) and effect.decision == "trip":
                trip, depth = world.now, world.scene.water.depth_cm
                cause = None if world.gate.incident is None else world.gate.incident.cause
            elif isinstance(effect, Decided) and effect.state == "closed":
                closed = world.now
    told = dict.fromkeys(e.code for e in world.said if isinstance(e, Alarm) and e.active)
    alarms = tuple(code for code in told if code.startswith(("sensor.", "level.")))
    return Outcome(
        fault, channel, storm.name,
        None if trip is None else trip - crossed, None if closed is None else closed - crossed,
        cause, trip is not None and not floods, depth, alarms,
    )  # fmt: skip


def every(storms: tuple[Storm, ...] = STORMS) -> Iterator[Outcome]:
    """Play the whole table, a row at a time."""
    for fault in FAULTS:
        for channel in CHANNELS:
            for storm in storms:
                yield run(fault, channel, storm)
