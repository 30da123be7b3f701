"""A battery: volts, percent, and how long its trend gives it."""

from random import Random

import pytest

from sotdae_edge.core.battery import DAY_S, KEPT_DAYS, LOW_DAYS, Battery, Cells


def worn(days: int, start_v: float, mv_a_day: float, noise_v: float = 0.01, seed: int = 1) -> Battery:
    """Return a battery read every hour, in steps of 20 mV as the device sends them."""
    battery, dice = Battery(), Random(seed)
    for hour in range(days * 24):
        volts = start_v - mv_a_day / 1000.0 * hour / 24 + dice.gauss(0.0, noise_v)
        battery.take(round(volts / 0.02) * 0.02, hour * 3600.0)
    return battery


def test_percent_is_even_between_full_and_empty() -> None:
    cells = Cells(3.0, 2.0)
    assert [cells.percent(volts) for volts in (3.4, 3.0, 2.5, 2.2, 1.9)] == pytest.approx(
        [100, 100, 50, 20, 0]
    )


def test_low_at_a_fifth() -> None:
    battery = Battery()
    battery.take(2.22, 0.0)
    assert not battery.low
    battery.take(2.0, 600.0)
    battery.take(2.0, 1200.0)
    assert battery.low


def test_a_steady_fall_says_how_long_it_lasts() -> None:
    # 2.9 V falling 1.85 mV a day, as two AA cells over 18 months: 0.79 V are left after 60 days, 427 days.
    battery = worn(60, 2.9, 1.85)
    assert battery.left_days == pytest.approx(427, rel=0.15)
    assert not battery.low


def test_low_before_a_fifth_where_the_trend_leaves_less_than_three_months() -> None:
    battery = worn(30, 2.8, 10.0)
    assert battery.percent() == pytest.approx(50, abs=3)
    assert battery.left_days is not None
    assert battery.left_days < LOW_DAYS
    assert battery.low


@pytest.mark.parametrize("seed", range(20))
def test_one_that_does_not_fall_has_no_end(seed: int) -> None:
    battery = worn(30, 2.8, 0.0, 0.03, seed)
    assert not battery.low
    assert battery.left_days is None or battery.left_days > LOW_DAYS


def test_a_fresh_one_begins_anew() -> None:
    battery = worn(30, 2.5, 10.0)
    assert battery.low
    battery.take(3.0, 31 * DAY_S)
    assert not battery.low
    assert battery.days == []


def test_its_memory_is_bounded() -> None:
    battery = worn(KEPT_DAYS + 30, 3.0, 1.0)
    assert len(battery.days) == KEPT_DAYS
    assert len(battery.today) <= 24


def test_days_without_a_word_are_counted_and_not_filled() -> None:
    battery = Battery()
    for day in (0, 1, 5, 6):
        battery.take(2.8, day * DAY_S)
    assert [day for day, _ in battery.days] == [0, 1, 5]
