"""What one embankment's instruments ask for, to the letter, and the words of its alarms."""

from collections import deque
from dataclasses import replace
from math import inf

import pytest

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.movement import DAY_S, HOUR_S, Movement
from sotdae_edge.core.reservoir import (
    Embankment,
    Grade,
    baseline,
    freeboard_wants,
    jump_wants,
    newest,
    settlement_wants,
)
from sotdae_edge.core.reservoirs import Instrument, Reservoirs, wants
from sotdae_shared.samples import Sample

DAM = Embankment("upper", 1000.0, "level", "crest", "seep", "turb")
NOW = 40.0 * DAY_S


def read(*values: float) -> Movement:
    """Return a memory whose last readings are these."""
    return Movement(deque((NOW + 60.0 * n, value) for n, value in enumerate(values)))


def days(*moves: float) -> Movement:
    """Return a memory that stood still for weeks and then moved so much at the start of each last day."""
    found = Movement()
    for hour in range(20 * 24, -1, -1):
        ago = hour // 24
        moved = sum(moves[: len(moves) - ago]) if ago < len(moves) else 0.0
        found.far.append((NOW - hour * HOUR_S, moved))
    found.near.extend((NOW, found.far[-1][1]) for _ in range(3))
    return found


def test_the_points_of_an_embankment() -> None:
    assert DAM.points == {"level": "level", "settlement": "crest", "seepage": "seep", "turbidity": "turb"}
    assert Embankment("upper", 1000.0, "level").points == {"level": "level"}


@pytest.mark.parametrize(
    ("level_cm", "asked"),
    [
        (900.0, []),
        (900.4, [(Grade.ATTENTION, "freeboard 100 cm: limit 100")]),
        (950.0, [(Grade.ATTENTION, "freeboard 50 cm: limit 100")]),
        (951.0, [(Grade.SERIOUS, "freeboard 49 cm: limit 50")]),
        (1004.0, [(Grade.SERIOUS, "freeboard -4 cm: limit 50")]),
    ],
)
def test_what_the_freeboard_asks_for(level_cm: float, asked: list[tuple[Grade, str]]) -> None:
    assert freeboard_wants(DAM, read(level_cm, level_cm, level_cm)) == asked
    assert freeboard_wants(DAM, read(level_cm, level_cm)) == []


def test_the_newest_is_the_median_of_three() -> None:
    assert newest(read(9.0, 1.0, 5.0, 3.0)) == 3.0
    assert newest(read(1.0, 5.0)) is None


def test_the_baseline_is_that_of_the_weeks_before_the_last_day() -> None:
    middle = Movement(far=[(NOW - DAY_S - n * HOUR_S, float(n % 3)) for n in range(200, 0, -1)])
    assert baseline(middle, NOW) == pytest.approx((1.0, 1.4826))
    short = Movement(far=[(NOW - 8.0 * DAY_S + 1.0, 0.0), (NOW - 2.0 * DAY_S, 0.0)])
    assert baseline(short, NOW) is None
    short.far[0] = (NOW - 8.0 * DAY_S, 0.0)
    assert baseline(short, NOW) == (0.0, 0.0)
    short.far += [(NOW - DAY_S, 100.0), (NOW, 100.0), (NOW, 100.0)]
    assert baseline(short, NOW) == (0.0, 0.0), "the last day is not in it"
    assert baseline(Movement(far=[(NOW - DAY_S, 0.0)]), NOW) is None
    assert baseline(Movement(), NOW) is None


LOWER = (Grade.ATTENTION, "crest lower than its baseline by more than three sigma")
FASTER = (Grade.ALERT, "settlement accelerates while the water rises 10 cm in a day")
STILL, RISING, SLOW = days(0.0), days(10.0), days(9.9)


def settled(mm: float) -> tuple[Grade, str]:
    return Grade.ALERT, f"crest settled {mm:.1f} mm in a day: limit 5"


@pytest.mark.parametrize(
    ("moves", "level", "asked"),
    [
        ((0.0, 0.0), RISING, []),
        ((0.0, 1.0), STILL, [LOWER]),
        ((0.0, 4.9), STILL, [LOWER]),
        ((0.0, 5.0), STILL, [settled(5.0), LOWER]),
        ((2.0, 4.0), RISING, [LOWER, FASTER]),
        ((2.1, 4.0), RISING, [LOWER]),
        ((0.25, 0.5), RISING, [LOWER, FASTER]),
        ((5.0, -1.0, 0.0), RISING, [LOWER]),
        ((2.0, 4.0), SLOW, [LOWER]),
        ((2.0, 4.0), Movement(), [LOWER]),
        ((-4.0, -2.0), RISING, []),
        ((3.0, 7.0), RISING, [settled(7.0), LOWER, FASTER]),
    ],
)
def test_what_settlement_asks_for(
    moves: tuple[float, ...], level: Movement, asked: list[tuple[Grade, str]]
) -> None:
    assert settlement_wants(DAM, days(*moves), level, NOW) == asked


def test_noise_about_its_baseline_is_no_departure() -> None:
    away = [(NOW - DAY_S - n * HOUR_S, float(n % 3)) for n in range(200, 0, -1)]
    for newest_mm, asked in ((1.0 + 3.0 * 1.4826 + 0.01, [LOWER]), (1.0 + 3.0 * 1.4826 - 0.01, [])):
        crest = Movement(read(newest_mm, newest_mm, newest_mm).near, away)
        assert settlement_wants(DAM, crest, STILL, NOW) == asked


def meter(usual: float, now: float) -> Movement:
    """Return a memory of a day at one value, whose last readings are another."""
    found = Movement(far=[(NOW - DAY_S + n * HOUR_S, usual) for n in range(23)])
    found.near.extend((NOW, now) for _ in range(3))
    return found


@pytest.mark.parametrize(
    ("usual", "value", "jumps"),
    [(2.0, 4.0, True), (2.0, 3.9, False), (0.6, 1.6, True), (0.6, 1.5, False), (10.0, 20.0, True)],
)
def test_a_jump_is_twice_the_usual_and_more_than_its_floor(usual: float, value: float, jumps: bool) -> None:
    said = [(Grade.SERIOUS, f"seepage jumped from {usual:g} to {value:g}")]
    assert jump_wants("seepage", 2.0, 1.0, meter(usual, value), NOW) == (said if jumps else [])


def test_a_jump_is_held_against_the_day_before_the_last_hour() -> None:
    few = meter(2.0, 9.0)
    few.far = few.far[:3]
    assert jump_wants("seepage", 2.0, 1.0, few, NOW)
    few.far = few.far[:2]
    assert not jump_wants("seepage", 2.0, 1.0, few, NOW)
    late = meter(2.0, 9.0)
    late.far = [(NOW - HOUR_S, 2.0)] * 9
    assert not jump_wants("seepage", 2.0, 1.0, late, NOW)
    old = meter(2.0, 9.0)
    old.far = [(NOW - DAY_S - 0.1, 2.0)] * 9
    assert not jump_wants("seepage", 2.0, 1.0, old, NOW)
    old.far = [(NOW - DAY_S, 2.0)] * 9
    assert jump_wants("seepage", 2.0, 1.0, old, NOW)
    mute = meter(2.0, 9.0)
    mute.near.pop()
    assert not jump_wants("seepage", 2.0, 1.0, mute, NOW)


def test_all_instruments_are_asked() -> None:
    instruments = {
        "level": Instrument(read(960.0, 960.0, 960.0)),
        "settlement": Instrument(days(0.0, 1.0)),
        "seepage": Instrument(meter(2.0, 9.0)),
        "turbidity": Instrument(meter(30.0, 99.0)),
    }
    assert [text.split()[0] for _, text in wants(DAM, instruments, NOW)] == [
        "freeboard", "crest", "seepage", "turbidity",
    ]  # fmt: skip
    del instruments["settlement"], instruments["seepage"], instruments["turbidity"]
    assert len(wants(DAM, instruments, NOW)) == 1


def test_an_instrument_is_heard_when_it_counts_on() -> None:
    meter = Instrument()
    assert not meter.take(None, 60.0, 5.0)
    assert not meter.take(Sample(None, 1), 60.0, 5.0)
    assert meter.heard_until == float("-inf")
    assert meter.take(Sample(1.0, 1), 60.0, 5.0)
    assert not meter.take(Sample(1.0, 1), 60.0, 50.0)
    assert (meter.count, meter.heard_until) == (1, 65.0)
    assert meter.take(Sample(1.0, None), 60.0, 50.0)
    assert meter.heard_until == 110.0


def raised() -> Reservoirs:
    """Return a reservoir whose water has come near the crest."""
    core = Reservoirs((Embankment("upper", 1000.0, "level", silent_s=100.0, calm_s=200.0),), 0.0)
    for count, level_cm in enumerate((990.0, 990.0, 990.0)):
        core.take({"level": Sample(level_cm, count)}, 60.0 * count)
    return core


def test_a_grade_is_decided_and_told_in_words() -> None:
    core = Reservoirs((Embankment("upper", 1000.0, "level", silent_s=100.0, calm_s=200.0),), 0.0)
    said = [each for n in range(3) for each in core.take({"level": Sample(990.0, n)}, 60.0 * n)]
    why = ("freeboard 10 cm: limit 50",)
    assert said[0] == Decided("reservoir_serious", "serious", "normal", why, "upper-1", "upper")
    assert core.memento() == {"upper": {"grade": 3, "episode": 1}}
    assert core.alarms.texts == {"reservoir.upper.serious": why[0]}
    assert core.heard(219.9)
    assert not core.heard(220.0)


def test_every_alarm_of_a_reservoir() -> None:
    core = raised()
    late = "not calm for long enough yet"
    for now, silent in ((219.9, False), (220.0, True)):
        assert core._conditions(now) == [
            Condition("reservoir.upper.attention", 3, False, late),
            Condition("reservoir.upper.alert", 2, False, late),
            Condition("reservoir.upper.serious", 1, True, "freeboard 10 cm: limit 50"),
            Condition("reservoir.upper.silent_level", 1, silent, "level is silent: state unknown"),
        ]
    never = Reservoirs((DAM,), born=50.0)
    silent_at = {each.code: each.active for each in never._conditions(50.0 + 1800.0)}
    assert [code for code, active in silent_at.items() if active] == [
        f"reservoir.upper.silent_{name}" for name in DAM.points
    ]
    assert not any(each.active for each in never._conditions(50.0 + 1799.9))
    assert {each.priority for each in never._conditions(0.0) if "silent" in each.code} == {2}


def test_it_calms_down_when_its_time_is_over() -> None:
    core = raised()
    said = []
    for count in range(3, 20):
        said += core.take({"level": Sample(100.0, count)}, 60.0 * count)
    decided = [each for each in said if isinstance(each, Decided)]
    assert decided == [Decided("reservoir_normal", "normal", "serious", ("calm",), "upper-1", "upper")]
    for count in range(20, 24):
        said += core.take({"level": Sample(940.0, count)}, 60.0 * count)
    assert core.states["upper"].episode == 2


@pytest.mark.parametrize(
    "kept",
    [
        None,
        {},
        {"grade": 9, "episode": 1},
        {"grade": 2},
        {"grade": 2, "episode": "x"},
        {"grade": 2, "episode": inf},
    ],
)
def test_a_grade_goes_on_over_a_restart_if_it_can_be_read(kept: object) -> None:
    known = {"upper": {"grade": 2, "episode": 4}}
    assert Reservoirs((DAM,), 0.0, known).memento() == known
    assert Reservoirs((DAM,), 0.0, {"upper": kept}).memento() == {"upper": {"grade": 0, "episode": 0}}


def test_two_reservoirs_are_each_told() -> None:
    pair = Reservoirs((replace(DAM, name="one"), replace(DAM, name="two")), 0.0)
    said = []
    for count in range(3):
        points = {"level": Sample(990.0, count), "crest": Sample(0.0, count)}
        said += pair.take(points, 60.0 * count)
    assert [each.incident for each in said if isinstance(each, Decided)] == ["one-1", "two-1"]
    assert pair.alarms.active == {"reservoir.one.serious": 1, "reservoir.two.serious": 1}
