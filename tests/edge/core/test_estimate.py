"""The displayed level: what it takes in, what it leaves out, and that it follows real water."""

import random
from collections.abc import Callable
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.estimate import DRY, FIRST_RATE_SIGMA, FORGET_S, LevelFilter, Seen, sigma_of
from sotdae_edge.core.kalman import Belief
from sotdae_edge.core.site import UNDERPASS_CHANNELS, Channel

SIGMA = 0.3


def watch(
    water: Callable[[float], float], seconds: int, seed: int = 1, sigma: float = SIGMA
) -> tuple[LevelFilter, Belief]:
    """Let two instruments watch some water each second."""
    dice, found = random.Random(seed), LevelFilter()
    for second in range(seconds + 1):
        seen = [Seen(water(second) + dice.gauss(0.0, sigma), sigma) for _ in range(2)]
        found.take(seen, DRY, float(second))
    assert found.belief is not None
    return found, found.belief


@pytest.mark.parametrize("rate", [0.0, 1.0, 5.0, 20.0, -3.0])
def test_it_is_unbiased_on_ramps(rate: float) -> None:
    ends = [watch(lambda at: rate * at / 60, 180, seed)[1] for seed in range(40)]
    level = [end.level_cm - rate * 3 for end in ends]
    speed = [end.rate_cm_min - rate for end in ends]
    # The mean of 40 lies within four of its own sigmas.
    assert abs(mean(level)) < 4 * ends[0].level_sigma_cm / 40**0.5
    assert abs(mean(speed)) < 4 * ends[0].rate_sigma_cm_min / 40**0.5


def test_it_begins_at_the_first_reading_and_knows_no_rise() -> None:
    begun = LevelFilter().take([Seen(9.0, 0.5)], DRY, 7.0)
    assert begun == Belief(9.0, 0.0, 0.25, 0.0, FIRST_RATE_SIGMA**2)


@pytest.mark.parametrize(("seconds", "counted_s"), [(0.2, 0.2), (5.0, 5.0), (-1.0, 0.0)])
def test_in_silence_the_level_goes_on_as_it_rose(seconds: float, counted_s: float) -> None:
    belief = Belief(4.0, 3.0, 0.1, 0.2, 0.5)
    assert LevelFilter(belief).take([], DRY, seconds) == belief.after(counted_s)


@pytest.mark.parametrize(("apart_cm", "same"), [(15.0, True), (15.1, False)])
def test_two_readings_agree_within_three_sigma_of_both(apart_cm: float, same: bool) -> None:
    low, high = Seen(0.0, 3.0), Seen(apart_cm, 4.0)
    assert low.agrees(high) == high.agrees(low) == same


def test_a_reading_at_three_sigma_is_taken_in_and_one_beyond_is_not() -> None:
    belief = Belief(0.0, 0.0, 9.0, 0.0, 1.0)
    assert LevelFilter(belief).take([Seen(15.0, 4.0)], DRY, 0.0) == belief.seeing(15.0, 4.0)
    assert LevelFilter(belief).take([Seen(15.1, 4.0)], DRY, 0.0) == belief


def test_one_outlier_is_left_out() -> None:
    found, before = watch(lambda at: 4.0, 60)
    after = found.take([Seen(80.0, SIGMA), Seen(4.0, SIGMA)], DRY, 61.0)
    assert after is not None
    assert abs(after.level_cm - before.level_cm) < 0.5
    assert abs(after.rate_cm_min) < 1.0


def test_two_outliers_that_agree_are_a_flood() -> None:
    found, _ = watch(lambda at: 4.0, 60)
    after = found.take([Seen(24.0, SIGMA), Seen(24.5, SIGMA)], DRY, 61.0)
    assert after is not None
    assert after.level_cm == pytest.approx(24.25)
    assert after.rate_sigma_cm_min > 10, "how fast it rises is not known after a jump"
    assert found.take([], DRY, 61.0 + FORGET_S - 1) is not None


def test_a_jump_leaves_the_rate_as_the_best_guess() -> None:
    found = LevelFilter(Belief(4.0, 3.0, 0.1, 0.0, 0.5))
    after = found.take([Seen(24.0, SIGMA), Seen(24.5, SIGMA)], DRY, 0.0)
    assert after is not None
    assert after.rate_cm_min == 3.0


def test_two_outliers_that_do_not_agree_are_left_out() -> None:
    found, before = watch(lambda at: 4.0, 60)
    after = found.take([Seen(24.0, SIGMA), Seen(60.0, SIGMA)], DRY, 61.0)
    assert after is not None
    assert abs(after.level_cm - before.level_cm) < 0.5


def test_a_lone_instrument_that_insists_is_believed() -> None:
    found, _ = watch(lambda at: 4.0, 60)
    beliefs = [found.take([Seen(24.0, SIGMA)], DRY, 61.0 + second) for second in range(5)]
    assert [each is not None and each.level_cm < 5 for each in beliefs[:3]] == [True, True, False]
    assert beliefs[2] is not None
    assert beliefs[2].level_cm == 24.0, "after 3 s"
    assert beliefs[-1] is not None
    assert beliefs[-1].level_cm == pytest.approx(24.0, abs=0.1)


def test_silence_widens_and_then_ends_what_is_known() -> None:
    found, before = watch(lambda at: 4.0, 60)
    later = found.take([], DRY, 60.0 + FORGET_S - 1)
    assert later is not None
    assert later.level_sigma_cm > 2 * before.level_sigma_cm
    assert found.take([], DRY, 60.0 + FORGET_S) is None
    again = found.take([Seen(9.0, SIGMA)], DRY, 200.0)
    assert again is not None
    assert again.level_cm == 9.0


def test_a_wet_switch_lifts_the_level() -> None:
    found, _ = watch(lambda at: 4.0, 60)
    after = found.take([Seen(4.2, SIGMA)], 5.0, 61.0)
    assert after is not None
    assert after.level_cm == 5.0


def test_two_instruments_overrule_a_switch_far_above_them() -> None:
    found, _ = watch(lambda at: 0.0, 60)
    after = found.take([Seen(0.1, SIGMA), Seen(-0.1, SIGMA)], 15.0, 61.0)
    assert after is not None
    assert abs(after.level_cm) < 0.5
    alone = found.take([Seen(0.1, SIGMA)], 15.0, 62.0)
    assert alone is not None
    assert alone.level_cm == 15.0


@pytest.mark.parametrize(("level_cm", "shown_cm"), [(6.0, 15.0), (5.9, 5.9)])
def test_two_instruments_within_three_sigma_of_a_switch_do_not_overrule_it(
    level_cm: float, shown_cm: float
) -> None:
    after = LevelFilter().take([Seen(level_cm, 3.0)] * 2, 15.0, 0.0)
    assert after is not None
    assert after.level_cm == pytest.approx(shown_cm)


rows = st.lists(
    st.tuples(st.lists(st.tuples(st.floats(-5, 400), st.floats(0.05, 50)), max_size=3), st.floats(0, 40)),
    max_size=20,
)


@given(rows, st.sampled_from([DRY, 5.0, 15.0]))
def test_whatever_comes_it_stays_sound_and_no_lower_than_a_switch(
    taken: list[tuple[list[tuple[float, float]], float]], wet_cm: float
) -> None:
    found, now = LevelFilter(), 0.0
    for readings, pause_s in taken:
        now += pause_s
        seen = [Seen(*each) for each in readings]
        belief = found.take(seen, wet_cm, now)
        if belief is None:
            continue
        assert belief.var_level > 0
        assert belief.var_rate > 0
        below = sum(each.level_cm < wet_cm for each in seen)
        if below < 2:
            assert belief.level_cm >= wet_cm


def test_an_instrument_is_as_good_as_declared() -> None:
    assert [sigma_of(channel) for channel in UNDERPASS_CHANNELS[:2]] == [1.0, 1.5]
    assert sigma_of(Channel("radar", "analog", (("r", 0.0),), sigma_cm=0.3)) == 0.3
    assert sigma_of(Channel("bubbler", "analog", (("b", 0.0),))) == 2.0
