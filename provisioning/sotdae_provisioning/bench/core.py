"""How many scans of a controller the decision core takes a second: no clock, no disk, no wire."""

import time
from collections.abc import Sequence

from sotdae_edge.core.events import Scan
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Site
from sotdae_firmware_bridge.profile import Profile, load
from sotdae_firmware_bridge.sim import registers
from sotdae_firmware_bridge.sim.physics import MAX_STEP_S, Scene, new_scene, step
from sotdae_provisioning.bench.figures import Figure, Result
from sotdae_shared.samples import Sample

TARGET = 100_000.0
SCAN_S = 0.1
RISE_CM_MIN, FROM_CM, TO_CM = 5.0, 4.0, 12.0
"""Water that the gate must predict with, again and again, and need not yet close for."""
HOW = (
    "complete scans of the underpass profile as the simulator's noisy instruments give them at 5 Hz, polled "
    "each 0.1 s of injected time, all healthy; validity, votes, lane, barrier and alarms are worked out "
    "at each, and in rising water two robust rates at each new sample; one process"
)


def measure(scans: int) -> Result:
    """Hand `scans` scans of a dry road to a gate, and as many of a rising flood."""
    profile = load("underpass")
    dry, rising = (_rate(_events(profile, scans, wet)) for wet in (False, True))
    points = len(profile.points)
    figures = (
        Figure(f"scans of {points} points a second, dry", dry, "/s", better="higher", target=TARGET),
        Figure("the same in rising water", rising, "/s", better="higher", target=TARGET),
        Figure("points a second, dry", dry * points, "/s", better="higher"),
    )
    return Result("core", HOW, scans, figures)


def _rate(events: Sequence[Scan]) -> float:
    gate = Gate.start(Site("GG-41113-UP-0007", UNDERPASS_CHANNELS), "0" * 16, 0.0)
    begun_s = time.process_time()
    for number, event in enumerate(events):
        gate.handle(event, number * SCAN_S)
    return len(events) / max(time.process_time() - begun_s, 1e-6)


def _events(profile: Profile, scans: int, wet: bool) -> list[Scan]:
    scene = new_scene()
    found = []
    for _ in range(scans):
        if wet and not FROM_CM <= scene.water.depth_cm < TO_CM:
            scene.water.set_depth(FROM_CM)
            scene.water.inflow(RISE_CM_MIN)
        for _ in range(round(SCAN_S / MAX_STEP_S)):
            step(scene, MAX_STEP_S)
        found.append(_scan(profile, scene))
    return found


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
