"""How many scans of a controller the decision core takes a second: no clock, no disk, no wire."""

import time

from sotdae_edge.core.events import Scan
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Site
from sotdae_firmware_bridge.profile import Profile, load
from sotdae_provisioning.bench.figures import Figure, Result
from sotdae_provisioning.bench.plant import UNIT, Plant
from sotdae_shared.samples import Sample

TARGET = 100_000.0
SCAN_S = 0.1
HOW = (
    "complete scans of the underpass profile, dry and all healthy, handed to one gate 0.1 s apart in "
    "injected time; validity, votes, lane, barrier and alarms are worked out afresh at each; one process"
)


def measure(scans: int) -> Result:
    """Hand `scans` scans to a gate."""
    profile, plant = load("underpass"), Plant(0.0)
    events = [_scan(profile, plant) for _ in range(scans)]
    gate = Gate.start(Site("GG-41113-UP-0007", UNDERPASS_CHANNELS), "0" * 16, 0.0)
    begun_s = time.process_time()
    for number, event in enumerate(events):
        gate.handle(event, number * SCAN_S)
    used_s = time.process_time() - begun_s
    rate = scans / max(used_s, 1e-6)
    points = len(profile.points)
    figures = (
        Figure(f"scans of {points} points a second", rate, "/s", better="higher", target=TARGET),
        Figure("points a second", rate * points, "/s", better="higher"),
    )
    return Result("core", HOW, scans, figures)


def _scan(profile: Profile, plant: Plant) -> Scan:
    values = plant.values(UNIT)
    points = {}
    for name, point in profile.points.items():
        quality = values[point.quality] if point.quality else None
        points[name] = Sample(values[name], _count(values, point.counter), quality)
    return Scan(points)


def _count(values: dict[str, float | None], counter: str | None) -> int | None:
    count = values[counter] if counter else None
    return None if count is None else int(count)
