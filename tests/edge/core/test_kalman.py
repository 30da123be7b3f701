"""The filter's arithmetic: laws, and the same numbers as a dense one."""

from dataclasses import replace
from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.kalman import CALM_CM2_MIN3, WILD, Belief

levels = st.floats(-5, 400)
sigmas = st.floats(0.05, 50)
steps = st.lists(st.tuples(st.floats(0, 300), levels, sigmas), min_size=1, max_size=30)
beliefs = st.builds(
    lambda level, rate, a, b, c: Belief(level, rate, a * a + 1e-6, a * b, b * b + c * c + 1e-6),
    levels, st.floats(-60, 60), st.floats(0.01, 20), st.floats(-20, 20), st.floats(0, 20),
)  # fmt: skip


def dense(belief: Belief, seconds: float, level_cm: float, sigma_cm: float) -> tuple[np.ndarray, np.ndarray]:
    """One step of the textbook, with matrices."""
    dt, q = seconds / 60, CALM_CM2_MIN3 + (WILD * belief.rate_cm_min) ** 2
    x = np.array([belief.level_cm, belief.rate_cm_min])
    p = np.array([[belief.var_level, belief.covar], [belief.covar, belief.var_rate]])
    f, h = np.array([[1, dt], [0, 1]]), np.array([[1.0, 0.0]])
    x = f @ x
    p = f @ p @ f.T + q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    s = h @ p @ h.T + sigma_cm**2
    k = p @ h.T / s
    x = x + (k * (level_cm - x[0])).ravel()
    rest = np.eye(2) - k @ h
    return x, rest @ p @ rest.T + k @ k.T * sigma_cm**2


@given(beliefs, st.floats(0, 300), levels, sigmas)
def test_it_says_what_a_dense_filter_says(belief: Belief, seconds: float, level: float, sigma: float) -> None:
    x, p = dense(belief, seconds, level, sigma)
    after = belief.after(seconds).seeing(level, sigma)
    scale = max(1.0, float(np.abs(p).max()))
    assert [after.level_cm, after.rate_cm_min] == pytest.approx(x, rel=1e-6, abs=1e-6)
    found = [after.var_level, after.covar, after.var_rate]
    assert found == pytest.approx([p[0, 0], p[0, 1], p[1, 1]], rel=1e-6, abs=1e-9 * scale)


@given(beliefs, steps)
def test_the_covariance_stays_positive(belief: Belief, taken: list[tuple[float, float, float]]) -> None:
    for seconds, level, sigma in taken:
        belief = belief.after(seconds).seeing(level, sigma)
        assert belief.var_level > 0
        assert belief.var_rate > 0
        assert belief.covar**2 <= belief.var_level * belief.var_rate * (1 + 1e-9)
        assert isfinite(belief.level_cm)
        assert isfinite(belief.rate_cm_min)


@given(beliefs, levels, sigmas)
def test_a_reading_makes_nothing_less_certain(belief: Belief, level: float, sigma: float) -> None:
    after = belief.seeing(level, sigma)
    assert after.var_level <= belief.var_level
    assert after.var_rate <= belief.var_rate
    low, high = sorted((belief.level_cm, level))
    assert low - 1e-9 <= after.level_cm <= high + 1e-9


@given(beliefs, levels)
def test_a_bound_is_respected_and_moves_no_more_than_it_must(belief: Belief, wet_cm: float) -> None:
    after = belief.at_least(wet_cm)
    assert after.level_cm == max(belief.level_cm, wet_cm)
    assert after.at_least(wet_cm) == after
    if belief.level_cm >= wet_cm:
        assert after == belief
    else:
        assert after.rate_cm_min == pytest.approx(belief.seeing(wet_cm, 0.0).rate_cm_min)
        assert replace(after, level_cm=0.0, rate_cm_min=0.0) == replace(belief, level_cm=0.0, rate_cm_min=0.0)


@pytest.mark.parametrize(("level_cm", "times"), [(4.0, 0.0), (10.0, 3.0), (-2.0, 3.0), (-8.0, 12.0)])
def test_a_surprise_is_counted_in_variances_of_both(level_cm: float, times: float) -> None:
    assert Belief(4.0, 9.0, 3.0, 9.0, 9.0).surprise(level_cm, 3.0) == times


def test_time_is_the_level_left_over_the_rate() -> None:
    sure = Belief(5.0, 2.5, 1e-12, 0.0, 1e-12)
    assert sure.reaches(60.0) is None, "22 minutes ahead nobody knows"
    told = sure.reaches(15.0)
    assert told is not None
    assert told[0] == pytest.approx(240.0)
    wander = CALM_CM2_MIN3 + (WILD * 2.5) ** 2
    assert told[1] == pytest.approx(60 * (wander * 4**3 / 3) ** 0.5 / 2.5)


@pytest.mark.parametrize(
    ("level_cm", "rate", "told"),
    [(14.9, 2.5, True), (14.9, 0.5, False), (14.9, 0.51, True), (1.0, 20.0, True), (0.99, 20.0, False)],
)
def test_a_time_is_told_up_to_the_level_from_a_wet_road_that_rises(
    level_cm: float, rate: float, told: bool
) -> None:
    sure = Belief(level_cm, rate, 1e-12, 0.0, 1e-12)
    assert (sure.reaches(15.0) is not None) == told


def test_a_time_is_told_until_its_error_is_greater() -> None:
    """Of 36 cm2 after 3 minutes at 2 cm/min, 11.25 are the rate's own wandering."""
    assert Belief(9.0, 2.0, 24.75, 0.0, 0.0).reaches(15.0) == (180.0, 180.0)
    assert Belief(9.0, 2.0, 24.76, 0.0, 0.0).reaches(15.0) is None


def test_an_uncertain_level_and_an_uncertain_rate_widen_the_time() -> None:
    sure = Belief(5.0, 5.0, 1e-12, 0.0, 1e-12).reaches(15.0)
    shaky = Belief(5.0, 5.0, 1.0, 0.0, 1.0).reaches(15.0)
    assert sure is not None
    assert shaky is not None
    assert shaky[0] == sure[0]
    # (1 cm)^2 and (2 min x 1 cm/min)^2 at 5 cm/min.
    assert shaky[1] ** 2 - sure[1] ** 2 == pytest.approx((60 / 5) ** 2 * (1 + 4))


@pytest.mark.parametrize(
    "belief",
    [
        Belief(15.0, 5.0, 0.1, 0.0, 0.1),
        Belief(5.0, 0.5, 0.1, 0.0, 0.001),
        Belief(5.0, -5.0, 0.1, 0.0, 0.1),
        Belief(5.0, 5.0, 0.1, 0.0, 3.4**2),
        Belief(0.9, 5.0, 0.1, 0.0, 0.1),
    ],
    ids=["reached", "hardly rising", "falling", "no rise proven", "a dry road"],
)
def test_what_is_not_ahead_has_no_time(belief: Belief) -> None:
    assert belief.reaches(15.0) is None
