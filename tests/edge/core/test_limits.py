"""What a site's numbers may be: each bound is allowed, nothing beyond it is, and the words name the place."""

from dataclasses import replace
from math import inf, nextafter
from typing import Any

import pytest
from edge.core.plant import SITE

from sotdae_edge.core.limits import (
    GEOMETRY,
    LEVELS,
    ON_FOOT,
    RIVERSIDE,
    SELFTEST,
    TIMES,
    Limit,
    approach_problems,
    channel_problems,
    problems,
    riverside_problems,
    selftest_problems,
    start_problems,
)
from sotdae_edge.core.site import (
    UNDERPASS_CHANNELS,
    Approach,
    Geometry,
    Levels,
    Riverside,
    SelfTestPlan,
    Times,
)

RADAR, PRESSURE, FLOATS = UNDERPASS_CHANNELS
NUMBERS = [
    (section, name, limit)
    for section, limits in (("times", TIMES), ("levels", LEVELS), ("geometry", GEOMETRY))
    for name, limit in limits.items()
]


def said(**parts: Any) -> list[str]:
    """Return the problems of a site that is good but for these parts."""
    return problems(**({"levels": Levels(), "times": Times(), "geometry": Geometry()} | parts))


def own(found: list[str], place: str) -> list[str]:
    """Return what is said of one number, not of how it fits others."""
    return [text for text in found if text.startswith(f"{place}: ") and " want " in text and ": want" in text]


@pytest.mark.parametrize(("section", "name", "limit"), NUMBERS)
def test_a_bound_is_allowed_and_what_lies_beyond_it_is_not(section: str, name: str, limit: Limit) -> None:
    parts = {"times": Times(), "levels": Levels(), "geometry": Geometry()}
    for value, beyond in ((limit.least, -inf), (limit.most, inf)):
        place = f"{section}.{name}"
        at = replace(parts[section], **{name: value})  # type: ignore[type-var]
        assert own(said(**{section: at}), place) == []
        past = nextafter(value, beyond)
        text = f"{place}: {past:g}: want {limit.least:g} to {limit.most:g}: {limit.why}"
        at = replace(parts[section], **{name: past})  # type: ignore[type-var]
        assert own(said(**{section: at}), place) == [text]


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = said(times=Times(confirm=9.0, rate_min=20.0), geometry=Geometry(warning_s=4.0, lowering_s=30.0))
    assert found == [
        "times.confirm: 9: want 0 to 2: with a jump held back a trip still comes within 3 s",
        "times.rate_min: not above times.rate_window",
        "geometry.warning_s: not below times.pre_warn",
        "geometry.lowering_s: not above times.travel",
    ]


def test_times_that_are_equal_fit() -> None:
    assert said(times=Times(rate_min=15.0, rate_window=15.0, pre_warn=5.0, travel=8.0)) == []


LOW = Levels(caution_off_cm=0.5, caution_cm=1.0, close_cm=3.0, reopen_cm=1.0, predict_from_cm=3.0)
ORDER = "levels: want caution_off_cm < caution_cm < close_cm <= unsafe_cm"
BELOW = "levels: want reopen_cm < close_cm and predict_from_cm <= close_cm"
RIVER = "levels: want river_caution_cm <= river_trigger_cm"


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        (Levels(caution_off_cm=5.0), [ORDER]),
        (Levels(caution_cm=10.0, close_cm=10.0), [ORDER]),
        (Levels(close_cm=15.0, unsafe_cm=15.0), []),
        (replace(LOW, reopen_cm=3.0), [BELOW]),
        (replace(LOW, predict_from_cm=3.5), [BELOW]),
        (LOW, []),
        (Levels(river_caution_cm=2900.0, river_trigger_cm=2899.0), [RIVER]),
        (Levels(river_caution_cm=2900.0, river_trigger_cm=2900.0), []),
        (Levels(river_caution_cm=2900.0), []),
        (Levels(river_trigger_cm=2900.0), []),
    ],
)  # fmt: skip
def test_levels_fit_together(levels: Levels, found: list[str]) -> None:
    assert said(levels=levels) == found


def test_on_foot_another_clearing_speed_is_right() -> None:
    walking = Geometry(clear_speed_km_h=4.0)
    assert said(geometry=walking, on_foot=True) == []
    assert said(geometry=walking) == ["geometry.clear_speed_km_h: 4: want 5 to 60: cars in water are slow"]
    assert said(geometry=Geometry(clear_speed_km_h=0.5), on_foot=True) == [
        f"geometry.clear_speed_km_h: 0.5: want 1 to 60: {ON_FOOT.why}"
    ]


def test_a_lock_is_neither_early_nor_late() -> None:
    why = RIVERSIDE["lock_after"].why
    assert list(riverside_problems(Riverside(lock_after=30.0))) == []
    assert list(riverside_problems(Riverside(lock_after=29.0))) == [
        f"riverside.lock_after: 29: want 30 to 1800: {why}"
    ]


def test_a_plan_of_self_tests_leaves_nothing_untested() -> None:
    assert selftest_problems(SelfTestPlan()) == []
    assert selftest_problems(SelfTestPlan(stroke_days=6.0)) == [
        f"selftest.stroke_days: 6: want 7 to 62: {SELFTEST['stroke_days'].why}"
    ]


LATE = (
    "geometry: at 20 cm/min the latest safe start is 4.7 cm, below caution;"
    " give levels.river_trigger_cm so that it can close while dry"
)


@pytest.mark.parametrize(
    ("length_m", "trigger_cm", "found"),
    [(550.0, None, []), (560.0, None, [LATE]), (550.0, 2902.0, []), (560.0, 2902.0, [])],
)
def test_a_long_tunnel_can_close_while_dry(
    length_m: float, trigger_cm: float | None, found: list[str]
) -> None:
    """Warnings 5 s, arm 8 s, reserve 7 s and 10 m/s: over 550 m, 75 s or 25 cm before 30 cm."""
    geometry = Geometry(length_m=length_m, clear_speed_km_h=36.0)
    levels = Levels(river_trigger_cm=trigger_cm)
    assert start_problems(replace(SITE, levels=levels, geometry=geometry)) == found


NONE_TELLS = "channels: none tells 15 cm: want an analog one, or a switch at that level"
STEPS = "channels.float: points: want the levels of a switch above 0 and increasing"
RANGE = "channels.radar: range_cm: want 0 and unsafe_cm = 30 inside, or a flood counts as a failure"
SIGMA = "channels.radar: sigma_cm: {}: want 0.05 to 50, one sigma of its readings"


@pytest.mark.parametrize(
    ("channels", "found"),
    [
        (UNDERPASS_CHANNELS, []),
        ((RADAR,), []),
        ((FLOATS,), []),
        ((), [NONE_TELLS]),
        ((replace(FLOATS, points=(("a", 5.0), ("b", 16.0))),), [NONE_TELLS]),
        ((RADAR, replace(PRESSURE, name="radar")), ["channels: two have the same name"]),
        (
            (RADAR, replace(PRESSURE, points=RADAR.points)),
            ["channels: a point stands twice; one instrument has one vote"],
        ),
        ((replace(FLOATS, points=(("a", 0.0), ("b", 15.0))),), [STEPS.replace("float", FLOATS.name)]),
        ((replace(FLOATS, points=(("a", 15.0), ("b", 15.0))),), [STEPS.replace("float", FLOATS.name)]),
        ((replace(FLOATS, points=(("a", 0.5), ("b", 15.0))),), []),
        (
            (replace(RADAR, points=(("a", 0.0), ("b", 1.0))),),
            ["channels.radar: points: want exactly one of an analog channel"],
        ),
        ((replace(RADAR, sigma_cm=0.05),), []),
        ((replace(RADAR, sigma_cm=50.0),), []),
        ((replace(RADAR, sigma_cm=0.04),), [SIGMA.format("0.04")]),
        ((replace(RADAR, sigma_cm=50.5),), [SIGMA.format("50.5")]),
        ((replace(RADAR, range_cm=(0.0, 30.0)),), []),
        ((replace(RADAR, range_cm=(0.5, 30.0)),), [RANGE]),
        ((replace(RADAR, range_cm=(0.0, 29.0)),), [RANGE]),
    ],
)
def test_channels_can_tell_the_closing_level(channels: tuple[Any, ...], found: list[str]) -> None:
    assert list(channel_problems(channels, Levels())) == found


NORTH, SOUTH = Approach("north", prefix="n_"), Approach("south", prefix="s_")


@pytest.mark.parametrize(
    ("approaches", "found"),
    [
        (SITE.approaches, []),
        ((NORTH,), []),
        ((NORTH, SOUTH), []),
        (
            (NORTH, replace(SOUTH, name="")),
            ["approaches: where there are several, each needs a name"],
        ),
        (
            (NORTH, replace(SOUTH, name="north")),
            ["approaches: two have the same name; one arm belongs to one approach"],
        ),
        (
            (NORTH, replace(SOUTH, prefix="n_")),
            ["approaches: two have the same prefix; one arm belongs to one approach"],
        ),
        ((replace(NORTH, side="exit"),), ["approaches: none is an entry"]),
        ((NORTH, replace(SOUTH, side="exit")), []),
        (
            (replace(NORTH, lanes=NORTH.lanes * 2),),
            ["approaches.north: two lanes have the same points"],
        ),
    ],
)
def test_an_arm_belongs_to_one_approach(approaches: tuple[Approach, ...], found: list[str]) -> None:
    assert list(approach_problems(approaches)) == found
