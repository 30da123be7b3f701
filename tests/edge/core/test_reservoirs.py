"""Reservoirs: freeboard, settlement, seepage and turbidity, silence, restarts."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.movement import DAY_S, HOUR_S
from sotdae_edge.core.reservoir import Embankment, Grade
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_shared.samples import Sample

DAM = Embankment("upper", 1000.0, "level", "crest", "seep", "turb")
QUIET = {"level": 700.0, "crest": 3.0, "seep": 2.0, "turb": 10.0}


class Bench:
    """One reservoir with a hand on every instrument."""

    def __init__(self, spec: Embankment = DAM, crest_noise: float = 0.05, **kept: Any) -> None:
        self.core = Reservoirs((spec,), 0.0, **kept)
        self.now, self.count, self.values = 0.0, 0, dict(QUIET)
        self.dice = random.Random(1)
        self.silent: set[str] = set()
        self.noise = {"crest": crest_noise}
        self.said: list[Alarm | Decided] = []

    @property
    def grade(self) -> Grade:
        return self.core.states["upper"].grade

    def run(self, hours: float, every_s: float = 600.0, **per_hour: float) -> None:
        until = self.now + hours * HOUR_S
        while self.now < until:
            self.now += every_s
            self.count += 1
            for name, rate in per_hour.items():
                self.values[name] += rate * every_s / HOUR_S
            points = {
                name: Sample(value + self.dice.gauss(0.0, self.noise.get(name, 0.05)), self.count)
                for name, value in self.values.items()
                if name not in self.silent
            }
            self.said += self.core.take(points, self.now)

    def first(self) -> Decided:
        return next(each for each in self.said if isinstance(each, Decided))


@pytest.mark.parametrize(
    ("level_cm", "grade"),
    [(899.0, Grade.NORMAL), (901.0, Grade.ATTENTION), (949.0, Grade.ATTENTION), (951.0, Grade.SERIOUS)],
)
def test_freeboard(level_cm: float, grade: Grade) -> None:
    bench = Bench()
    bench.run(1.0)
    bench.values["level"] = level_cm
    bench.run(1.0)
    assert bench.grade is grade
    if grade:
        assert "freeboard" in bench.first().because[0]


def test_one_wrong_level_has_no_say() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.values["level"] = 990.0
    bench.run(600.0 / HOUR_S)
    bench.values["level"] = 700.0
    bench.run(1.0)
    assert bench.grade is Grade.NORMAL


@pytest.mark.parametrize(
    ("mm_day", "grade"), [(0.0, Grade.NORMAL), (1.0, Grade.ATTENTION), (6.0, Grade.ALERT)]
)
def test_a_crest_that_settles(mm_day: float, grade: Grade) -> None:
    bench = Bench()
    bench.run(9 * 24.0, every_s=1800.0)
    bench.run(36.0, crest=mm_day / 24)
    assert bench.grade is grade


def test_settlement_that_accelerates_while_the_water_rises_is_an_alert() -> None:
    still, rising = Bench(), Bench()
    for bench, cm_h in ((still, 0.0), (rising, 1.0)):
        bench.run(9 * 24.0, every_s=1800.0)
        bench.run(24.0, crest=0.5 / 24, level=cm_h)
        bench.run(24.0, crest=3.0 / 24, level=cm_h)
    assert still.grade is Grade.ATTENTION
    assert rising.grade is Grade.ALERT
    assert rising.values["level"] < 900.0, "not for its freeboard"


@pytest.mark.parametrize(("name", "value"), [("seep", 5.0), ("turb", 60.0)])
def test_a_jump_of_seepage_or_turbidity_is_serious(name: str, value: float) -> None:
    bench = Bench()
    bench.run(24.0)
    bench.values[name] = value
    bench.run(1.0)
    assert bench.grade is Grade.SERIOUS
    assert bench.core.alarms.active["reservoir.upper.serious"] == 1


def test_steady_settlement_and_noise_do_not_accelerate() -> None:
    steady, noisy = Bench(), Bench(crest_noise=4.0)
    for bench, mm_h in ((steady, 3.0 / 24), (noisy, 0.0)):
        bench.run(9 * 24.0, every_s=1800.0)
        bench.run(4 * 24.0, every_s=1800.0, crest=mm_h, level=1.0)
    assert steady.grade is Grade.ATTENTION
    assert noisy.grade < Grade.ALERT
    assert noisy.core.alarms.active.keys() <= {"reservoir.upper.attention"}


def test_small_and_slow_rises_are_no_jump() -> None:
    bench = Bench()
    bench.values["seep"] = 0.3
    bench.run(24.0)
    bench.values["seep"] = 0.9
    bench.run(24.0)
    bench.values["turb"] = 15.0
    bench.run(24.0)
    assert bench.grade is Grade.NORMAL


def test_a_third_more_is_no_jump() -> None:
    bench = Bench()
    bench.values.update(seep=90.0, turb=300.0)
    bench.run(24.0)
    bench.values.update(seep=120.0, turb=400.0)
    bench.run(2.0)
    assert bench.grade is Grade.NORMAL


def test_grades_fall_after_a_calm_day_that_every_instrument_saw() -> None:
    bench = Bench()
    bench.run(2.0)
    bench.values["level"] = 960.0
    bench.run(1.0)
    bench.values["level"] = 700.0
    bench.silent = {"seep"}
    bench.run(48.0)
    assert bench.grade is Grade.SERIOUS
    assert bench.core.alarms.active["reservoir.upper.silent_seepage"] == 1
    bench.silent = set()
    bench.run(25.0)
    assert bench.grade is Grade.NORMAL
    assert {each.incident for each in bench.said if isinstance(each, Decided)} == {"upper-1"}


def test_what_is_not_there_is_not_asked_for() -> None:
    bench = Bench(Embankment("upper", 1000.0, "level"))
    bench.run(10 * 24.0, every_s=1800.0)
    assert bench.grade is Grade.NORMAL
    assert not bench.core.alarms.active


def test_a_restart_calms_nobody_and_a_broken_memento_starts_afresh() -> None:
    before = Bench()
    before.values["level"] = 960.0
    before.run(1.0)
    after = Bench(kept=before.core.memento())
    after.run(2.0)
    assert after.grade is Grade.SERIOUS
    assert Bench(kept={"upper": {"grade": 7}}).grade is Grade.NORMAL


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 2 * DAY_S),
            st.lists(st.none() | st.floats(-1e6, 1e6), min_size=4, max_size=4),
        ),
        max_size=30,
    )
)
def test_any_readings_leave_it_standing(readings: list[tuple[float, list[float | None]]]) -> None:
    core, now = Reservoirs((DAM,), 0.0), 0.0
    for count, (wait_s, values) in enumerate(readings):
        now += wait_s
        named = zip(QUIET, values, strict=True)
        for effect in core.take({name: Sample(value, count) for name, value in named}, now):
            assert effect
    assert core.states["upper"].grade in Grade
