"""What one channel's past says to the letter: memory, velocities, lines and their noise."""

from collections import deque
from itertools import combinations
from math import sqrt
from statistics import median

import pytest

from sotdae_edge.core.fit import (
    HALF_APART,
    MAD_TO_SIGMA,
    Line,
    half_apart_sigma,
    half_apart_slope,
    noise,
    r_squared,
    theil_sen,
)
from sotdae_edge.core.movement import DAY_S, HOUR_S, NEAR_KEPT_S, Movement

NOW = 100.0 * DAY_S


def test_readings_are_thinned_to_half_a_minute_and_to_ten_minutes() -> None:
    movement = Movement()
    assert movement.take(1.0, NOW)
    assert not movement.take(2.0, NOW + 29.9)
    assert movement.take(3.0, NOW + 30.0)
    assert (list(movement.near), movement.far) == ([(NOW, 1.0), (NOW + 30.0, 3.0)], [(NOW, 1.0)])
    assert movement.take(9.0, NOW + 599.9)
    assert len(movement.far) == 1
    assert movement.take(5.0, NOW + 640.0)
    assert movement.far == [(NOW, 1.0), (NOW + 640.0, 7.0)], "the median of ten minutes"


def test_a_reading_at_the_end_of_its_ten_minutes_is_a_new_one() -> None:
    movement = Movement()
    movement.take(1.0, NOW)
    movement.take(3.0, NOW + 600.0)
    assert movement.far == [(NOW, 1.0), (NOW + 600.0, 3.0)], "the one before is ten minutes old"


def test_it_remembers_three_hours_closely_and_thirty_days_in_all() -> None:
    movement = Movement()
    for n in range(6):
        movement.take(float(n), NOW + n * HOUR_S)
    assert movement.near[0][0] == NOW + 5.0 * HOUR_S - NEAR_KEPT_S
    movement.take(0.0, NOW + 5.0 * HOUR_S + 30.0)
    assert movement.near[0][0] == NOW + 3.0 * HOUR_S
    late = NOW + 30.0 * DAY_S
    movement.take(7.0, late)
    assert len(movement.near) == 3, "never fewer than three"
    assert movement.far[0] == (NOW, 0.0)
    movement.take(7.0, late + 600.0)
    assert movement.far[0] == (NOW + HOUR_S, 1.0)
    movement.forget()
    assert (len(movement.near), movement.far) == (0, [])


def moving(mm_h: float, *minutes: float) -> Movement:
    """Return a memory of a steady movement, read at these minutes before now."""
    points = [(NOW - m * 60.0, -m / 60.0 * mm_h) for m in sorted(minutes, reverse=True)]
    return Movement(deque(points), points)


def test_a_velocity_is_that_of_its_window_or_of_the_last_three_readings() -> None:
    assert moving(6.0, *range(60)).per_hour(600.0, NOW) == pytest.approx(6.0)
    assert moving(-6.0, *range(60)).per_hour(600.0, NOW) == pytest.approx(-6.0)
    assert moving(6.0, 0, 1).per_hour(600.0, NOW) is None
    assert moving(6.0, 0, 20, 40).per_hour(600.0, NOW) == pytest.approx(6.0)
    assert moving(6.0, 0, 20, 60).per_hour(600.0, NOW) == pytest.approx(6.0), "six windows back"
    assert moving(6.0, 0, 20, 60.1).per_hour(600.0, NOW) is None
    bent = moving(60.0, *range(3))
    bent.near.extendleft([(NOW - 180.0, 500.0), (NOW - 240.0, 900.0)])
    assert bent.per_hour(180.0, NOW) == 0.0, "noise about nothing"
    bent.near.extendleft((NOW - 240.0 - n, 900.0) for n in range(1, 20))
    assert bent.per_hour(180.0, NOW) == pytest.approx(60.0), "not what is as old as the window"


def test_a_velocity_within_four_sigma_is_none_at_all() -> None:
    points = [(NOW - n * 30.0, 0.001 * -n + (0.02 if n % 2 else -0.02)) for n in range(20)][::-1]
    sigma, slope = half_apart_sigma(points, noise(points)), half_apart_slope(points)
    assert Movement(deque(points)).per_hour(601.0, NOW) == 0.0
    for sigmas, moves in ((4.01, True), (3.99, False), (-3.99, False), (-4.01, True)):
        steep = [(at, value + (sigmas * sigma - slope) * (at - NOW)) for at, value in points]
        speed = sigmas * sigma * HOUR_S if moves else 0.0
        assert Movement(deque(steep)).per_hour(601.0, NOW) == pytest.approx(speed)


def far(hours: int, every_h: float = 1.0, mm_day: float = 3.0) -> Movement:
    """Return the long memory of a steady movement until now."""
    count = int(hours / every_h)
    return Movement(
        far=[(NOW - n * every_h * HOUR_S, -n * every_h / 24.0 * mm_day) for n in range(count, -1, -1)]
    )


def test_a_days_movement_is_the_median_of_values_a_day_apart() -> None:
    assert far(72).per_day(0, NOW) == pytest.approx(3.0)
    assert far(72).per_day(1, NOW) == pytest.approx(3.0)
    assert far(72).per_day(2, NOW) is None, "nothing to hold the first day against"
    assert far(36).per_day(0, NOW) == pytest.approx(3.0), "half of the day is known"
    assert far(35).per_day(0, NOW) is None
    assert far(72, every_h=12.0).per_day(0, NOW) is None, "two are no median"
    assert far(72, every_h=8.0).per_day(0, NOW) == pytest.approx(3.0)
    late = far(72)
    late.far = [(at + (1800.0 if at < NOW - DAY_S else 0.0), mm) for at, mm in late.far]
    assert late.per_day(0, NOW) is not None
    late.far = [(at + (1.0 if at < NOW - DAY_S else 0.0), mm) for at, mm in late.far]
    assert late.per_day(0, NOW) is None, "more than half an hour off is not a day apart"


def test_the_long_memory_in_hours() -> None:
    assert Movement(far=[(7200.0, 1.5)]).series_h() == [(2.0, 1.5)]


def test_a_line_through_exact_points() -> None:
    line = theil_sen([(x, 10.0 - 2.0 * x) for x in (1.0, 2.0, 4.0, 8.0, 9.0)])
    assert line is not None
    assert (line.slope, line.at_x, line.at_y, line.r2) == pytest.approx((-2.0, 4.0, 2.0, 1.0))
    assert (line.slope_low, line.slope_high) == pytest.approx((-2.0, -2.0))
    assert [line.y(0.0), *line.zeros()] == pytest.approx([10.0, 5.0, 5.0, 5.0])
    assert line.falls
    bent = theil_sen([(0.0, 0.0), (1.0, 3.0), (2.0, 2.0)])
    assert bent is not None
    assert (bent.slope, bent.at_x, bent.at_y) == (1.0, 1.0, 1.0)
    assert theil_sen([(0.0, 1.0), (1.0, 2.0)]) is None
    assert theil_sen([(0.0, 1.0), (0.0, 2.0), (0.0, 3.0)]) is None
    assert theil_sen([(0.0, 1.0), (0.0, 2.0), (1.0, 3.0)]) is None
    assert theil_sen([(0.0, 0.0), (1.0, 1.0), (2.0, 5.0)]) is not None


@pytest.mark.parametrize(("count", "rank"), [(4, 0), (10, 11), (20, 64), (30, 162)])
def test_the_interval_of_a_slope_takes_kendalls_ranks(count: int, rank: int) -> None:
    """30 points have 435 slopes; 1.96 sqrt(30 29 65 / 18) is 110 of them: from the 163rd from either end."""
    points = [(float(n), 1.3**n) for n in range(count)]
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2))
    line = theil_sen(points)
    assert line is not None
    assert line.slope == pytest.approx(median(slopes))
    assert (line.slope_low, line.slope_high) == (slopes[rank], slopes[-1 - rank])


def test_an_uncertain_line_ends_within_its_slopes() -> None:
    line = Line(-2.0, -4.0, -1.0, 3.0, 8.0, 1.0)
    assert line.zeros() == (5.0, 7.0, 11.0)
    assert line.falls
    assert not Line(-2.0, -4.0, 0.0, 3.0, 8.0, 1.0).falls


def test_the_share_that_a_line_explains() -> None:
    line = Line(1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    assert r_squared([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], line) == 1.0
    assert r_squared([(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)], line) == 0.0, "nothing to explain"
    assert r_squared([(0.0, 0.0), (0.1, 0.1), (0.2, 0.2)], line) == 1.0
    assert r_squared([(0.0, 0.0), (1.0, 0.0), (2.0, 3.0)], line) == pytest.approx(1.0 - 2.0 / 6.0)


def test_slopes_half_apart() -> None:
    assert half_apart_slope([(0.0, 0.0), (1.0, 9.0), (2.0, 4.0), (3.0, 3.0)]) == -0.5
    assert half_apart_slope([(0.0, 0.0), (0.0, 5.0)]) == 0.0
    assert half_apart_slope([(0.0, 0.0), (1.0, 1.0), (2.0, 4.0)]) == 2.0
    points = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]
    assert half_apart_sigma(points, 3.0) == pytest.approx(HALF_APART * 3.0 / sqrt(2.0))


def test_noise_is_the_miss_from_the_line_between_neighbours() -> None:
    even = noise([(0.0, 0.0), (1.0, 3.0), (2.0, 0.0)])
    assert even == pytest.approx(MAD_TO_SIGMA * 3.0 / sqrt(1.5))
    uneven = noise([(0.0, 0.0), (1.0, 3.0), (4.0, 8.0)])
    assert uneven == pytest.approx(MAD_TO_SIGMA * 1.0 / sqrt(1.0 + 0.0625 + 0.5625))
    assert noise([(0.0, 0.0), (1.0, 5.0)]) == 0.0
    assert noise([(0.0, 0.0), (0.0, 9.0), (0.0, 0.0)]) == 0.0
    assert noise([(0.0, 0.0), (0.0, 9.0), (0.0, 0.0), (1.0, 4.0), (2.0, 0.0)]) > 0.0
