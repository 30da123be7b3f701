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


def test_a_fifth_is_low_whatever_the_cells() -> None:
    assert Cells(3.6, 2.0).percent(2.8) == pytest.approx(50.0)
    battery = Battery(Cells(10.0, 0.0))
    battery.take(2.0, 0.0)
    assert (battery.percent(), battery.low) == (20.0, True)


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


def test_readings_closer_than_ten_minutes_say_nothing_new() -> None:
    battery = Battery()
    for at, volts in ((0.0, 2.8), (599.9, 9.0), (600.0, 2.6), (1200.0, 2.0)):
        battery.take(volts, at)
    assert battery.today == [2.8, 2.6, 2.0]
    assert battery.volts() == 2.6
    assert battery.percent() == pytest.approx(60.0)


def test_a_day_is_kept_as_its_median_in_millivolts() -> None:
    battery = Battery()
    assert (battery.volts(), battery.percent()) == (None, None)
    for at, volts in ((10.0, 2.8004), (20_000.0, 2.6), (DAY_S + 9.9, 2.7), (DAY_S + 700.0, 2.5)):
        battery.take(volts, at)
    assert battery.days == [(0, 2700)]
    assert (battery.day, battery.day_ends, battery.today) == (1, 10.0 + 2.0 * DAY_S, [2.5])
    battery.today = []
    assert battery.volts() == 2.7
    battery.take(2.4, 10.0 + 2.0 * DAY_S - 0.1)
    battery.take(2.4, 10.0 + 4.0 * DAY_S)
    assert (battery.day, battery.day_ends) == (4, 10.0 + 5.0 * DAY_S)


@pytest.mark.parametrize(("days", "volts", "left"), [(14, 2.5, 50.0), (13, 2.5, None), (14, 1.9, 0.0)])
def test_a_trend_needs_two_weeks_and_ends_at_empty(days: int, volts: float, left: float | None) -> None:
    battery = Battery(days=[(day, round(volts * 1000) + 10 * (days - 1 - day)) for day in range(days - 1)])
    battery.day, battery.today, battery.day_ends = days - 1, [volts], 0.0
    battery.take(volts, 700.0)
    expected = None if left is None else pytest.approx(max(0.0, left - 1.0), abs=0.2)
    assert battery.left_days == expected


@pytest.mark.parametrize(
    ("left_days", "volts", "was", "low"),
    [
        (None, 2.21, False, False),
        (None, 2.1999, False, True),
        (91.0, 2.9, False, False),
        (90.9, 2.9, False, True),
        (None, 2.9, True, True),
    ],
)
def test_low_is_low_until_it_is_replaced(left_days: float | None, volts: float, was: bool, low: bool) -> None:
    battery = Battery(days=[(0, 2900)], left_days=left_days, low=was, day=1)
    battery.take(volts, 5.0)
    assert battery.low is low


@pytest.mark.parametrize(("volts", "fresh"), [(2.75, False), (2.76, True)])
def test_a_quarter_more_than_the_last_day_is_a_new_one(volts: float, fresh: bool) -> None:
    battery = Battery(days=[(0, 2100), (1, 2500)], left_days=5.0, low=True, day=2)
    battery.take(volts, 5.0)
    assert (battery.days == [], battery.left_days, battery.low) == (
        (True, None, False) if fresh else (False, 5.0, True)
    )
