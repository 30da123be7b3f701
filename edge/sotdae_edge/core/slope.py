"""One slope: stages from velocity thresholds, a torn wire is an alarm, rain lowers thresholds (DOMAIN 3).

Thresholds never wait for the forecast, and the forecast never lowers a stage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from sotdae_edge.core.movement import HOUR_S, Movement
from sotdae_edge.core.since import Since

NOW_S = 600.0


class Stage(IntEnum):
    """How far people must keep away."""

    NORMAL = 0
    ATTENTION = 1
    RESTRICT = 2
    PREPARE = 3
    EVACUATE = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Primary and secondary management values of a site; there is no national number in Korea."""

    attention_per_h: float = 2.0
    prepare_per_h: float = 4.0
    evacuate_per_h: float = 10.0
    active_per_day: float = 1.0
    fast_per_day: float = 10.0
    wet_index_mm: float = 100.0
    wet_factor: float = 0.5
    """What the hourly limits are multiplied with while the soil-water index is above `wet_index_mm`."""


LIMITS: dict[str, Limits] = {
    "wire": Limits(),
    "tilt": Limits(0.01, 0.05, 0.1, 100 / 3600 / 7, 100 / 3600),
}
"""mm for wires (Japanese practice, road earthworks guide 2009); deg for tilt (Uchimura 2015)."""


@dataclass(frozen=True, slots=True)
class Slope:
    """One instrumented slope. `point` grows downslope; at `full_scale` wire or clinometer end."""

    name: str
    point: str
    full_scale: float
    kind: Literal["wire", "tilt"] = "wire"
    rain_point: str | None = None
    limits: Limits | None = None
    silent_s: float = 1800.0
    calm_s: float = 24 * HOUR_S

    @property
    def rule_limits(self) -> Limits:
        """The site's limits, or those of the kind."""
        return self.limits or LIMITS[self.kind]


@dataclass(frozen=True, slots=True)
class Rule:
    """A velocity over a window, above a limit for a time, asks for a stage."""

    name: str
    stage: Stage
    window_s: float
    limit: Callable[[Limits], float]
    hold_s: float = 0.0


RULES = (
    Rule("evacuate_now", Stage.EVACUATE, NOW_S, lambda limits: limits.evacuate_per_h),
    Rule("evacuate", Stage.EVACUATE, HOUR_S, lambda limits: limits.evacuate_per_h),
    Rule("prepare", Stage.PREPARE, HOUR_S, lambda limits: limits.prepare_per_h),
    Rule("restrict", Stage.RESTRICT, HOUR_S, lambda limits: limits.attention_per_h, 2 * HOUR_S),
    Rule("attention", Stage.ATTENTION, HOUR_S, lambda limits: limits.attention_per_h),
)
"""2 mm/h attention, 2-4 prepare, up to 10 evacuate; 2 mm/h for two hours restricts entry (DOMAIN 3)."""


@dataclass(frozen=True, slots=True)
class DayRule:
    """Every one of the last days above a limit asks for a stage."""

    name: str
    stage: Stage
    days: int
    limit: Callable[[Limits], float]


DAY_RULES = (
    DayRule("fast_days", Stage.RESTRICT, 2, lambda limits: limits.fast_per_day),
    DayRule("active_days", Stage.ATTENTION, 10, lambda limits: limits.active_per_day),
)
"""A clearly active landslide: 10 mm/day for 2 days or 1 mm/day for 10 (road earthworks guide 2009)."""


Want = tuple[Stage, str]
"""A stage that a rule asks for, and why."""


def day_wants(spec: Slope, movement: Movement, now: float) -> list[Want]:
    """Return what the last days ask for."""
    limits, found = spec.rule_limits, []
    for rule in DAY_RULES:
        limit = rule.limit(limits)
        moves = [movement.per_day(ago, now) for ago in range(rule.days)]
        if all(move is not None and move >= limit for move in moves):
            found.append((rule.stage, f"{limit:.3g} {_unit(spec)} or more on each of {rule.days} days"))
    return found


def hour_wants(spec: Slope, movement: Movement, since: Since, factor: float, now: float) -> list[Want]:
    """Return what the velocities of now ask for; `factor` lowers the limits on wet ground."""
    limits, found = spec.rule_limits, []
    speeds = {window_s: movement.per_hour(window_s, now) for window_s in (NOW_S, HOUR_S)}
    for rule in RULES:
        limit, speed = rule.limit(limits) * factor, speeds[rule.window_s]
        above = speed is not None and speed >= limit
        if since.held(rule.name, above, rule.hold_s, now):
            wet = ", ground wet" if factor < 1.0 else ""
            held = f" for {rule.hold_s / HOUR_S:g} h" if rule.hold_s else ""
            found.append((rule.stage, f"{speed:.3g} {_unit(spec)}/h: limit {limit:.3g}{held}{wet}"))
    return found


def _unit(spec: Slope) -> str:
    return "mm" if spec.kind == "wire" else "deg"
