"""Forecasts of an accelerating slope: exact where the curve is exact, refused where there is no trend."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf, sqrt
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_edge.core import daily
from sotdae_edge.core.fit import noise, theil_sen
from sotdae_edge.core.forecast import EXPONENTS, Forecast, Refusal, Step, Why, _Trend, forecast, onset, steps
from sotdae_firmware_bridge.sim.creep import Creep, Meter

PERFECT = Meter(noise_mm=0.0, cycle_mm=0.0)
FIELD = Meter()
Series = list[tuple[float, float]]


def read(creep: Creep, until: float, meter: Meter = PERFECT, seed: int = 1) -> Series:
    """Read until a share of the accelerating life has passed."""
    return list(meter.read(creep, creep.onset_h + until * creep.life_h, random.Random(seed)))


def found(series: Series) -> Forecast:
    answer = forecast(series)
    assert isinstance(answer, Forecast), answer
    return answer


def why(series: Series) -> Why:
    answer = forecast(series)
    assert isinstance(answer, Refusal), answer
    assert answer.text
    return answer.why


@pytest.mark.parametrize("until", [0.7, 0.8, 0.9])
@pytest.mark.parametrize("life_h", [120.0, 240.0, 900.0])
def test_both_methods_recover_the_end_of_a_perfect_curve(until: float, life_h: float) -> None:
    creep = Creep(life_h=life_h)
    series = read(creep, until)
    left_h = creep.fails_h - series[-1][0]
    answer = found(series)
    for end_h in (answer.inverse_velocity_h, answer.slo_h):
        assert abs(end_h - creep.fails_h) < 0.05 * left_h
    assert answer.early_h <= creep.fails_h <= answer.late_h


@given(
    st.floats(0.05, 50.0),
    st.floats(1e-3, 1e3),
    st.lists(st.floats(0.01, 0.95), min_size=5, max_size=20, unique_by=lambda share: round(share, 3)),
)
def test_lines_are_exact_on_exact_points(life: float, rate: float, shares: list[float]) -> None:
    times = [share * life for share in sorted(shares)]
    inverse = theil_sen([(t, rate * (life - t)) for t in times])
    slo = theil_sen([(1 / (rate * (life - t)), t / (rate * (life - t))) for t in times])
    assert inverse is not None
    assert slo is not None
    assert inverse.zeros() == pytest.approx((life, life, life), rel=1e-6)
    assert slo.slope == pytest.approx(life, rel=1e-6)


@pytest.mark.parametrize("alpha", EXPONENTS)
@pytest.mark.parametrize("until", [0.7, 0.8, 0.9])
def test_the_interval_spans_the_exponents(alpha: float, until: float) -> None:
    creep = Creep(alpha=alpha)
    answer = found(read(creep, until))
    assert answer.early_h - 0.5 <= creep.fails_h <= answer.late_h + 0.5
    assert answer.inverse_velocity_h == pytest.approx(answer.slo_h, abs=0.6), "both take alpha 2"


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 100.0), st.floats(-1e4, 1e4), st.floats(-1e3, 1e3))
def test_scale_and_origins_do_not_matter(scale: float, later_h: float, higher_mm: float) -> None:
    creep = Creep(life_h=120.0, onset_h=0.0)
    series = read(creep, 0.8, replace(PERFECT, noise_mm=0.02))
    moved = [(t_h + later_h, scale * mm + higher_mm) for t_h, mm in series]
    before, after = found(series), found(moved)
    assert after.at_h - later_h == pytest.approx(before.at_h, abs=0.5)
    assert after.v_mm_h == pytest.approx(before.v_mm_h * scale, rel=1e-2)


@pytest.mark.parametrize("seed", range(5))
def test_field_noise_and_the_daily_cycle_leave_the_trend(seed: int) -> None:
    creep = Creep()
    series = read(creep, 0.8, FIELD, seed)
    answer = found(series)
    left_h = creep.fails_h - series[-1][0]
    assert abs(answer.inverse_velocity_h - creep.fails_h) < 0.25 * left_h
    assert abs(answer.at_h - creep.fails_h) < 0.5 * left_h, "the exponent is fitted too"
    assert answer.early_h <= creep.fails_h <= answer.late_h
    assert answer.cycle_mm == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("until", [0.93, 0.95])
@pytest.mark.parametrize("life_h", [240.0, 480.0])
def test_a_creep_that_goes_on_under_the_acceleration_does_not_hide_its_end(
    life_h: float, until: float
) -> None:
    creep = Creep(life_h=life_h, start_mm_h=0.07, under_mm_h=0.2)
    answer = found(read(creep, until))
    assert answer.inverse_velocity_h > creep.fails_h, "a line through all of 1/v comes too late"
    assert answer.early_h <= creep.fails_h <= answer.late_h


FALLING = [9.0, 8.0, 7.5, 6.0, 5.0, 4.2, 3.0]
"""h/mm: the inverse of what is moved over the creep, hour by hour; not quite a line."""


@pytest.mark.parametrize(
    ("inverse_h", "creep_mm_h", "taken"),
    [
        (FALLING, 0.05, 5),
        ([20.0, 20.0, *FALLING[:5]], 0.1, 5),
        ([*[float(n) for n in range(20, 12, -1)], *FALLING[1:]], 0.01, 7),
        ([10.0, *FALLING[:4]], 0.2, 0),
        (FALLING[::-1], 0.05, 0),
        ([5.0, 4.0, 3.0, 12.0, 2.0, 1.5, 1.0, 0.5], 0.05, 0),
        (FALLING, 0.0, 0),
    ],
    ids=["a line", "five fast enough", "the newest half", "four", "slowing", "a poor fit", "no creep known"],
)
def test_the_end_over_a_creep_is_the_earliest_of_what_is_fast_enough(
    inverse_h: list[float], creep_mm_h: float, taken: int
) -> None:
    line = theil_sen([(float(t), y) for t, y in enumerate(inverse_h)][-taken or None :])
    assert line is not None
    moving = [Step(float(t), creep_mm_h + 1.0 / y, 0.0) for t, y in enumerate(inverse_h)]
    found = list(_Trend(moving, creep_mm_h, {}, line)._over_creep())
    assert found == ([pytest.approx(line.zeros()[0])] if taken else [])


def test_gaps_do_not_matter_much() -> None:
    creep = Creep()
    series = read(creep, 0.8, replace(FIELD, gap_each_h=36.0))
    assert len(series) < 0.9 * len(read(creep, 0.8, FIELD))
    assert abs(found(series).at_h - creep.fails_h) < 0.5 * (creep.fails_h - series[-1][0])


def test_each_precondition_refuses_with_its_reason() -> None:
    creep, dice = Creep(), random.Random(7)
    steady = [(n / 6, 0.05 * n) for n in range(2000)]
    still = [(n / 6, dice.gauss(0.0, 0.1)) for n in range(2000)]
    slowing = [(n / 6, 100 * (1 - 0.5 ** (n / 500))) for n in range(2000)]
    assert why(read(creep, 0.8)[:10]) is Why.TOO_FEW
    assert why(still) is Why.STILL
    assert why([(t_h, 1.0) for t_h, _ in still]) is Why.STILL
    assert why(steady) in (Why.NO_ONSET, Why.STEADY)
    assert why(slowing) is Why.NO_ONSET
    assert why([(t_h, -mm) for t_h, mm in read(creep, 0.8)]) is Why.NO_ONSET, "backwards is no slide"
    assert why(read(replace(creep, onset_h=0.0), 0.45)) is Why.YOUNG


def test_a_step_without_a_velocity_refuses() -> None:
    moving, dice = read(Creep(), 0.8, replace(FIELD, cycle_mm=0.0)), random.Random(1)
    (t_h, mm) = moving[-1]
    still = [(t_h + n / 6, mm + dice.gauss(0.0, 0.1)) for n in range(1, 40)]
    jump = [(t_h + n / 6, mm + 3.0) for n in (40, 41)]
    assert why([*moving, *still, *jump]) is Why.SLOW


def test_a_slope_that_stops_is_no_longer_forecast() -> None:
    moving = read(Creep(), 0.8)
    (t_h, mm) = moving[-1]
    assert isinstance(forecast(moving), Forecast)
    stopped = moving + [(t_h + n / 6, mm + 2.0 * (1 - 0.5 ** (n / 20))) for n in range(1, 200)]
    assert isinstance(forecast(stopped), Refusal)


def test_the_onset_is_found_after_a_regime_change() -> None:
    creep = Creep(onset_h=500.0, life_h=100.0, start_mm_h=0.5)
    answer = found(read(creep, 0.9))
    assert creep.onset_h - 20 < answer.onset_h < creep.onset_h + 80
    assert abs(answer.inverse_velocity_h - creep.fails_h) < 5.0


def walked(speeds: Sequence[float]) -> Series:
    """Return a slope that moves 1 mm at each of these speeds, read eight times on each: no noise at all."""
    t_h, series = 0.0, [(0.0, 0.0)]
    for mm, v_mm_h in enumerate(speeds):
        series += [(t_h + n / 8 / v_mm_h, mm + n / 8) for n in range(1, 9)]
        t_h += 1 / v_mm_h
    return series


def said(series: Series) -> tuple[Why, str]:
    answer = forecast(series)
    assert isinstance(answer, Refusal), answer
    return answer.why, answer.text


def growing(ratio: float, steady: int = 30) -> Series:
    """Return 40 mm, the last of them each faster by a ratio: an exact curve of alpha 2."""
    return walked([1.0] * steady + [ratio**n for n in range(1, 41 - steady)])


def test_a_curve_of_equal_ratios_is_forecast_to_the_letter() -> None:
    """Its short steps are the millimetres, the last ten of them faster; what is left is a geometric sum."""
    series = growing(1.25)
    now_h = series[-1][0]
    end_h = now_h + 1 / (1.25**10 * 0.25)
    answer = found(series)
    told = (answer.at_h, answer.inverse_velocity_h, answer.slo_h)
    assert told == pytest.approx((end_h, end_h, end_h))
    assert now_h < answer.early_h < end_h - 0.1 < end_h + 0.1 < answer.late_h
    assert (answer.alpha, answer.steps, answer.cycle_mm) == (2.0, 10, None)
    known = (answer.onset_h, answer.now_h, answer.v_mm_h, answer.r2)
    assert known == pytest.approx((30 + 0.5 / 1.25, now_h, 1.25**10, 1.0))


@pytest.mark.parametrize(
    ("series", "why", "text"),
    [
        (walked([1.0])[1:] + [(2.0, 2.0)] * 6, Why.TOO_FEW, "14 samples: want 15"),
        ([(float(n), 3.0) for n in range(20)], Why.STILL, "0 mm in all, with a noise of 0 mm"),
        (growing(1.25, steady=32), Why.NO_ONSET, "4 steps since the onset of acceleration: want 5"),
        (growing(1.065), Why.YOUNG, "velocity is 1.6 times that at the onset: want 2"),
        (
            walked([1.0] * 35 + [2.0, 3.0, 8.0, 7.0, 9.0]),
            Why.STEADY,
            "inverse velocity does not fall beyond its uncertainty",
        ),
        (walked([1.0] * 30 + [2, 3, 4, 0.5, 6, 7, 8, 9, 10, 11]), Why.POOR_FIT, "R2 0.17: want 0.8"),
    ],
    ids=str,
)
def test_each_refusal_says_its_numbers(series: Series, why: Why, text: str) -> None:
    assert said(series) == (why, text)


def test_fifteen_samples_are_not_too_few() -> None:
    assert said([(float(n), float(n)) for n in range(15)])[0] is not Why.TOO_FEW


def test_an_acceleration_that_fades_ends_too_far_ahead() -> None:
    series = walked([1.0 + 0.2 * n**0.6 for n in range(40)])
    reason, text = said(series)
    ahead_h, lasted_h = (float(number) for number in re.findall(r"([0-9.]+) h", text))
    assert reason is Why.FAR
    assert 2 * lasted_h < ahead_h < 3 * lasted_h
    assert 0.9 * series[-1][0] < lasted_h < series[-1][0]


def test_a_slope_that_outlives_its_trend_has_none() -> None:
    """By 38 growing steps it would end 1 / (v 0.15) h later; then it creeps on for 0.2 h."""
    speeds = [1.15**n for n in range(1, 40)]
    reason, text = said(walked([*speeds, 5.0]))
    (ago_h,) = (float(number) for number in re.findall(r"([0-9.]+) h", text))
    assert reason is Why.PAST
    assert ago_h == pytest.approx(0.2 - 1 / (speeds[-1] * 0.15), abs=0.01)


def test_a_series_too_short_for_its_daily_cycle_is_forecast_without() -> None:
    answer = found(read(Creep(life_h=48.0, onset_h=0.0), 0.9))
    assert answer.cycle_mm is None


def test_a_staircase_has_no_velocity_even_without_noise() -> None:
    """Its last step is mostly a rest, between the end of a growth and half a step at once."""
    series = growing(2.0)
    t_h, mm = series[-1]
    rest = [(t_h + n, mm) for n in range(1, 30)]
    assert said([*series, *rest, (t_h + 30, mm + 0.5)]) == (
        Why.SLOW, "0 mm/h is below three times its uncertainty",
    )  # fmt: skip


@pytest.mark.parametrize("step_mm", [3.0, 4.0])
def test_steps_are_cut_from_the_newest_end_to_the_oldest(step_mm: float) -> None:
    series = [(100.0 + 2.0 * n, 0.5 * n) for n in range(41)]
    cut = steps(series, step_mm, 0.1)
    samples = round(2 * step_mm)
    ends = range(40, samples - 1, -samples)
    assert [step.t_h for step in cut] == [100.0 + 2.0 * end - samples for end in reversed(ends)]
    assert {step.v_mm_h for step in cut} == {0.25}
    spread = sqrt(sum((2.0 * n - samples) ** 2 for n in range(samples + 1)))
    assert cut[0].sigma_mm_h == pytest.approx(1.45 * 0.1 / spread)


def test_a_step_has_three_samples_however_fast_it_is() -> None:
    cut = steps([(float(n), 9.0 * n) for n in range(7)], 1.0, 0.1)
    assert [step.t_h for step in cut] == [1.0, 3.0, 5.0]


def test_one_wrong_value_is_no_step() -> None:
    series = [(float(n), 80.0 if n == 7 else 0.0) for n in range(15)]
    assert steps(series, 5.0, 0.1) == []


@given(st.lists(st.integers(0, 9), min_size=1, max_size=24))
def test_after_the_onset_the_short_median_stays_above_the_long_one(speeds: list[int]) -> None:
    def above(last: int) -> bool:
        return median(speeds[max(0, last - 2) : last + 1]) > median(speeds[max(0, last - 6) : last + 1])

    begin = onset([Step(float(n), float(v), 0.1) for n, v in enumerate(speeds)])
    assert all(above(last) for last in range(max(begin + 1, 3), len(speeds)))
    assert begin == 0 or (begin >= 3 and not above(begin))


def test_steps_have_three_samples_and_one_size() -> None:
    series = read(Creep(), 0.9)
    cut = steps(series, 2.0, 0.1)
    assert all(later.t_h > step.t_h for step, later in pairwise(cut))
    assert onset(cut) > 0, "steady creep before"
    assert onset(cut[-20:]) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1e-3, 50.0), st.floats(-1e6, 1e6)),
        max_size=60,
    )
)
def test_any_series_has_an_answer(moves: list[tuple[float, float]]) -> None:
    t_h, series = 0.0, []
    for wait_h, mm in moves:
        t_h += wait_h
        series.append((t_h, mm))
    answer = forecast(series)
    if isinstance(answer, Forecast):
        assert answer.now_h <= answer.early_h <= answer.at_h <= answer.late_h < inf
        assert answer.steps >= 5


def test_the_cycle_of_a_short_or_sparse_series_is_unknown() -> None:
    hourly = [(float(n), 0.0) for n in range(24 * 10)]
    assert daily.learn(hourly) is not None
    assert daily.learn(hourly[: 24 * 3]) is None
    assert daily.learn(hourly[::6]) is None


def test_noise_is_that_of_single_values() -> None:
    dice = random.Random(3)
    series = [(float(n), 5.0 * n + dice.gauss(0.0, 0.2)) for n in range(3000)]
    series[100] = (100.0, 1e6)
    assert noise(series) == pytest.approx(0.2, rel=0.1)
