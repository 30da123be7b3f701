"""When an accelerating slope's trend would end: inverse velocity and SLO, with an interval, or a refusal.

A forecast is a trend, not the time of a collapse, and no alarm waits for it. Times are in hours.
Inverse velocity after Fukuzono (1985), dv/dt = A v^alpha; SLO after Mufundirwa et al. (2010); two window
lengths after Carla et al. (2017); preconditions from DOMAIN 3.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from statistics import fmean, median

from sotdae_edge.core import daily
from sotdae_edge.core.fit import Line, Point, half_apart_sigma, half_apart_slope, noise, theil_sen

EXPONENTS = (1.5, 2.0, 2.2)
"""alpha of Fukuzono's experiments lies between 1.5 and 2.2; the interval spans them, the forecast takes 2."""
MIN_SAMPLES = 15
MIN_STEPS = 5
MIN_R2 = 0.8
SIGMAS = 3.0
NOISE_STEP = 10.0
"""A step of this many standard deviations of one value has a velocity known to about 10 %."""
SHARES = (1 / 40, 1 / 20)
"""Short and long step, as shares of the whole displacement."""
SHORT, LONG = 3, 7
"""Steps in the two moving medians whose crossing is the onset of acceleration."""
MAX_AHEAD = 2.0
"""A forecast reaches at most so many times as far ahead as the acceleration has lasted."""
MIN_GAIN = 2.0
"""Velocity must have doubled since the onset: seasons make slopes a little faster every year."""
OVER = 1.5
"""What is so many times as fast as the creep of before the onset has a velocity of its own over it."""


class Why(StrEnum):
    """Why there is no forecast."""

    TOO_FEW = "too_few_samples"
    STILL = "no_displacement_beyond_noise"
    SLOW = "velocity_below_3_sigma"
    NO_ONSET = "fewer_than_5_steps_since_onset"
    STEADY = "not_accelerating"
    POOR_FIT = "r2_below_0.8"
    YOUNG = "velocity_not_doubled"
    FAR = "too_far_ahead"
    PAST = "trend_has_ended"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No forecast, and why."""

    why: Why
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One velocity: over an equal share of displacement, so that noise weighs the same at every speed."""

    t_h: float
    v_mm_h: float
    sigma_mm_h: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The trend's end, best and interval, in the series' hours."""

    at_h: float
    early_h: float
    late_h: float
    inverse_velocity_h: float
    """The end after the shorter steps, for alpha = 2."""
    slo_h: float
    """The same by SLO."""
    alpha: float
    """The exponent that fits both step lengths best."""
    onset_h: float
    now_h: float
    v_mm_h: float
    r2: float
    steps: int
    cycle_mm: float | None
    """Amplitude of the daily cycle that was taken off; None if it could not be learned."""


def forecast(series: Sequence[Point]) -> Forecast | Refusal:
    """Forecast from (h, mm) in order of time, displacement growing downslope."""
    if len(series) < MIN_SAMPLES:
        return Refusal(Why.TOO_FEW, f"{len(series)} samples: want {MIN_SAMPLES}")
    cycle = daily.learn(series)
    clean = daily.without(series, cycle)
    sigma = noise(clean)
    travel = max(mm for _, mm in clean) - min(mm for _, mm in clean)
    if travel <= NOISE_STEP * sigma:
        return Refusal(Why.STILL, f"{travel:.3g} mm in all, with a noise of {sigma:.2g} mm")
    trends = []
    for share in SHARES:
        found = _trend(clean, max(NOISE_STEP * sigma, travel * share), sigma)
        if isinstance(found, Refusal):
            return found
        trends.append(found)
    return _combined(trends, clean[-1][0], None if cycle is None else cycle.amplitude_mm)


def steps(series: Sequence[Point], step_mm: float, sigma_mm: float) -> list[Step]:
    """Cut a series, from its newest end, into steps of at least `step_mm` and three samples each.

    For alpha = 2 equal steps shrink in time by a constant ratio, which leaves the end of 1/v exact.
    """
    values = [mm for _, mm in series]
    threes = zip(values, values[1:], values[2:], strict=False)
    smooth = [values[0], *map(median, threes), values[-1]]
    cut: list[Step] = []
    end = begin = len(series) - 1
    while begin > 0:
        begin -= 1
        if end - begin < 2 or smooth[end] - smooth[begin] < step_mm:
            continue
        cut.append(_step(series[begin : end + 1], sigma_mm))
        end = begin
    return cut[::-1]


def _step(part: Sequence[Point], sigma_mm: float) -> Step:
    middle_h = (part[0][0] + part[-1][0]) / 2.0
    return Step(middle_h, half_apart_slope(part), half_apart_sigma(part, sigma_mm))


def onset(found: Sequence[Step]) -> int:
    """Return the index of the first step after which the short median velocity stayed above the long one."""
    speeds = [step.v_mm_h for step in found]
    for last in range(len(speeds) - 1, SHORT - 1, -1):
        newest = median(speeds[last - SHORT + 1 : last + 1])
        if newest <= median(speeds[max(0, last - LONG + 1) : last + 1]):
            return last
    return 0


@dataclass(frozen=True, slots=True)
class _Trend:
    """What one step length says: a line for each exponent, and SLO."""

    moving: list[Step]
    creep_mm_h: float
    """Velocity before the onset; 0 where too little of it was seen."""
    lines: dict[float, Line]
    slo: Line

    @property
    def ends(self) -> tuple[float, float]:
        """The earliest and the latest end that any of them allows."""
        spans = [line.zeros() for line in self.lines.values() if line.r2 >= MIN_R2]
        lows = [self.slo.slope_low, *(low for low, _, _ in spans), *self._over_creep()]
        return min(lows), max(self.slo.slope_high, *(high for _, _, high in spans))

    def _over_creep(self) -> Iterator[float]:
        """Yield the earliest end if the creep of before goes on under the acceleration.

        1/v then bends down towards the end, and a line through all of it comes too late.
        """
        over = [step for step in self.moving if step.v_mm_h > OVER * self.creep_mm_h]
        newest = over[-max(MIN_STEPS, len(over) // 2) :]
        if self.creep_mm_h <= 0.0 or len(newest) < MIN_STEPS:
            return
        line = theil_sen([(step.t_h, 1.0 / (step.v_mm_h - self.creep_mm_h)) for step in newest])
        if line is not None and line.falls and line.r2 >= MIN_R2:
            yield line.zeros()[0]


def _moving(every: Sequence[Step], begin: int) -> list[Step] | Refusal:
    """Return the steps since the onset of acceleration, if they carry a forecast."""
    moving = list(every[begin:])
    if len(moving) < MIN_STEPS:
        return Refusal(Why.NO_ONSET, f"{len(moving)} steps since the onset of acceleration: want {MIN_STEPS}")
    slow = [step for step in moving if step.v_mm_h <= SIGMAS * step.sigma_mm_h]
    if slow:
        return Refusal(Why.SLOW, f"{slow[-1].v_mm_h:.2g} mm/h is below three times its uncertainty")
    gain = median(step.v_mm_h for step in moving[-3:]) / median(step.v_mm_h for step in moving[:3])
    if gain < MIN_GAIN:
        return Refusal(Why.YOUNG, f"velocity is {gain:.2g} times that at the onset: want {MIN_GAIN:g}")
    return moving


def _trend(series: Sequence[Point], step_mm: float, sigma_mm: float) -> _Trend | Refusal:
    every = steps(series, step_mm, sigma_mm)
    begin = onset(every)
    moving = _moving(every, begin)
    if isinstance(moving, Refusal):
        return moving
    creep_mm_h = median(step.v_mm_h for step in every[:begin]) if begin >= SHORT else 0.0
    slo = theil_sen([(step.v_mm_h, step.t_h * step.v_mm_h) for step in moving])
    lines = {alpha: line for alpha in EXPONENTS if (line := _inverse(moving, alpha)) is not None}
    if slo is None or not lines or not all(line.falls for line in lines.values()):
        return Refusal(Why.STEADY, "inverse velocity does not fall beyond its uncertainty")
    r2 = max(line.r2 for line in lines.values())
    if r2 < MIN_R2:
        return Refusal(Why.POOR_FIT, f"R2 {r2:.2f}: want {MIN_R2:g}")
    return _Trend(moving, creep_mm_h, lines, slo)


def _inverse(moving: Sequence[Step], alpha: float) -> Line | None:
    return theil_sen([(step.t_h, step.v_mm_h ** (1.0 - alpha)) for step in moving])


def _combined(trends: Sequence[_Trend], now_h: float, cycle_mm: float | None) -> Forecast | Refusal:
    """Take the middle of what the two step lengths say, and the widest interval."""
    alpha = max(EXPONENTS, key=lambda each: fmean(trend.lines[each].r2 for trend in trends))
    at_h = fmean(trend.lines[alpha].zeros()[1] for trend in trends)
    early_h, late_h = min(trend.ends[0] for trend in trends), max(trend.ends[1] for trend in trends)
    short = trends[0]
    onset_h, last = short.moving[0].t_h, short.moving[-1]
    if not isfinite(late_h) or at_h - now_h > MAX_AHEAD * (now_h - onset_h):
        return Refusal(Why.FAR, f"{at_h - now_h:.3g} h ahead after {now_h - onset_h:.3g} h of acceleration")
    if late_h <= now_h:
        return Refusal(Why.PAST, f"the trend ended {now_h - late_h:.3g} h ago without a collapse")
    return Forecast(
        at_h=min(max(at_h, early_h, now_h), late_h),
        early_h=max(early_h, now_h),
        late_h=late_h,
        inverse_velocity_h=short.lines[2.0].zeros()[1],
        slo_h=short.slo.slope,
        alpha=alpha,
        onset_h=onset_h,
        now_h=now_h,
        v_mm_h=last.v_mm_h,
        r2=min(trend.lines[alpha].r2 for trend in trends),
        steps=len(short.moving),
        cycle_mm=cycle_mm,
    )
