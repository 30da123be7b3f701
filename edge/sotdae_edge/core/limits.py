"""What a site's file may say: the least and the most of each number, and why. Beyond, protection is lost.

Sources as in `core/site.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from sotdae_edge.core import lane
from sotdae_edge.core.site import (
    Approach,
    Channel,
    Geometry,
    Levels,
    Riverside,
    SelfTestPlan,
    Site,
    Times,
)

DESIGN_RATE_CM_MIN = 20.0
"""Design case of a Korean underpass flood (DOMAIN 0.3)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds of a number, both allowed."""

    least: float
    most: float
    why: str


TIMES: Mapping[str, Limit] = {
    "confirm": Limit(0.0, 2.0, "with a jump held back a trip still comes within 3 s"),
    "channel_age": Limit(0.3, 5.0, "an older level says nothing of a flood"),
    "river_age": Limit(1.0, 300.0, "an older stage says nothing of a river"),
    "river_lost": Limit(10.0, 600.0, "a silent gauge must age into caution"),
    "spike": Limit(0.0, 1.0, "a jump that lasts is water"),
    "disagree": Limit(2.0, 60.0, "a stuck channel must be found out"),
    "rate_window": Limit(5.0, 60.0, "an older rise is not the present one"),
    "rate_min": Limit(5.0, 30.0, "a shorter history is noise, a longer one comes too late"),
    "caution_off": Limit(10.0, 86_400.0, "caution must not flicker"),
    "blind": Limit(5.0, 300.0, "without a level, context must decide soon"),
    "hub_silent": Limit(60.0, 3600.0, "a lost hub is evidence of a flood, a short cut is not"),
    "lane_age": Limit(0.1, 0.5, "the arm must not move on old news"),
    "camera_age": Limit(0.2, 5.0, "an older sighting is not the lane of now"),
    "camera_hold": Limit(0.0, 30.0, "the camera delays, it never decides (DESIGN 4)"),
    "pre_warn": Limit(3.0, 60.0, "warnings at least 3 s before motion (DOMAIN 1.5)"),
    "clear": Limit(0.5, 10.0, "the lane must be proved clear, and soon"),
    "clear_after_raise": Limit(3.0, 30.0, "clear for 3 s before lowering again (DOMAIN 1.5)"),
    "held_open": Limit(5.0, 60.0, "a queue under the arm must be told of"),
    "travel": Limit(5.0, 60.0, "no proof by then must be told of"),
    "no_motion": Limit(1.0, 10.0, "an arm that does not obey must be told of"),
    "back_off": Limit(1.0, 20.0, "a raise is bounded to 20 s"),
    "escape": Limit(5.0, 20.0, "a raise is bounded to 20 s (DOMAIN 1.5)"),
    "retry_rest": Limit(5.0, 600.0, "a failed closing must be begun anew"),
    "stall": Limit(0.1, 1.0, "a motor that strains has met something"),
    "proof_lost": Limit(0.2, 5.0, "a closed arm that opens must be told of"),
    "permit": Limit(0.05, 0.2, "the controller stops the arm within 0.5 s without it"),
    "readback": Limit(0.5, 10.0, "a dead lamp must be told of"),
    "reopen_dry": Limit(1800.0, 86_400.0, "dry for 30 min before people reopen; `[drill]` shortens it"),
    "nonce": Limit(30.0, 600.0, "approvals age"),
    "release": Limit(5.0, 60.0, "an opening is done at once or asked for anew"),
    "manual_alarm": Limit(60.0, 7200.0, "a forgotten key must be told of"),
    "device_silent": Limit(0.3, 3.0, "a silent controller must be told of"),
    "repair": Limit(3600.0, 604_800.0, "a lost channel must be repaired, within a day in flood season"),
    "caution_after_open": Limit(60.0, 3600.0, "drivers come back to a road that was under water"),
}
"""Of each duration, in seconds."""

_DATUM = Limit(-1000.0, 200_000.0, "cm above datum; no Korean river lies outside")

LEVELS: Mapping[str, Limit] = {
    "caution_cm": Limit(1.0, 10.0, "local alert at 5 cm (DOMAIN 1.1)"),
    "caution_off_cm": Limit(0.0, 9.0, "below the alert"),
    "close_cm": Limit(3.0, 15.0, "national closing rule: 15 cm or stricter (DOMAIN 0.1)"),
    "unsafe_cm": Limit(15.0, 30.0, "water enters and cars stop at 30 cm (DOMAIN 1.1)"),
    "predict_from_cm": Limit(0.5, 5.0, "a prediction must come before the level rule"),
    "reopen_cm": Limit(0.5, 5.0, "dry is below the local alert"),
    "river_caution_cm": _DATUM,
    "river_trigger_cm": _DATUM,
    "rain_warning_mm_h": Limit(5.0, 60.0, "very strong rain is 30 mm/h (DOMAIN 2)"),
}
"""Of each threshold; of an optional one when it is given."""

GEOMETRY: Mapping[str, Limit] = {
    "length_m": Limit(5.0, 10_000.0, "a tunnel empties at its speed"),
    "clear_speed_km_h": Limit(5.0, 60.0, "cars in water are slow"),
    "warning_s": Limit(3.0, 60.0, "warnings at least 3 s before motion (DOMAIN 1.5)"),
    "lowering_s": Limit(2.0, 60.0, "an arm needs its time"),
    "margin_s": Limit(3.0, 120.0, "a closing without reserve comes too late"),
}
"""Of each number that decides how early to close."""


RIVERSIDE = {
    "lock_after": Limit(30.0, 1800.0, "people inside must get out before it locks; then it must lock"),
}
"""Of what only a riverside gate has, in seconds."""

ON_FOOT = Limit(1.0, 60.0, "people walk at 4 km/h")
"""Clearing speed of a riverside gate, km/h, in place of `clear_speed_km_h` above."""


def riverside_problems(settings: Riverside) -> Iterator[str]:
    """Yield whatever is beyond the limits of a riverside gate."""
    yield from _beyond("riverside", settings, RIVERSIDE)


SELFTEST: Mapping[str, Limit] = {
    "hour": Limit(0.0, 23.0, "an hour of the day, best one with little traffic"),
    "lamps_hours": Limit(36.0, 168.0, "lamps are tried daily, at the latest after 36 h"),
    "stroke_days": Limit(7.0, 62.0, "arm and mechanism are tried monthly (DOMAIN 1.5)"),
    "wet_days": Limit(30.0, 366.0, "a real wet test before and mid-season (DOMAIN 1.6)"),
}
"""Of the plan of self-tests."""


def problems(levels: Levels, times: Times, geometry: Geometry, *, on_foot: bool = False) -> list[str]:
    """Return everything in a site's numbers that would remove protection, each with its place."""
    shape = {**GEOMETRY, "clear_speed_km_h": ON_FOOT} if on_foot else GEOMETRY
    return [*_levels(levels), *_times(times, geometry), *_beyond("geometry", geometry, shape)]


def start_problems(site: Site) -> list[str]:
    """A site whose latest safe start lies below caution must be able to close while dry (DOMAIN 1.4)."""
    latest_cm = site.levels.unsafe_cm - DESIGN_RATE_CM_MIN * site.lead_s / 60.0
    if latest_cm >= site.levels.caution_cm or site.levels.river_trigger_cm is not None:
        return []
    start = f"at {DESIGN_RATE_CM_MIN:g} cm/min the latest safe start is {latest_cm:.1f} cm, below caution"
    return [f"geometry: {start}; give levels.river_trigger_cm so that it can close while dry"]


def channel_problems(channels: Sequence[Channel], levels: Levels) -> Iterator[str]:
    """Yield whatever keeps the channels from telling the closing level."""
    if len({channel.name for channel in channels}) < len(channels):
        yield "channels: two have the same name"
    points = [point for channel in channels for point, _ in channel.points]
    if len(set(points)) < len(points):
        yield "channels: a point stands twice; one instrument has one vote"
    for channel in channels:
        for text in _channel(channel, levels):
            yield f"channels.{channel.name}: {text}"
    if not any(_tells(channel, levels.close_cm) for channel in channels):
        yield f"channels: none tells {levels.close_cm:g} cm: want an analog one, or a switch at that level"


def approach_problems(approaches: Sequence[Approach]) -> Iterator[str]:
    """Yield whatever would make two arms one, or leave no arm at an entry."""
    if len(approaches) > 1 and not all(approach.name for approach in approaches):
        yield "approaches: where there are several, each needs a name"
    for what, values in (
        ("name", [approach.name for approach in approaches]),
        ("prefix", [approach.prefix for approach in approaches]),
    ):
        if len(set(values)) < len(values):
            yield f"approaches: two have the same {what}; one arm belongs to one approach"
    if all(approach.side == "exit" for approach in approaches):
        yield "approaches: none is an entry"
    for approach in approaches:
        if len(set(approach.lanes)) < len(approach.lanes):
            yield f"approaches.{approach.name}: two lanes have the same points"
    for one, other in combinations(approaches, 2):
        if one.prefix != other.prefix and (shared := set(lane.points(one)) & set(lane.points(other))):
            yield f"approaches: {one.name} and {other.name} share {min(shared)}; each arm has its own lanes"


def _channel(channel: Channel, levels: Levels) -> Iterator[str]:
    low, high = channel.range_cm
    steps = [level for _, level in channel.points]
    if channel.kind == "switch":
        if steps[0] <= 0.0 or any(one >= other for one, other in pairwise(steps)):
            yield "points: want the levels of a switch above 0 and increasing"
        return
    if len(channel.points) != 1:
        yield "points: want exactly one of an analog channel"
    if channel.sigma_cm is not None and not 0.05 <= channel.sigma_cm <= 50.0:
        yield f"sigma_cm: {channel.sigma_cm:g}: want 0.05 to 50, one sigma of its readings"
    if not low <= 0.0 < levels.unsafe_cm <= high:
        yield f"range_cm: want 0 and unsafe_cm = {levels.unsafe_cm:g} inside, or a flood counts as a failure"


def _tells(channel: Channel, level_cm: float) -> bool:
    """Tell whether it votes on both sides of a level; a switch does at its own steps only."""
    return channel.kind == "analog" or any(level == level_cm for _, level in channel.points)


def _levels(levels: Levels) -> Iterator[str]:
    yield from _beyond("levels", levels, LEVELS)
    if not levels.caution_off_cm < levels.caution_cm < levels.close_cm <= levels.unsafe_cm:
        yield "levels: want caution_off_cm < caution_cm < close_cm <= unsafe_cm"
    if levels.reopen_cm >= levels.close_cm or levels.predict_from_cm > levels.close_cm:
        yield "levels: want reopen_cm < close_cm and predict_from_cm <= close_cm"
    caution, trigger = levels.river_caution_cm, levels.river_trigger_cm
    if caution is not None and trigger is not None and caution > trigger:
        yield "levels: want river_caution_cm <= river_trigger_cm"


def _times(times: Times, geometry: Geometry) -> Iterator[str]:
    yield from _beyond("times", times, TIMES)
    if times.rate_min > times.rate_window:
        yield "times.rate_min: not above times.rate_window"
    if geometry.warning_s < times.pre_warn:
        yield "geometry.warning_s: not below times.pre_warn"
    if geometry.lowering_s > times.travel:
        yield "geometry.lowering_s: not above times.travel"


def selftest_problems(plan: SelfTestPlan) -> list[str]:
    """Return every number of a plan of self-tests that would leave something untested."""
    return list(_beyond("selftest", plan, SELFTEST))


def _beyond(
    place: str, values: Times | Levels | Geometry | Riverside | SelfTestPlan, limits: Mapping[str, Limit]
) -> Iterator[str]:
    """Yield a problem for each number beyond its limits; what is None is not given."""
    for name, limit in limits.items():
        value = getattr(values, name)
        if value is not None and not limit.least <= value <= limit.most:
            yield f"{place}.{name}: {value:g}: want {limit.least:g} to {limit.most:g}: {limit.why}"
