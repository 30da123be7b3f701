"""The daily cycle to the letter: learned exactly from an exact one, over two weeks, gaps left out."""

import random
from itertools import pairwise
from math import cos, pi, sin
from statistics import median

import numpy as np
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


def by_definition(readings: Series) -> list[float]:
    """Learn plainly: each day cut out by itself, joined by lines, and Fourier's sums of what is left."""
    recent = [each for each in readings if each[0] >= readings[-1][0] - 336.0]
    times, values = (np.array(column) for column in zip(*recent, strict=True))
    hours: list[list[float]] = [[] for _ in range(24)]
    for at, value in recent:
        begin, end = at - 12.0, at + 12.0
        if begin < times[0] or end > times[-1]:
            continue
        day = [t for t in times if begin < t < end]
        touched = [max(times[times <= begin]), *day, min(times[times >= end])]
        if any(later - one > 2.0 for one, later in pairwise(touched)):
            continue
        knots = np.array([begin, *day, end])
        mean = np.trapezoid(np.interp(knots, times, values), knots) / 24.0
        hours[int(at % 24.0)].append(value - mean)
    medians = [median(misses) for misses in hours]
    turns = np.exp(2j * pi * np.outer([1, 2], np.arange(24) + 0.5) / 24.0) @ medians / 12.0
    return [part for turn in turns for part in (turn.real, turn.imag)]


@pytest.mark.parametrize("seed", range(6))
def test_it_learns_what_the_definition_says_from_any_readings(seed: int) -> None:
    dice = random.Random(seed)
    found, at = [], dice.choice([0.0, 0.25])
    while at < 400.0:
        found.append((at, dice.uniform(-9.0, 9.0)))
        at += dice.choice([0.125, 0.25, 0.5, 0.5, 1.0]) if dice.random() > 0.005 else 6.0
    assert flat(learn(found)) == pytest.approx(by_definition(found))


@pytest.mark.parametrize("seed", range(3))
def test_the_last_reading_ends_the_last_day(seed: int) -> None:
    dice = random.Random(seed)
    found = [(float(h), dice.uniform(-9.0, 9.0)) for h in range(97)]
    assert flat(learn(found)) == pytest.approx(by_definition(found))


@pytest.mark.parametrize(("last_h", "known"), [(0.0, True), (0.1, False)])
def test_two_weeks_end_with_the_newest_reading(last_h: float, known: bool) -> None:
    found = [*series(0, 96), (336.5 + last_h, 700.0)]
    assert (learn(found) is not None) == known


def test_a_moment_before_midnight_is_midnight() -> None:
    hourly = [(float(h), mm(h)) for h in range(-120, 120)]
    found = [(-1e-17 if t_h == 0.0 else t_h, v) for t_h, v in hourly]
    assert flat(learn(found)) == pytest.approx(flat(learn(hourly)))
