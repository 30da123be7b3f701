"""What a cluster of homes remembers over a restart, answers its devices, and waits for."""

from dataclasses import replace
from math import inf

import pytest

from sotdae_edge.core.areas import AREA_S
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.home import MISSED, Home, HomeState, Wet
from sotdae_edge.core.home_alarms import UNHEARD_AFTER
from sotdae_edge.core.homes import Homes, Reply
from sotdae_edge.core.homes_kept import Kept, KeptArea, KeptHome
from sotdae_edge.core.rainwatch import RainSource
from sotdae_shared.samples import Sample

ONE = Home("A-1", 37.26, 127.02, "low", "high", asks_point="asks", tamper_point="tamper")
SLOW = replace(ONE, heartbeat_s=21_600.0, warned_heartbeat_s=3_600.0)
BORN, RAIN = 1000.0, RainSource(warning_point="rain")


def homes(kept: Kept | None = None, home: Home = ONE, rain: RainSource | None = None) -> Homes:
    return Homes((home,), "abcdef0123456789", BORN, kept or Kept(), rain)


def said(count: int, low: float = 0.0, **points: float) -> dict[str, Sample]:
    found = {"low": Sample(low, count), "high": Sample(0.0, count)}
    return found | {name: Sample(value, count) for name, value in points.items()}


def test_a_home_goes_on_as_it_was_kept() -> None:
    kept = KeptHome(Wet.WET_2, True, True, True, 30.0, ((4, 2800), (6, 2750), (8, 2700)), True)
    state = homes(Kept(homes={"A-1": kept}, alarms={"home.A-1.unheard": 3})).states["A-1"]
    assert (state.stage, state.pending) == (Wet.WET_2, Wet.WET_2)
    assert (state.offline, state.faulty, state.tamper) == (True, True, True)
    assert (state.wet_at, state.answers) == (BORN - 30.0, UNHEARD_AFTER)
    assert state.battery.days == [(4, 2800), (6, 2750), (8, 2700)]
    assert (state.battery.day, state.battery.low) == (9, True)
    assert state.battery.cells == ONE.cells
    fresh = homes().states["A-1"]
    assert (fresh.stage, fresh.wet_at, fresh.answers, fresh.battery.day) == (Wet.UNKNOWN, -inf, 0, 0)
    assert fresh.heard_until == BORN + MISSED * 12.0
    assert homes(home=SLOW).states["A-1"].heard_until == BORN + MISSED * 21_600.0
    late = replace(SLOW, heartbeat_s=60.0)
    assert homes(home=late).states["A-1"].heard_until == BORN + MISSED * 3_600.0


def test_areas_alarms_and_a_warning_go_on_too() -> None:
    area = KeptArea("area-old-3", ("A-1",), 1, True)
    core = homes(Kept(3, (area,), {}, {"home.A-1.wet_2": 2}, True), rain=RAIN)
    assert (core.areas.episode, core.areas.open[0].name, core.areas.open[0].announced) == (
        3,
        "area-old-3",
        True,
    )
    assert core.alarms.active == {"home.A-1.wet_2": 2}
    assert core.rain.warned
    assert not homes(Kept(warned=True)).rain.warned, "nobody measures rain here any more"
    kept = core.memento(BORN)
    assert (kept.episode, kept.areas, kept.alarms, kept.warned) == (3, (area,), {"home.A-1.wet_2": 2}, True)


@pytest.mark.parametrize(
    ("stage", "ago_s", "wet_s"),
    [
        (Wet.WET_2, 30.04, 30.0),
        (Wet.WET_2, AREA_S - 0.1, 599.9),
        (Wet.WET_2, AREA_S, None),
        (Wet.DRY, 5.0, None),
    ],
)
def test_how_long_ago_a_home_became_wet_is_kept_as_long_as_it_matters(
    stage: Wet, ago_s: float, wet_s: float | None
) -> None:
    core = homes()
    core.states["A-1"] = HomeState(stage=stage, wet_at=BORN - ago_s, offline=True, tamper=True)
    core.states["A-1"].battery.low = True
    kept = core.memento(BORN).homes["A-1"]
    assert kept == KeptHome(stage, True, False, True, wet_s, (), True)


def test_what_was_said_is_noted_once() -> None:
    core = homes()
    for count in range(4):
        core.take(said(count, low=1.0), BORN + count)
    before = core.revision
    assert core.announced == {}
    core.noted()
    assert (core.announced, core.revision) == ({"home.A-1.wet_2": 2}, before + 1)
    core.noted()
    assert core.revision == before + 1
    core.areas.open = homes(Kept(areas=(KeptArea("area-1", ("A-1",), 1, False),))).areas.open
    core.noted()
    assert (core.areas.open[0].announced, core.revision) == (True, before + 2)


def test_news_is_what_counts_on() -> None:
    core = homes()
    core.take(said(7), BORN)
    heard_until = core.states["A-1"].heard_until
    core.take(said(7), BORN + 5.0)
    core.take({"low": Sample(0.0, 8)}, BORN + 5.0)
    core.take({}, BORN + 5.0)
    assert core.states["A-1"].heard_until == heard_until
    core.take(said(8), BORN + 5.0)
    assert core.states["A-1"].heard_until == heard_until + 5.0
    uncounted = {"low": Sample(0.0, None), "high": Sample(0.0, None)}
    for later_s in (6.0, 7.0):
        core.take(uncounted, BORN + later_s)
        assert core.states["A-1"].heard_until == heard_until + later_s


def test_a_home_is_looked_at_when_time_alone_may_change_it() -> None:
    core = homes()
    core.take(said(1), BORN)
    assert core.due["A-1"] == BORN + 1.0, "its contact is confirmed then"
    core.take({}, BORN + 1.0)
    assert core.states["A-1"].stage is Wet.DRY
    assert core.due["A-1"] == BORN + 30.0, "it is silent then"
    assert core.take({}, BORN + 29.9) == []
    (alarm,) = core.take({}, BORN + 30.0)
    assert alarm == Alarm("home.A-1.silent", 3, True, "alarm device silent: state unknown")
    assert core.due["A-1"] == inf
    revision = core.revision
    core.take({}, BORN + 99.0)
    assert core.revision == revision


def test_an_area_of_which_nobody_may_know_is_told_again_once_and_a_new_one_has_this_boots_name() -> None:
    core = homes(Kept(3, (KeptArea("area-old-3", ("A-1",), 1, False),)))
    assert [each.decision for each in core.take({}, BORN) if isinstance(each, Decided)] == ["area_flood"]
    assert core.take({}, BORN + 0.1) == []
    assert (core.areas.boot, core.areas.episode) == ("abcdef0123456789", 3)


def test_an_alarm_of_a_home_that_is_gone_is_ended_in_words() -> None:
    kept = {"A-1": KeptHome(tamper=True)}
    core = homes(Kept(homes=kept, alarms={"home.B-2.wet_2": 2, "home.A-1.tamper": 3}))
    said_first = core.take({}, BORN)
    assert said_first[0] == Alarm("home.B-2.wet_2", 2, False, "the home is no longer watched")
    assert core.alarms.active == {"home.A-1.tamper": 3}
    assert not core.fresh


def confirmed(home: Home = ONE, source: RainSource | None = None, **points: float) -> Homes:
    core = homes(home=home, rain=source)
    for count, at in ((1, BORN), (2, BORN + 1.0)):
        core.take(said(count, **points), at)
    return core


def test_who_asks_is_answered_once_for_each_word() -> None:
    core = confirmed(low=1.0, asks=1.0)
    reply = Reply("A-1", "low", 2, 12.0, True)
    assert core.replies() == [reply]
    core.replied(reply)
    state = core.states["A-1"]
    assert (state.answered, state.told_s, state.answers, core.due["A-1"]) == (2, 12.0, 1, BORN)
    assert core.replies() == []
    core.take(said(3, low=1.0, asks=1.0), BORN + 2.0)
    assert [each.count for each in core.replies()] == [3]
    core.take(said(4, low=0.0, asks=1.0), BORN + 3.0)
    assert core.replies() == [], "what it says now is not confirmed"
    assert confirmed().replies() == [], "nobody asks"
    assert homes().replies() == []


def test_a_heartbeat_is_told_where_there_are_two_and_when_it_has_changed() -> None:
    core = confirmed(SLOW, RAIN, rain=0.0)
    reply = Reply("A-1", "low", 2, 21_600.0, False)
    assert core.replies() == [reply]
    core.replied(reply)
    assert core.states["A-1"].answers == 0
    core.take(said(3, rain=0.0), BORN + 2.0)
    assert core.replies() == []
    revision = core.revision
    core.take(said(4, rain=1.0), BORN + 3.0)
    assert core.revision == revision + 1, "a warning is kept"
    assert core.replies() == [replace(reply, count=4, heartbeat_s=3_600.0)]
    assert core.states["A-1"].heard_until == BORN + 3.0 + MISSED * 3_600.0
    assert confirmed(ONE, RAIN, rain=1.0).interval_s(ONE) == 12.0


@pytest.mark.parametrize(("points", "news"), [({"tamper": 1.0}, 1), ({"tamper": 0.0}, 0), ({"low": 1.0}, 0)])
def test_what_is_kept_and_changes_must_be_saved(points: dict[str, float], news: int) -> None:
    core = confirmed()
    revision = core.revision
    core.take(said(3, **points), BORN + 2.0)
    assert core.revision == revision + news


TWO = (ONE, replace(ONE, name="A-2", point_2="low2", point_15="high2"))


def both(count: int, low: float, low2: float, **points: float) -> dict[str, Sample]:
    more = {"low2": Sample(low2, count), "high2": Sample(0.0, count)}
    return said(count, low=low, **points) | more


def test_one_that_has_nothing_to_hear_does_not_keep_the_next_from_it() -> None:
    core = Homes(TWO, "abcdef0123456789", BORN)
    for count, at in ((1, BORN), (2, BORN + 1.0)):
        core.take(both(count, 0.0, 1.0, asks=1.0), at)
    core.states["A-1"].asks = None
    assert [each.home for each in core.replies()] == ["A-2"]
    core.states["A-1"].answered = core.states["A-1"].count
    assert [each.home for each in core.replies()] == ["A-2"]


def test_who_is_found_dry_beside_a_flooded_area_does_not_join_it() -> None:
    kept = Kept(1, (KeptArea("area-1", ("A-1",), 1, True),), {"A-1": KeptHome(Wet.WET_2)})
    core = Homes(TWO, "abcdef0123456789", BORN, kept)
    for count, at in ((1, BORN), (2, BORN + 1.0)):
        core.take(both(count, 1.0, 0.0), at)
    assert core.states["A-2"].stage is Wet.DRY
    assert core.areas.open[0].homes == ["A-1"]
