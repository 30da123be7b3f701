"""Causes to close, caution and dryness to the letter: `Sensing` alone, over levels set by hand."""

from collections import deque
from dataclasses import replace
from typing import Any

import pytest
from edge.core.plant import SITE, Plant

from sotdae_edge.core.hazard import Sensing, Single, Stage, Trip, rated_from_cm
from sotdae_edge.core.site import Levels, Site
from sotdae_edge.core.validity import Bypass, Level
from sotdae_shared.samples import Sample

NOW, NEVER, EVER = 1000.0, float("-inf"), float("inf")
DRY, LOW, FIVE, HIGH = Level(0.0, 0.0), Level(-5.0, 5.0), Level(5.0, 15.0), Level(15.0, 400.0)
HOUR = deque([(NOW - 900.0 + n, 1.0 + n / 100.0) for n in range(900)], maxlen=400)


def cm(value: float) -> Level:
    return Level(value, value)


def sensing(
    radar: Level | None = DRY,
    pressure: Level | None = DRY,
    floats: Level | None = LOW,
    site: Site = SITE,
    **facts: Any,
) -> Sensing:
    """Return what a site senses: these levels for ever, a calm river, no rain, mains."""
    found = Sensing.of(site, NOW)
    for channel, level in zip(found.channels, (radar, pressure, floats), strict=True):
        channel.level, channel.fresh_until = level, EVER
    found.river, found.rain, found.mains_ok = Single(120.0, 1, EVER), Single(0.0, 1, EVER), True
    for name, value in facts.items():
        setattr(found, name, value)
    return found


def after(found: Sensing, seconds: float, hub_heard: float = EVER) -> list[Trip]:
    """Return the causes once they have held so long."""
    found.trips(NOW, hub_heard)
    return found.trips(NOW + seconds, hub_heard)


def test_a_single_instrument_is_believed_as_long_as_it_counts_on() -> None:
    gauge = Single()
    gauge.take(Sample(7.0, 1), 30.0, NOW)
    for nothing in (None, Sample(None, 2), Sample(9.0, None), Sample(9.0, 1)):
        gauge.take(nothing, 30.0, NOW + 1.0)
        assert (gauge.value, gauge.count, gauge.good_until) == (7.0, 1, NOW + 30.0)
    assert (gauge.at(NOW + 29.9), gauge.at(NOW + 30.0)) == (7.0, None)
    gauge.take(Sample(9.0, 2), 30.0, NOW + 2.0)
    assert (gauge.value, gauge.count, gauge.good_until) == (9.0, 2, NOW + 32.0)


@pytest.mark.parametrize(
    ("levels", "trip"),
    [
        ((cm(15.0), cm(15.0), LOW), Trip("level", "radar", ("2oo3: radar, pressure >= 15 cm",))),
        ((DRY, cm(15.0), HIGH), Trip("level", "pressure", ("2oo3: pressure, float >= 15 cm",))),
        ((None, cm(15.0), LOW), Trip("level", "pressure", ("1oo2: pressure >= 15 cm",))),
        ((cm(14.9), cm(14.9), LOW), None),
        ((cm(99.0), DRY, LOW), None),
    ],
)
def test_enough_water_for_half_a_second_is_a_cause(levels: tuple[Any, Any, Any], trip: Trip | None) -> None:
    found = sensing(*levels)
    assert found.trips(NOW, EVER) == []
    assert found.trips(NOW + 0.4, EVER) == []
    assert found.trips(NOW + 0.5, EVER) == ([] if trip is None else [trip])


@pytest.mark.parametrize(
    ("river_cm", "held_s", "trips"), [(2902.0, 1.0, True), (2902.0, 0.9, False), (2901.9, 9.0, False)]
)
def test_a_river_at_its_trigger_for_a_second_is_a_cause(river_cm: float, held_s: float, trips: bool) -> None:
    found = sensing(river=Single(river_cm, 1, EVER))
    said = Trip("river", "river", ("river 2902 cm >= trigger 2902 cm",))
    assert after(found, held_s) == ([said] if trips else [])
    found = sensing(river=Single(9e9, 1, EVER), site=replace(SITE, levels=Levels()))
    assert after(found, held_s) == [], "nobody asks the river here"


RISING = {"radar": (30.0, 40.0), "pressure": (50.0, 45.0)}
WORDS = "4.5 cm rising 40.0 cm/min reaches 30 cm within 41 s (radar, pressure)"


def test_two_channels_that_foresee_an_unsafe_road_are_a_cause() -> None:
    found = sensing(cm(4.0), cm(5.0), rates=RISING)
    assert found.trips(NOW, EVER) == []
    assert found.trips(NOW + 0.4, EVER) == []
    assert found.trips(NOW + 0.5, EVER) == [Trip("predicted", "predicted", (WORDS,))]


@pytest.mark.parametrize(
    ("levels", "rising", "believed"),
    [
        ((cm(4.0), cm(4.0), LOW), ("radar", "pressure"), True),
        ((cm(4.0), cm(4.0), LOW), ("radar",), False),
        ((cm(4.0), cm(4.0), FIVE), ("radar",), True),
        ((cm(4.0), cm(4.0), Level(4.9, 15.0)), ("radar",), False),
        ((cm(4.0), None, LOW), ("radar",), False),
        ((cm(4.0), None, None), ("radar",), True),
        ((cm(4.0), cm(4.0), LOW), (), False),
    ],
)
def test_one_channel_is_believed_with_the_float_or_when_it_is_the_last(
    levels: tuple[Any, Any, Any], rising: tuple[str, ...], believed: bool
) -> None:
    found = sensing(*levels, rates=dict.fromkeys(rising, (60.0, 50.0)))
    assert bool(after(found, 0.5)) is believed
    assert found.believed_rate_cm_min(NOW) == (60.0 if believed else None)


def test_a_channel_without_a_level_foresees_nothing() -> None:
    assert after(sensing(cm(4.0), None, LOW, rates=RISING), 0.5) == []
    assert after(sensing(cm(2.9), cm(2.9), LOW, rates=RISING), 0.5) == [], "too shallow"


BLIND = (None, None, None)
CONTEXTS: list[tuple[dict[str, Any], float, str]] = [
    ({"rain": Single(30.0, 1, EVER)}, EVER, "rain 30 mm/h"),
    ({"river": Single(2500.0, 1, EVER)}, EVER, "river 2500 cm at caution"),
    ({"mains_ok": False}, EVER, "mains lost"),
    ({}, NOW + 60.0 - 600.0, "hub silent"),
]
CALM: list[tuple[dict[str, Any], float]] = [
    ({"rain": Single(29.9, 1, EVER)}, EVER),
    ({"rain": Single(99.0, 1, NOW)}, EVER),
    ({"river": Single(2499.9, 1, EVER)}, EVER),
    ({"river": Single(2600.0, 1, NOW)}, EVER),
    ({"mains_ok": None}, EVER),
    ({}, NOW + 60.1 - 600.0),
]


@pytest.mark.parametrize(("facts", "heard", "why"), CONTEXTS, ids=[why for _, _, why in CONTEXTS])
def test_after_a_blind_minute_one_bad_sign_is_a_cause(facts: dict[str, Any], heard: float, why: str) -> None:
    trip = Trip("context", "context", ("no valid level channel", why))
    assert after(sensing(*BLIND, **facts), 60.0, heard) == [trip]
    assert after(sensing(*BLIND, **facts), 59.9, heard) == []
    assert after(sensing(None, None, LOW, **facts), 60.0, heard) == [], "somebody sees"


@pytest.mark.parametrize(("facts", "heard"), CALM)
def test_after_a_blind_minute_without_a_bad_sign_there_is_no_cause(
    facts: dict[str, Any], heard: float
) -> None:
    assert after(sensing(*BLIND, **facts), 60.0, heard) == []


def test_all_causes_are_told_the_strongest_first() -> None:
    found = sensing(cm(20.0), cm(20.0), HIGH, rates=RISING, river=Single(3000.0, 1, EVER))
    assert [trip.cause for trip in after(found, 1.0)] == ["level", "predicted", "river"]
    every = Single(3000.0, 1, EVER)
    bad = sensing(*BLIND, river=every, rain=Single(31.0, 1, EVER), mains_ok=False)
    context = after(bad, 60.0, NEVER)[-1]
    assert context.because[1:] == ("rain 31 mm/h", "river 3000 cm at caution", "mains lost", "hub silent")


def staged(found: Sensing, seconds: float = 1.0) -> Stage:
    found.stage(NOW, [])
    return found.stage(NOW + seconds, [])


NO_RIVER = replace(SITE, levels=Levels())
BLINDED = {"radar": None, "pressure": None, "floats": None}


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({}, Stage.NORMAL),
        (BLINDED, Stage.UNKNOWN),
        ({"radar": cm(5.0), "pressure": cm(5.0)}, Stage.CAUTION),
        ({"radar": cm(4.9), "pressure": cm(4.9)}, Stage.NORMAL),
        ({"radar": cm(5.0)}, Stage.NORMAL),
        ({"river": Single(2500.0, 1, EVER)}, Stage.CAUTION),
        ({"river": Single(2499.9, 1, EVER)}, Stage.NORMAL),
        ({"river": Single(120.0, 1, NOW - 59.0)}, Stage.CAUTION),
        ({"river": Single(120.0, 1, NOW - 58.9)}, Stage.NORMAL),
        ({"river": Single(120.0, 1, NEVER), "site": NO_RIVER}, Stage.NORMAL),
    ],
)
def test_what_is_caution(facts: dict[str, Any], stage: Stage) -> None:
    found = sensing(**facts)
    assert staged(found) is stage
    assert found.stage(NOW + 1.0, [Trip("level", "radar", ("why",))]) is Stage.CLOSE


def test_a_blind_minute_is_caution() -> None:
    assert staged(sensing(*BLIND), 59.9) is Stage.UNKNOWN
    assert staged(sensing(*BLIND), 60.0) is Stage.CAUTION


@pytest.mark.parametrize(("left_cm", "still"), [(2.1, True), (2.0, False)])
def test_caution_is_left_ten_minutes_after_the_water_is_below_two_centimetres(
    left_cm: float, still: bool
) -> None:
    found = sensing(cm(5.0), cm(5.0))
    assert staged(found, 0.4) is Stage.NORMAL
    assert found.stage(NOW + 0.5, []) is Stage.CAUTION
    for channel in found.channels[:2]:
        channel.level = cm(left_cm)
    found.channels[2].level = Level(-5.0, 0.0)
    found.forget_levels()
    assert found.stage(NOW + 600.4, []) is Stage.CAUTION
    assert found.stage(NOW + 600.5, []) is (Stage.CAUTION if still else Stage.NORMAL)


TRIGGER = replace(SITE, levels=Levels(river_trigger_cm=2902.0))


@pytest.mark.parametrize(
    ("facts", "dry"),
    [
        ({}, True),
        ({"radar": cm(3.0)}, True),
        ({"radar": cm(3.1)}, False),
        ({"floats": FIVE}, False),
        ({"radar": None}, False),
        ({"river": Single(2499.9, 1, EVER)}, True),
        ({"river": Single(2500.0, 1, EVER)}, False),
        ({"river": Single(120.0, 1, NOW)}, False),
        ({"river": Single(2901.0, 1, EVER), "site": TRIGGER}, True),
        ({"river": Single(2902.0, 1, EVER), "site": TRIGGER}, False),
        ({"river": Single(9e9, 1, NEVER), "site": NO_RIVER}, True),
    ],
)
def test_what_is_dry(facts: dict[str, Any], dry: bool) -> None:
    assert sensing(**facts).dry(NOW) is dry


@pytest.mark.parametrize(
    ("levels", "level_cm"),
    [
        ((cm(1.0), cm(4.0), HIGH), 2.5),
        ((cm(1.0), None, HIGH), 1.0),
        ((None, None, HIGH), 15.0),
        ((None, None, LOW), None),
        ((None, None, Level(0.0, 5.0)), None),
        ((None, None, Level(0.5, 5.0)), 0.5),
        (BLIND, None),
    ],
)
def test_the_level_that_is_told(levels: tuple[Any, Any, Any], level_cm: float | None) -> None:
    assert sensing(*levels).level_cm(NOW) == level_cm


def rates(
    value: float, *, at: float = NOW, kind: int = 0, steps: int = 400
) -> dict[str, tuple[float, float]]:
    """Return the rates after a scan, of a channel that has risen until a moment."""
    found = sensing(None, None, None)
    channel = found.channels[kind]
    channel.history = deque(list(HOUR)[-steps:], maxlen=400)
    channel.history.append((at, channel.history[-1][1]))
    channel.level, channel.fresh_until, found.rates = cm(value), EVER, {"radar": (1.0, 1.0)}
    found._update_rate(channel, rated_from_cm(found.site.levels), NOW)
    return found.rates


def test_a_rate_is_worked_out_where_it_counts_and_forgotten_where_it_does_not() -> None:
    assert rates(2.0)["radar"] == pytest.approx((0.6, 0.6), abs=0.01)
    assert rates(1.9) == {}, "so shallow that it would be thrown away"
    assert rates(9.0, at=NOW - 0.1) == {"radar": (1.0, 1.0)}, "nothing new"
    assert rates(9.0, steps=5) == {}, "too short"
    assert rates(9.0, kind=2) == {"radar": (1.0, 1.0)}, "a switch has none"


def test_a_rate_goes_with_its_channel_though_nobody_says_anything_new() -> None:
    found, plant = Sensing.of(SITE, NOW), Plant()
    for step in range(100):
        plant.water(3.0 + step * 0.05)
        scan = plant.scan().points
        found.take(scan, NOW + step * 0.2)
    assert found.rate_cm_min() == pytest.approx(15.0, abs=0.1)
    now = NOW + 99 * 0.2
    found.take(scan, now + 1.4)
    assert found.rate_cm_min() is not None
    found.take(scan, now + 1.5)
    assert found.rate_cm_min() is None


def test_a_liar_is_condemned_though_nobody_says_anything_new() -> None:
    found, plant = Sensing.of(SITE, NOW), Plant()
    for step in range(45):
        plant.water(9.0 + 0.2 * (step % 2))
        plant.radar = 0.0
        scan = plant.scan().points
        found.take(scan, NOW + step * 0.2)
    assert not found.channel("radar").stuck
    found.channel("radar").fresh_until = found.channel("pressure").fresh_until = EVER
    found.take(scan, NOW + 9.9)
    assert not found.channel("radar").stuck
    found.channel("radar").history.extend((NOW + 9.0 + n / 10, 0.0) for n in range(5))
    found.take(scan, NOW + 10.0)
    assert found.channel("radar").stuck


def test_what_one_scan_says_of_river_rain_and_mains() -> None:
    found, plant = Sensing.of(SITE, NOW), Plant(river=99.0, rain=7.0)
    assert (found.river.good_until, found.mains_ok) == (NOW + 30.0, None)
    found.take(plant.scan().points, NOW + 1.0)
    assert (found.river.value, found.river.good_until) == (99.0, NOW + 31.0)
    assert (found.rain.value, found.rain.good_until) == (7.0, NOW + 31.0)
    assert found.mains_ok is True
    for mains, known in ((Sample(0.0), False), (Sample(None), None), (None, None), (Sample(1.0), True)):
        found.take(plant.scan(mains_ok=mains).points, NOW + 1.0)
        assert found.mains_ok is known


def silent() -> Sensing:
    """Return a site of which nothing has a time."""
    found = sensing(river=Single(None, None, NEVER), rain=Single(None, None, NEVER))
    for channel in found.channels:
        channel.fresh_until = NEVER
    return found


def test_every_moment_at_which_time_alone_changes_an_answer_is_told() -> None:
    due = NOW + 5.0
    assert silent().next_deadline(NOW) is None
    for name, at in (("river", due), ("rain", due), ("river", due - 60.0)):
        found = silent()
        getattr(found, name).good_until = at
        assert found.next_deadline(NOW) == due
        assert found.next_deadline(due) == (due + 60.0 if (name, at) == ("river", due) else None)
    for field, value in (
        ("bypass", Bypass("kim", "why", NOW, due)),
        ("disagree_since", due - 10.0),
    ):
        found = silent()
        setattr(found.channels[1], field, value)
        assert (found.next_deadline(NOW), found.next_deadline(due)) == (due, None)
    found = silent()
    found.channels[1].fresh_until = due
    assert (found.next_deadline(NOW), found.stale()) == (None, [NEVER, due, NEVER])
    found = silent()
    found.caution_until = due
    assert (found.next_deadline(NOW), found.next_deadline(due)) == (due, None)
    found = silent()
    found.since.held("level", True, 5.0, NOW)
    assert found.next_deadline(NOW) == due


def two(*readings: tuple[float, float]) -> Sensing:
    """Return what radar and pressure alone have told: these levels, one pair each second."""
    found = Sensing.of(replace(SITE, channels=SITE.channels[:2]), NOW)
    for count, (radar, pressure) in enumerate(readings):
        points = {"radar_level": Sample(radar, count, 87.0), "pressure_level": Sample(pressure, count, 100.0)}
        found.take(points, NOW + count)
    return found


@pytest.mark.parametrize(("radar", "off"), [(-4.0, True), (-3.9, False)])
def test_over_a_dry_road_too_two_that_are_five_centimetres_apart_are_suspected(
    radar: float, off: bool
) -> None:
    since = [channel.disagree_since for channel in two(*[(radar, 1.0)] * 3).channels]
    assert since == ([NOW, NOW] if off else [None, None])


def test_rates_begin_a_centimetre_below_where_they_count_and_end_below_that() -> None:
    assert rated_from_cm(SITE.levels) == 2.0
    assert two(*[(2.0, 2.0)] * 16).rates.keys() == {"radar", "pressure"}
    assert two(*[(1.9, 1.9)] * 16).rates == {}
    assert two(*[(2.0, 2.0)] * 16, (1.0, 1.0)).rates == {}
