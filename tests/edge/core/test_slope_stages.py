"""Slopes: stages from velocities, torn wires, rain, silence, restarts; the forecast holds nothing up."""

import random
from math import inf, pi, sin
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.forecast import Forecast
from sotdae_edge.core.movement import DAY_S, HOUR_S, Movement
from sotdae_edge.core.slope import LIMITS, Slope, Stage
from sotdae_edge.core.slopes import Slopes, trend_text
from sotdae_edge.core.soil import Soil
from sotdae_firmware_bridge.sim.creep import Creep
from sotdae_shared.samples import Sample

WIRE = Slope("east", "wire_mm", full_scale=1000.0)
RAINY = Slope("east", "wire_mm", full_scale=1000.0, rain_point="rain")
CODES = {stage: f"slope.east.{stage.name.lower()}" for stage in Stage}


class Bench:
    """One slope with a hand on its wire."""

    def __init__(self, spec: Slope = WIRE, noise_mm: float = 0.02, **kept: Any) -> None:
        self.core = Slopes((spec,), "boot", 0.0, **kept)
        self.spec = spec
        self.now, self.mm, self.count = 0.0, 10.0, 0
        self.rain: float | None = None
        self.dice, self.noise_mm = random.Random(1), noise_mm
        self.said: list[Alarm | Decided] = []

    @property
    def stage(self) -> Stage:
        return self.core.states["east"].stage

    @property
    def alarms(self) -> dict[str, int]:
        return self.core.alarms.active

    def show(self, value: float | None) -> None:
        self.count += 1
        points = {self.spec.point: Sample(value, self.count)}
        if self.rain is not None:
            points["rain"] = Sample(self.rain, self.count)
        self.said += self.core.take(points, self.now)

    def move(self, mm_h: float, hours: float, every_s: float = 60.0) -> None:
        until = self.now + hours * HOUR_S
        while self.now < until:
            self.now += every_s
            self.mm += mm_h * every_s / HOUR_S
            self.show(self.mm + self.dice.gauss(0.0, self.noise_mm))

    def quiet(self, hours: float) -> None:
        until = self.now + hours * HOUR_S
        while self.now < until:
            self.now += 60.0
            self.said += self.core.take({}, self.now)

    def decisions(self) -> list[str]:
        return [each.state for each in self.said if isinstance(each, Decided)]


@pytest.mark.parametrize(
    ("mm_h", "hours", "stage"),
    [
        (0.0, 5.0, Stage.NORMAL),
        (1.8, 5.0, Stage.NORMAL),
        (2.4, 1.5, Stage.ATTENTION),
        (2.4, 4.0, Stage.RESTRICT),
        (4.5, 1.5, Stage.PREPARE),
        (11.0, 0.2, Stage.EVACUATE),
        (-11.0, 2.0, Stage.NORMAL),
    ],
)
def test_each_velocity_has_its_stage(mm_h: float, hours: float, stage: Stage) -> None:
    bench = Bench()
    bench.move(0.0, 2.0)
    bench.move(mm_h, hours)
    assert bench.stage is stage
    assert {code for code in bench.alarms if code in CODES.values()} == ({CODES[stage]} if stage else set())


@pytest.mark.parametrize(
    ("mm_day", "stage"), [(0.7, Stage.NORMAL), (1.3, Stage.ATTENTION), (12.0, Stage.RESTRICT)]
)
def test_slow_days_add_up_beneath_a_larger_daily_cycle(mm_day: float, stage: Stage) -> None:
    bench = Bench()
    for _ in range(12 * 24):
        bench.now += HOUR_S
        bench.mm = mm_day * bench.now / DAY_S + 3.0 * sin(2 * pi * bench.now / DAY_S)
        bench.show(bench.mm)
    assert bench.stage is stage


@pytest.mark.parametrize("end", [None, 1000.0, 1200.0, -1000.0])
def test_a_torn_or_full_wire_is_an_alarm_not_missing_data(end: float | None) -> None:
    bench = Bench()
    bench.move(0.0, 1.0)
    for _ in range(2):
        bench.now += 60.0
        bench.show(end)
    assert bench.stage is Stage.PREPARE
    assert bench.alarms["slope.east.lost"] == 1
    bench.move(0.0, 1.0)
    assert "slope.east.lost" not in bench.alarms
    assert bench.stage is Stage.PREPARE, "a new wire calms nobody at once"


def test_one_wrong_reading_is_no_torn_wire() -> None:
    bench = Bench()
    bench.move(0.0, 1.0)
    bench.show(None)
    bench.move(0.0, 1.0)
    assert bench.stage is Stage.NORMAL


def test_a_wire_that_tears_while_it_moves_evacuates() -> None:
    bench = Bench()
    bench.move(2.5, 1.5)
    assert bench.stage is Stage.ATTENTION
    for _ in range(3):
        bench.now += 60.0
        bench.show(None)
    assert bench.stage is Stage.EVACUATE


def test_silence_is_told_and_never_calms() -> None:
    bench = Bench()
    bench.move(0.0, 1.0)
    bench.quiet(1.0)
    assert bench.alarms["slope.east.silent"] == 2
    bench.move(5.0, 2.0)
    bench.quiet(30.0)
    assert bench.stage is Stage.PREPARE
    assert bench.alarms["slope.east.silent"] == 1, "silent while it moved: life safety"


def test_noise_is_no_movement() -> None:
    bench = Bench(noise_mm=1.5)
    bench.move(0.0, 8.0)
    assert bench.stage is Stage.NORMAL
    assert bench.core.states["east"].movement.per_hour(600.0, bench.now) == 0.0


def test_a_calm_that_nobody_sees_is_no_calm() -> None:
    bench = Bench()
    bench.move(5.0, 2.0)
    bench.move(0.0, 3.0)
    bench.quiet(30.0)
    assert bench.stage is Stage.PREPARE


def test_stages_rise_at_once_and_fall_after_a_calm_day() -> None:
    bench = Bench()
    bench.move(0.0, 2.0)
    bench.move(5.0, 1.5)
    bench.move(0.0, 20.0)
    assert bench.stage is Stage.PREPARE
    bench.move(0.0, 6.0)
    assert bench.stage is Stage.NORMAL
    assert bench.decisions()[0] in ("attention", "restrict", "prepare")
    assert bench.decisions()[-1] == "normal"
    incidents = {each.incident for each in bench.said if isinstance(each, Decided)}
    assert incidents == {"east-1"}, "one episode, one incident"


def test_wet_ground_and_a_silent_gauge_lower_the_limits() -> None:
    dry, wet, deaf = Bench(RAINY), Bench(RAINY), Bench(RAINY)
    dry.rain = wet.rain = 0.0
    dry.move(0.0, 10.0)
    wet.rain = 20.0
    wet.move(0.0, 10.0)
    deaf.move(0.0, 10.0)
    for bench in (dry, wet, deaf):
        bench.move(1.3, 1.5)
    assert wet.core.states["east"].soil.index_mm > 100.0
    assert [bench.stage for bench in (dry, wet, deaf)] == [Stage.NORMAL, Stage.ATTENTION, Stage.ATTENTION]


def test_tilt_has_limits_of_its_own() -> None:
    spec = Slope("east", "tilt", full_scale=30.0, kind="tilt")
    bench = Bench(spec, noise_mm=0.0)
    bench.move(0.02, 1.5)
    assert bench.stage is Stage.ATTENTION
    bench.move(0.12, 1.5)
    assert bench.stage is Stage.EVACUATE
    assert LIMITS["tilt"].attention_per_h == 0.01


def test_a_restart_calms_nobody() -> None:
    before = Bench()
    before.move(5.0, 2.0)
    after = Bench(kept=before.core.memento())
    after.move(0.0, 2.0)
    assert after.stage is Stage.PREPARE
    assert after.core.memento() == before.core.memento()


@pytest.mark.parametrize(
    "kept",
    [
        {"east": 3},
        {"east": {"stage": 9, "episode": 1}},
        {"east": {"stage": None}},
        {"east": {"stage": 2, "episode": inf}},
    ],
)
def test_a_memento_that_cannot_be_read_starts_afresh(kept: dict[str, Any]) -> None:
    assert Bench(kept=kept).stage is Stage.NORMAL


def test_a_slope_that_runs_away_is_evacuated_and_its_trend_told() -> None:
    creep, bench = Creep(onset_h=72.0, life_h=72.0, start_mm_h=0.3), Bench()
    while bench.stage < Stage.EVACUATE:
        bench.now += 600.0
        bench.show(creep.mm(bench.now / HOUR_S) + bench.dice.gauss(0.0, 0.02))
    assert bench.now / HOUR_S < creep.fails_h
    outlook = bench.core.states["east"].outlook
    assert isinstance(outlook, Forecast)
    assert outlook.early_h <= creep.fails_h
    assert bench.alarms["slope.east.trend"] == 2
    assert "no time of a collapse" in trend_text(outlook, bench.now)
    first = next(n for n, each in enumerate(bench.said) if isinstance(each, Decided))
    assert bench.said[first].state == "attention"  # type: ignore[union-attr]


def test_velocity_wants_three_samples_and_takes_old_ones_only_so_far() -> None:
    movement = Movement()
    assert movement.per_hour(HOUR_S, 0.0) is None
    for n in range(3):
        assert movement.per_hour(HOUR_S, n * HOUR_S) is None
        movement.take(float(n), n * HOUR_S)
    assert movement.per_hour(HOUR_S, 2 * HOUR_S) == pytest.approx(1.0)
    assert movement.per_hour(HOUR_S, 9 * HOUR_S) is None
    assert movement.per_day(0, 2 * HOUR_S) is None


@given(st.lists(st.tuples(st.floats(0.0, 50.0), st.floats(0.0, 48.0)), max_size=30))
def test_the_ground_never_holds_more_than_it_was_given(rains: list[tuple[float, float]]) -> None:
    soil = Soil()
    for mm_h, hours in rains:
        soil.rain(mm_h, hours)
        assert all(mm >= 0.0 for mm in soil.mm)
    assert soil.index_mm <= sum(mm_h * hours for mm_h, hours in rains) + 1e-6


def test_ground_drains() -> None:
    soil = Soil()
    soil.rain(10.0, 12.0)
    wet = soil.index_mm
    assert 60.0 < wet < 120.0
    soil.rain(0.0, 24.0 * 7)
    assert soil.index_mm < 0.5 * wet


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 1e5), st.none() | st.floats(-1e7, 1e7), st.none() | st.floats(-1e3, 1e3)),
        max_size=40,
    )
)
def test_any_readings_leave_it_standing(readings: list[tuple[float, float | None, float | None]]) -> None:
    core, now = Slopes((RAINY,), "boot", 0.0), 0.0
    for count, (wait_s, value, rain) in enumerate(readings):
        now += wait_s
        before = core.states["east"].stage
        core.take({"wire_mm": Sample(value, count), "rain": Sample(rain, count)}, now)
        state = core.states["east"]
        assert state.stage >= before or wait_s > 0, "nothing falls without time"
        assert (now_due := core.next_deadline(now)) is None or now_due > now
