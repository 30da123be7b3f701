"""How many scans of a controller the decision core takes a second: no clock, no disk, no wire."""

import time
from collections.abc import Iterator

from sotdae_edge.core.events import HubHeard, Scan
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Levels, SelfTestPlan, Site
from sotdae_firmware_bridge.profile import Profile, load
from sotdae_firmware_bridge.sim import registers
from sotdae_firmware_bridge.sim.physics import MAX_STEP_S, Scene, new_scene, step
from sotdae_provisioning.bench.figures import Figure, Result
from sotdae_shared.samples import Sample

TARGET = 100_000.0
SCAN_S = 0.1
AT_ONCE = 100
"""So many scans are made before they are handed over: off a wire they would still be in the cache. The hub
is heard as often: it answers what the gate says every ten seconds."""
SITE = Site(
    "GG-41113-UP-0007",
    UNDERPASS_CHANNELS,
    levels=Levels(river_caution_cm=2500.0, river_trigger_cm=2902.0),
    selftest=SelfTestPlan(),
)
RISE_CM_MIN, FROM_CM, TO_CM = 5.0, 4.0, 12.0
"""Water that the gate must predict with, again and again, and need not yet close for."""
HOW = (
    "complete scans of the underpass profile as the simulator's noisy instruments give them at 5 Hz, polled "
    "each 0.1 s of injected time, all healthy; over a dry road the gate rests: it reads each scan and judges "
    "where something new is said or due; in rising water validity, votes, lane, barrier and alarms at "
    "each, and two robust rates at each new sample; one process, the time of its handling alone"
)


def measure(scans: int) -> Result:
    """Hand `scans` scans of a dry road to a gate, and as many of a rising flood."""
    profile = load("underpass")
    dry, rising = (_rate(profile, scans, wet) for wet in (False, True))
    points = len(profile.points)
    figures = (
        Figure(f"scans of {points} points a second, dry", dry, "/s", better="higher", target=TARGET),
        Figure("the same in rising water", rising, "/s", better="higher", target=TARGET),
        Figure("points a second, dry", dry * points, "/s", better="higher"),
    )
    return Result("core", HOW, scans, figures)


def _rate(profile: Profile, scans: int, wet: bool) -> float:
    gate, now, spent_s = Gate.start(SITE, "0" * 16, 0.0), 0.0, 0.0
    for events in _events(profile, scans, wet):
        begun_s = time.process_time()
        gate.handle(HubHeard(), now)
        for event in events:
            gate.handle(event, now)
            now += SCAN_S
        spent_s += time.process_time() - begun_s
    return scans / max(spent_s, 1e-6)


def _events(profile: Profile, scans: int, wet: bool) -> Iterator[list[Scan]]:
    scene = new_scene()
    for begun in range(0, scans, AT_ONCE):
        yield [_next(profile, scene, wet) for _ in range(min(AT_ONCE, scans - begun))]


def _next(profile: Profile, scene: Scene, wet: bool) -> Scan:
    if wet and not FROM_CM <= scene.water.depth_cm < TO_CM:
        scene.water.set_depth(FROM_CM)
        scene.water.inflow(RISE_CM_MIN)
    for _ in range(round(SCAN_S / MAX_STEP_S)):
        step(scene, MAX_STEP_S)
    return _scan(profile, scene)


def _scan(profile: Profile, scene: Scene) -> Scan:
    values = registers.underpass(scene)
    points = {}
    for name, point in profile.points.items():
        value, count = values[name], values[point.counter] if point.counter else None
        quality = values[point.quality] if point.quality else None
        points[name] = Sample(
            None if value is None else float(value),
            None if count is None else int(count),
            None if quality is None else float(quality),
        )
    return Scan(points)
