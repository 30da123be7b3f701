"""What one slope's velocities ask for, to the letter: limits, words, torn wires, rain, and calm."""

from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.forecast import Forecast, Refusal, Why
from sotdae_edge.core.movement import DAY_S, HOUR_S, Movement
from sotdae_edge.core.since import Since
from sotdae_edge.core.slope import LIMITS, Limits, Slope, Stage, day_wants, hour_wants
from sotdae_edge.core.slopes import Slopes, trend_text
from sotdae_edge.core.soil import Soil, Tank
from sotdae_edge.core.staging import settled
from sotdae_shared.samples import Sample

WIRE = Slope("east", "wire", full_scale=1000.0, rain_point="rain")
TILT = replace(WIRE, kind="tilt")
NOW = 50.0 * DAY_S


def moving(mm_h: float, minutes: int = 90) -> Movement:
    return Movement(deque((NOW - m * 60.0, -m / 60.0 * mm_h) for m in range(minutes, -1, -1)))


@pytest.mark.parametrize(
    ("mm_h", "factor", "asked"),
    [
        (1.99, 1.0, []),
        (2.01, 1.0, [(Stage.ATTENTION, "2.01 mm/h: limit 2")]),
        (1.01, 0.5, [(Stage.ATTENTION, "1.01 mm/h: limit 1, ground wet")]),
        (4.01, 1.0, [(Stage.PREPARE, "4.01 mm/h: limit 4"), (Stage.ATTENTION, "4.01 mm/h: limit 2")]),
        (
            10.1,
            1.0,
            [
                (Stage.EVACUATE, "10.1 mm/h: limit 10"),
                (Stage.EVACUATE, "10.1 mm/h: limit 10"),
                (Stage.PREPARE, "10.1 mm/h: limit 4"),
                (Stage.ATTENTION, "10.1 mm/h: limit 2"),
            ],
        ),
    ],
)
def test_what_the_velocity_of_now_asks_for(mm_h: float, factor: float, asked: list[Any]) -> None:
    assert hour_wants(WIRE, moving(mm_h), Since(), factor, NOW) == asked


def test_what_lasts_for_two_hours_asks_for_more() -> None:
    since = Since()
    hour_wants(WIRE, moving(2.5), since, 1.0, NOW - 2.0 * HOUR_S)
    found = hour_wants(WIRE, moving(2.5), since, 1.0, NOW)
    assert (Stage.RESTRICT, "2.5 mm/h: limit 2 for 2 h") in found
    since = Since()
    hour_wants(WIRE, moving(2.5), since, 1.0, NOW - 2.0 * HOUR_S + 0.1)
    assert len(hour_wants(WIRE, moving(2.5), since, 1.0, NOW)) == 1
    assert hour_wants(WIRE, Movement(), since, 1.0, NOW) == []


def test_each_kind_has_its_limits_unless_the_site_has() -> None:
    own = Limits(attention_per_h=9.0)
    assert (WIRE.rule_limits, TILT.rule_limits) == (LIMITS["wire"], LIMITS["tilt"])
    assert replace(TILT, limits=own).rule_limits is own
    assert hour_wants(TILT, moving(0.011), Since(), 1.0, NOW) == [
        (Stage.ATTENTION, "0.011 deg/h: limit 0.01")
    ]


def stairs(*moves: float) -> Movement:
    """Return a memory that moves so much at the start of each last day."""
    far = []
    for hour in range((len(moves) + 1) * 24, -1, -1):
        ago = hour // 24
        far.append((NOW - hour * HOUR_S, sum(moves[: len(moves) - ago]) if ago < len(moves) else 0.0))
    return Movement(far=far)


@pytest.mark.parametrize(
    ("moves", "asked"),
    [
        ((10.0, 10.0), [(Stage.RESTRICT, "10 mm or more on each of 2 days")]),
        ((10.0, 9.9), []),
        ((9.9, 10.0), []),
        ((1.0,) * 10, [(Stage.ATTENTION, "1 mm or more on each of 10 days")]),
        ((0.9,) + (1.0,) * 9, []),
        ((1.0,) * 9, []),
    ],
)
def test_what_the_last_days_ask_for(moves: tuple[float, ...], asked: list[Any]) -> None:
    assert day_wants(WIRE, stairs(*moves), NOW) == asked


@pytest.mark.parametrize(
    ("stage", "wanted", "known", "after_s", "follows"),
    [
        (1, 3, True, 0.0, 3),
        (1, 3, False, 0.0, 3),
        (3, 1, True, 9.9, 3),
        (3, 1, True, 10.0, 1),
        (3, 1, False, 99.0, 3),
        (2, 2, True, 99.0, 2),
        (2, 2, True, 5.0, 2),
    ],
)
def test_up_at_once_and_down_after_a_known_calm(
    stage: int, wanted: int, known: bool, after_s: float, follows: int
) -> None:
    since = Since()
    for now in (0.0, after_s) if wanted <= stage else (after_s,):
        found = settled(stage, wanted, known=known, since=since, calm_s=10.0, now=now)
    assert found == follows
    assert bool(since.due) == (known and wanted < stage and follows == stage)


def test_a_rise_in_between_begins_the_calm_anew() -> None:
    since = Since()
    for now, stage, wanted, follows in (
        (0.0, 2, 1, 2),
        (9.0, 2, 3, 3),
        (10.0, 3, 1, 3),
        (19.9, 3, 1, 3),
        (20.0, 3, 1, 1),
        (20.1, 1, 0, 1),
    ):
        assert settled(stage, wanted, known=True, since=since, calm_s=10.0, now=now) == follows, now


def test_what_leaves_a_tank() -> None:
    tank = Tank(((15.0, 0.1), (60.0, 0.15)), 0.12)
    assert [tank.out(mm) for mm in (10.0, 15.0, 25.0, 70.0)] == pytest.approx([0.0, 0.0, 1.0, 7.0])


def test_rain_fills_three_tanks_in_ten_minute_steps() -> None:
    soil = Soil()
    soil.rain(60.0, 1.0 / 6.0)
    assert soil.mm == pytest.approx([10.0, 0.0, 0.0])
    soil.rain(60.0, 1.0 / 6.0)
    assert soil.mm == pytest.approx([19.8, 0.2, 0.0])
    soil.rain(0.0, 1.0 / 12.0)
    seep, side = 0.12 * 19.8 / 12.0, 0.1 * 4.8 / 12.0
    assert soil.mm == pytest.approx([19.8 - seep - side, 0.2 + seep - 0.05 * 0.2 / 12.0, 0.05 * 0.2 / 12.0])
    assert soil.index_mm == pytest.approx(sum(soil.mm))
    halves, whole = Soil(), Soil()
    halves.rain(30.0, 0.5)
    halves.rain(30.0, 0.5)
    whole.rain(30.0, 1.0)
    assert halves.mm == pytest.approx(whole.mm)
    long, longer = Soil([99.0, 99.0, 99.0]), Soil([99.0, 99.0, 99.0])
    long.rain(0.0, 720.0)
    longer.rain(0.0, 1e9)
    assert long.mm == longer.mm, "a month is the longest that is walked"


def bench(spec: Slope = WIRE, **kept: Any) -> Slopes:
    return Slopes((spec,), "boot", 0.0, kept)


def feed(core: Slopes, *readings: tuple[float, float | None], **more: Sample) -> list[Any]:
    """Give readings as (s, mm); return what was said."""
    said: list[Any] = []
    for at, mm in readings:
        said += core.take({"wire": Sample(mm, int(at * 10)), **more}, at)
    return said


def test_every_alarm_of_a_slope() -> None:
    core = bench()
    texts = {
        "attention": (3, "slope moves: watch it"),
        "restrict": (2, "slope moves: keep everybody out"),
        "prepare": (2, "slope moves: prepare to evacuate"),
        "evacuate": (1, "slope moves: evacuate"),
        "lost": (1, "wire torn or at its end: movement or damage"),
        "silent": (2, "instrument silent: state unknown"),
        "trend": (2, "no trend"),
    }
    assert core._conditions(0.0) == [
        Condition(f"slope.east.{code}", priority, False, text) for code, (priority, text) in texts.items()
    ]
    state = core.states["east"]
    state.stage, state.lost = Stage.PREPARE, Stage.PREPARE
    active = {each.code: each.priority for each in core._conditions(1800.0) if each.active}
    assert active == {"slope.east.prepare": 2, "slope.east.lost": 1, "slope.east.silent": 1}
    assert core.next_deadline(0.0) == 1800.0
    assert core.next_deadline(1800.0) is None
    state.heard_until = 5000.0
    assert core.next_deadline(1800.0) == 5000.0
    state.since.held("calm", True, 100.0, 1800.0)
    assert core.next_deadline(1800.0) == 1900.0
    core.alarms.easing["slope.east.lost"] = 1850.0
    assert core.next_deadline(1800.0) == 1850.0


TREND = Forecast(30.0, 28.0, 36.0, 30.0, 31.0, 2.0, 5.0, 20.0, 3.0, 0.9, 12, None)


def test_a_trend_is_told_as_what_it_is() -> None:
    words = "the trend would end in 10 h (8 to 16 h); this is no time of a collapse"
    assert trend_text(TREND, 20.0 * HOUR_S) == words
    assert trend_text(None, 0.0) == "no trend"
    assert trend_text(Refusal(Why.TOO_FEW, "3 samples: want 15"), 0.0) == "no trend: 3 samples: want 15"
    core = bench()
    core.states["east"].outlook = TREND
    assert core._conditions(20.0 * HOUR_S)[-1] == Condition("slope.east.trend", 2, True, words)


def test_a_torn_wire_is_seen_twice_and_a_new_one_begins_anew() -> None:
    core = bench()
    feed(core, (0.0, 5.0), (60.0, 5.0), (120.0, 5.0), (130.0, None))
    state = core.states["east"]
    assert (state.value, state.lost) == (None, None)
    said = feed(core, (130.9, 999.9), (140.0, -1000.0), (140.9, None))
    assert state.lost is None, "a reading in between begins anew"
    said = feed(core, (141.0, 1000.0))
    why = ("the wire is torn or at the end of its scale",)
    assert said[0] == Decided("slope_prepare", "prepare", "normal", why, "east-1", "east")
    assert core.memento() == {"east": {"stage": 3, "episode": 1}}
    assert feed(core, (150.0, None)) == [], "told once, and no worse for it"
    assert (state.value, state.heard_until) == (None, 150.0 + 1800.0)
    feed(core, (160.0, 7.0))
    assert (state.value, state.lost) == (7.0, None)
    assert list(state.movement.near) == [(160.0, 7.0)]


def test_a_wire_that_tears_on_a_moving_slope_evacuates() -> None:
    core = bench(east={"stage": 1, "episode": 4})
    feed(core, (0.0, None), (1.0, None))
    assert core.memento() == {"east": {"stage": 4, "episode": 4}}, "the same episode"


def test_a_reading_that_does_not_count_on_is_none() -> None:
    core = bench()
    core.take({"wire": Sample(5.0, 1)}, 0.0)
    core.take({"wire": Sample(6.0, 1)}, 60.0)
    core.take({}, 90.0)
    state = core.states["east"]
    assert (state.value, state.heard_until) == (5.0, 1800.0)
    core.take({"wire": Sample(6.0, None)}, 60.0)
    assert (state.value, state.heard_until) == (6.0, 1860.0)


def test_calm_is_told_in_hours() -> None:
    core = bench(replace(WIRE, calm_s=3600.0), east={"stage": 2, "episode": 1})
    said = feed(core, *((60.0 * n, 5.0) for n in range(70)))
    decided = [each for each in said if isinstance(each, Decided)]
    assert decided == [Decided("slope_normal", "normal", "restrict", ("calm for 1 h",), "east-1", "east")]


def raining(core: Slopes, *rates: tuple[float, float | None]) -> None:
    for at, rate in rates:
        core.take({"rain": Sample(rate, int(at))}, at)


def test_rain_is_added_once_a_minute_at_the_rate_of_now() -> None:
    core = bench()
    state = core.states["east"]
    raining(core, (0.0, 99.0))
    assert (state.rain, state.soil.index_mm) == ((99.0, 0.0), 0.0), "since when is not known"
    raining(core, (59.9, 500.0), (30.0, None))
    assert state.rain == (99.0, 0.0)
    raining(core, (60.0, 60.0))
    assert state.soil.mm[0] == pytest.approx(1.0)
    assert state.rain == (60.0, 60.0)
    dry = bench(replace(WIRE, rain_point=None))
    raining(dry, (0.0, 99.0))
    assert dry.states["east"].rain is None


@pytest.mark.parametrize(
    ("rain", "index_mm", "factor"),
    [
        ((0.0, 0.0), 99.9, 1.0),
        ((0.0, 0.0), 100.0, 0.5),
        ((0.0, -0.1), 0.0, 0.5),
        (None, 0.0, 0.5),
    ],
)
def test_wet_ground_lowers_the_limits_and_so_does_not_knowing(
    rain: tuple[float, float] | None, index_mm: float, factor: float
) -> None:
    core, at = bench(), 3599.95
    state = core.states["east"]
    state.rain, state.soil = rain, Soil([index_mm, 0.0, 0.0])
    for minute in range(10):
        feed(core, (at - 60.0 * (9 - minute), minute / 60.0 * 1.5))
        state.rain = rain
    asked = [text for _, text in state.wants]
    assert asked == (["1.5 mm/h: limit 1, ground wet"] if factor < 1.0 else [])
    free = bench(replace(WIRE, rain_point=None))
    feed(free, *((at - 60.0 * (9 - minute), minute / 60.0 * 1.5) for minute in range(10)))
    assert free.states["east"].wants == []


@pytest.mark.parametrize(
    "kept", [None, {}, {"stage": 9, "episode": 1}, {"stage": 1}, {"stage": 1, "episode": "x"}]
)
def test_what_cannot_be_read_starts_afresh(kept: Any) -> None:
    state = bench(east=kept).states["east"]
    assert (state.stage, state.episode) == (Stage.NORMAL, 0)


def test_a_forecast_is_made_when_the_long_memory_grows_and_not_otherwise() -> None:
    core = bench()
    state = core.states["east"]
    feed(core, (0.0, 5.0))
    first = Refusal(Why.TOO_FEW, "1 samples: want 15")
    assert state.outlook == first
    state.outlook = TREND
    for readings in (((0.0, 5.0),), ((10.0, 5.0),), ((60.0, 5.0),), ((70.0, None),)):
        feed(core, *readings)
        assert state.outlook is TREND
    feed(core, (600.0, 5.0))
    assert state.outlook == Refusal(Why.TOO_FEW, "2 samples: want 15")
    replayed = Slopes((WIRE,), "boot", 0.0, forecasts=False)
    feed(replayed, (0.0, 5.0))
    assert replayed.states["east"].outlook is None


def test_two_slopes_are_each_told() -> None:
    pair = Slopes((WIRE, replace(WIRE, name="west")), "boot", 0.0, {"west": {"stage": 0, "episode": 4}})
    said = feed(pair, (0.0, None), (1.0, None))
    assert [each.incident for each in said if isinstance(each, Decided)] == ["east-1", "west-5"]
    assert {code for code in pair.alarms.active if "prepare" in code} == {
        "slope.east.prepare",
        "slope.west.prepare",
    }


def test_a_silence_is_no_calm() -> None:
    core = bench(replace(WIRE, silent_s=100.0, calm_s=300.0), east={"stage": 2, "episode": 1})
    feed(core, *((60.0 * n, 5.0) for n in range(5)))
    for at in range(340, 2000, 60):
        core.take({}, float(at))
    assert core.states["east"].stage is Stage.RESTRICT


def test_rain_is_added_over_the_time_between_two_looks() -> None:
    core = bench()
    raining(core, (1000.0, 60.0), (1060.0, 60.0))
    assert core.states["east"].soil.index_mm == pytest.approx(1.0)


@pytest.mark.parametrize("rain_point", ["rain", None])
def test_on_dry_ground_the_limits_are_as_they_stand(rain_point: str | None) -> None:
    core = bench(replace(WIRE, rain_point=rain_point))
    core.states["east"].rain = (0.0, 500.0)
    feed(core, *((60.0 * n, n / 60.0 * 3.0) for n in range(10)))
    assert [text for _, text in core.states["east"].wants] == ["3 mm/h: limit 2"]
