"""The daily cycle to the letter: learned exactly from an exact one, over two weeks, gaps left out."""

from math import cos, pi, sin

import pytest

from sotdae_edge.core.daily import Cycle, learn, without

WAVES = ((2.0, 1.0), (0.5, -0.25))
Series = list[tuple[float, float]]


def mm(t_h: float, size: float = 1.0) -> float:
    day, half = 2.0 * pi * t_h / 24.0, 4.0 * pi * t_h / 24.0
    return size * (2.0 * cos(day) + sin(day) + 0.5 * cos(half) - 0.25 * sin(half))


def series(first_h: int, last_h: int, size: float = 1.0) -> Series:
    """Return a cycle upon a steady movement, read at every half past."""
    return [(h + 0.5, 700.0 + 0.1 * h + mm(h + 0.5, size)) for h in range(first_h, last_h)]


def flat(cycle: Cycle | None) -> list[float]:
    assert cycle is not None
    return [number for wave in cycle.waves for number in wave]


def test_a_cycle_is_the_sum_of_its_two_waves() -> None:
    cycle = Cycle(WAVES)
    for t_h in (0.0, 3.0, 6.0, 13.5, 30.0):
        assert cycle.at(t_h) == pytest.approx(mm(t_h))
    assert Cycle(((3.0, 4.0), (9.0, 9.0))).amplitude_mm == 5.0


def test_an_exact_cycle_is_learned_exactly_whatever_the_movement_beneath() -> None:
    found = series(0, 240)
    cycle = learn(found)
    assert flat(cycle) == pytest.approx([2.0, 1.0, 0.5, -0.25])
    left = without(found, cycle)
    assert [t_h for t_h, _ in left] == [t_h for t_h, _ in found]
    assert [v for _, v in left] == pytest.approx([700.0 + 0.1 * h for h in range(240)])
    assert without(found, None) == found


def test_only_the_last_two_weeks_teach() -> None:
    found = series(0, 336, 9.0) + series(336, 672 + 1)
    assert flat(learn(found)) == pytest.approx([2.0, 1.0, 0.5, -0.25])


@pytest.mark.parametrize(("last_h", "known"), [(95, True), (94, False)])
def test_each_hour_must_have_been_seen_on_three_whole_days(last_h: int, known: bool) -> None:
    assert (learn(series(0, last_h + 1)) is not None) == known


@pytest.mark.parametrize(("missing_h", "known"), [(1, True), (2, False)])
def test_a_day_around_a_gap_of_more_than_two_hours_teaches_nothing(missing_h: int, known: bool) -> None:
    found = [(t_h, v) for t_h, v in series(0, 119) if not 48 < t_h < 48 + missing_h]
    assert (learn(found) is not None) == known


def test_a_steady_movement_leaves_no_trace_however_seldom_it_is_read() -> None:
    assert flat(learn([(0.7 * n, 5.0 + 0.21 * n) for n in range(220)])) == pytest.approx([0.0] * 4, abs=1e-9)
