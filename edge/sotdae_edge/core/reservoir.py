"""A reservoir's embankment: freeboard, crest settlement, seepage and turbidity.

There is no national number for displacement; limits are design values of DOMAIN 3 that a site replaces.
"""

from dataclasses import dataclass
from enum import IntEnum
from statistics import median

from sotdae_edge.core.fit import MAD_TO_SIGMA
from sotdae_edge.core.movement import DAY_S, HOUR_S, Movement

SIGMAS = 3.0
BASELINE_DAYS = 7
JUMP_OVER_S = HOUR_S
"""A jump is what the last readings have above the day before the last hour."""
RISING_CM_DAY = 10.0
GAIN = 2.0
"""A settlement that doubles from day to day accelerates."""


class Grade(IntEnum):
    """How bad it is."""

    NORMAL = 0
    ATTENTION = 1
    ALERT = 2
    SERIOUS = 3


@dataclass(frozen=True, slots=True)
class Embankment:
    """One reservoir. Points: water level and crest in cm above one datum, settlement in mm downwards."""

    name: str
    crest_cm: float
    level_point: str
    settlement_point: str | None = None
    seepage_point: str | None = None
    turbidity_point: str | None = None
    attention_cm: float = 100.0
    """Freeboard below which it needs attention."""
    serious_cm: float = 50.0
    settle_mm_day: float = 5.0
    jump_factor: float = 2.0
    seepage_floor: float = 1.0
    """A smaller rise, in the meter's unit, is no jump."""
    turbidity_floor: float = 20.0
    silent_s: float = 1800.0
    calm_s: float = 24 * HOUR_S

    @property
    def points(self) -> dict[str, str]:
        """Instrument by point."""
        named = {
            "level": self.level_point,
            "settlement": self.settlement_point,
            "seepage": self.seepage_point,
            "turbidity": self.turbidity_point,
        }
        return {name: point for name, point in named.items() if point is not None}


Want = tuple[Grade, str]


def freeboard_wants(spec: Embankment, level: Movement) -> list[Want]:
    """Return what the water below the crest asks for."""
    level_cm = newest(level)
    if level_cm is None:
        return []
    free_cm = spec.crest_cm - level_cm
    if free_cm < spec.serious_cm:
        return [(Grade.SERIOUS, f"freeboard {free_cm:.0f} cm: limit {spec.serious_cm:g}")]
    if free_cm < spec.attention_cm:
        return [(Grade.ATTENTION, f"freeboard {free_cm:.0f} cm: limit {spec.attention_cm:g}")]
    return []


def settlement_wants(spec: Embankment, crest: Movement, level: Movement, now: float) -> list[Want]:
    """Return what the crest's settlement asks for: a day's move, acceleration, departure from baseline."""
    found: list[Want] = []
    today, before = crest.per_day(0, now), crest.per_day(1, now)
    rise_cm = level.per_day(0, now)
    if today is not None and today >= spec.settle_mm_day:
        found.append((Grade.ALERT, f"crest settled {today:.1f} mm in a day: limit {spec.settle_mm_day:g}"))
    usual = baseline(crest, now)
    away = usual is not None and (mm := newest(crest)) is not None and mm > usual[0] + SIGMAS * usual[1]
    if away:
        found.append((Grade.ATTENTION, "crest lower than its baseline by more than three sigma"))
    faster = today is not None and before is not None and today > 0 and today >= GAIN * before
    if away and faster and rise_cm is not None and rise_cm >= RISING_CM_DAY:
        found.append((Grade.ALERT, f"settlement accelerates while the water rises {rise_cm:.0f} cm in a day"))
    return found


def jump_wants(name: str, factor: float, floor: float, meter: Movement, now: float) -> list[Want]:
    """Return what a sudden rise of seepage or turbidity asks for."""
    past = [value for at, value in meter.far if now - DAY_S <= at < now - JUMP_OVER_S]
    value = newest(meter)
    if len(past) < 3 or value is None:
        return []
    usual = median(past)
    if value < factor * usual or value - usual < floor:
        return []
    return [(Grade.SERIOUS, f"{name} jumped from {usual:.3g} to {value:.3g}")]


def newest(movement: Movement) -> float | None:
    """Return the median of the last three readings: one wrong reading has no say."""
    last = [value for _, value in list(movement.near)[-3:]]
    return median(last) if len(last) == 3 else None


def baseline(movement: Movement, now: float) -> tuple[float, float] | None:
    """Return (median, sigma) of the weeks before the last day, or None below a week."""
    past = [value for at, value in movement.far if at < now - DAY_S]
    if not past or now - DAY_S - movement.far[0][0] < BASELINE_DAYS * DAY_S:
        return None
    middle = median(past)
    return middle, MAD_TO_SIGMA * median(abs(value - middle) for value in past)
