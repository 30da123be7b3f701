"""How old a self-test is: over restarts, with and without a clock, and in the words of its alarm."""

from dataclasses import replace

import pytest
from edge.core.plant import SITE

from sotdae_edge.core.ages import DAY_S, HOUR_S, OLDEST_S, Age, Ages, Kept, fresh, periods
from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.site import Approach, SelfTestPlan

NOW, NAN, INF = 1000.0, float("nan"), float("inf")
TESTED = replace(SITE, channels=SITE.channels[:1], selftest=SelfTestPlan())
NEW = Kept(0.0, False, True)


def recalled(kept: dict[str, Kept], wall_s: float | None = None) -> Ages:
    return Ages.recall(TESTED, kept, wall_s, NOW)


def test_each_test_has_its_period() -> None:
    both = replace(TESTED, approaches=(Approach("north"), Approach("south")))
    assert periods(SITE) == {}
    assert periods(both) == {
        "lamps": 48.0 * HOUR_S,
        "stroke.north": 35.0 * DAY_S,
        "stroke.south": 35.0 * DAY_S,
        "wet.radar": 180.0 * DAY_S,
    }


def test_what_was_never_kept_begins_now() -> None:
    ages = recalled({})
    assert (ages.born, ages.kept_wall_s, ages.offset_s) == (NOW, None, None)
    assert ages.of == {name: Age(NOW + period_s) for name, period_s in ages.periods.items()}
    assert [ages.age_s(name, NOW + 5.0) for name in ages.of] == [5.0] * 3
    assert ages.keep(NOW) == dict.fromkeys(ages.of, NEW)
    assert ages.keep(NOW - 1.0) == dict.fromkeys(ages.of, NEW), "never younger than new"


def test_what_was_kept_goes_on_and_is_whole_only_if_the_time_without_power_can_be_known() -> None:
    kept = {"lamps": Kept(60.0, True, True), "stroke": Kept(70.0, True, False), "other": NEW}
    with_clock, without = recalled(kept, 5e8), recalled(kept)
    assert (with_clock.kept_wall_s, without.kept_wall_s) == (5e8, None)
    assert recalled({}, 5e8).kept_wall_s is None, "nothing is older than this boot"
    for ages in (with_clock, without):
        assert [ages.age_s(name, NOW) for name in ("lamps", "stroke", "wet.radar")] == [60.0, 70.0, 0.0]
        assert [ages.of[name].passed for name in ages.of] == [True, True, False]
        assert "other" not in ages.of
    assert [age.whole for age in with_clock.of.values()] == [True, False, True]
    assert [age.whole for age in without.of.values()] == [False, False, True]
    assert recalled({"lamps": Kept(1e300, True, True)}).age_s("lamps", NOW) == OLDEST_S


def test_until_the_time_without_power_is_known_only_what_was_passed_since_is_whole() -> None:
    ages = recalled({"lamps": Kept(60.0, True, True), "stroke": Kept(60.0, True, True)}, 5e8)
    ages.note("lamps", NOW)
    kept = ages.keep(NOW + 5.0)
    assert kept == {
        "lamps": Kept(5.0, True, True),
        "stroke": Kept(65.0, True, False),
        "wet.radar": Kept(5.0, False, False),
    }
    ages.hear(5e8, NOW)
    assert all(each.whole for each in ages.keep(NOW).values())


def test_the_first_word_of_a_clock_adds_the_time_without_power_once() -> None:
    ages = recalled({"lamps": Kept(60.0, True, True), "stroke": Kept(60.0, True, True)}, 5e8)
    ages.note("lamps", NOW + 10.0)
    ages.hear(5e8 + 500.0 + 20.0, NOW + 20.0)
    assert ages.kept_wall_s is None
    assert ages.age_s("stroke", NOW + 20.0) == pytest.approx(60.0 + 500.0 + 20.0)
    assert ages.age_s("wet.radar", NOW + 20.0) == pytest.approx(500.0 + 20.0)
    assert ages.age_s("lamps", NOW + 20.0) == pytest.approx(10.0), "passed since"
    ages.hear(9e9, NOW + 30.0)
    assert ages.age_s("stroke", NOW + 20.0) == pytest.approx(60.0 + 500.0 + 20.0)


@pytest.mark.parametrize(
    ("off_s", "added_s", "whole"),
    [(0.0, 0.0, True), (-5.0, 0.0, False), (1e300, OLDEST_S, True), (7.0, 7.0, True)],
)
def test_a_clock_that_went_back_adds_nothing_and_leaves_a_doubt(
    off_s: float, added_s: float, whole: bool
) -> None:
    ages = recalled({"lamps": Kept(60.0, True, True)}, 5e8)
    ages.hear(5e8 + off_s, NOW)
    assert ages.age_s("lamps", NOW) == pytest.approx(60.0 + added_s)
    assert ages.of["lamps"].whole is whole
    doubtful = recalled({"lamps": Kept(60.0, True, False)}, 5e8)
    doubtful.hear(5e8 + off_s, NOW)
    assert not doubtful.of["lamps"].whole


def test_the_wall_clock_is_known_for_three_minutes_after_its_last_word() -> None:
    ages = recalled({})
    assert ages.wall_s(NOW) is None
    for bad in (NAN, INF, -INF):
        ages.hear(bad, NOW)
        assert ages.wall_s(NOW) is None
    ages.hear(5e8, NOW)
    assert ages.wall_s(NOW + 179.0) == 5e8 + 179.0
    assert ages.next_deadline(NOW) == NOW + 180.0
    assert ages.wall_s(NOW + 180.0) is None
    assert ages.next_deadline(NOW + 180.0) == ages.of["lamps"].due


def test_a_pass_is_noted_where_there_is_a_period() -> None:
    ages = recalled({"lamps": Kept(60.0, False, False)})
    ages.note("lamps", NOW + 3.0)
    ages.note("siren", NOW + 3.0)
    assert ages.of["lamps"] == Age(NOW + 3.0 + 48.0 * HOUR_S, passed=True, whole=True)
    assert "siren" not in ages.of


@pytest.mark.parametrize(
    ("age", "waits", "words"),
    [
        (Age(NOW, passed=False), False, "never passed since commissioning, 48 h"),
        (Age(NOW, passed=True), False, "not passed for 48 h"),
        (Age(NOW, passed=True, whole=False), False, "not passed for at least 48 h"),
        (Age(NOW, passed=True), True, "not passed for at least 48 h"),
        (Age(NOW - DAY_S, passed=True), False, "not passed for 3 d"),
        (Age(NOW - DAY_S + 1.0, passed=True), False, "not passed for 72 h"),
        (Age(NOW - 3.0 * DAY_S, passed=False), False, "never passed since commissioning, 5 d"),
    ],
)
def test_what_is_overdue_says_for_how_long(age: Age, waits: bool, words: str) -> None:
    ages = recalled({})
    ages.of = {"lamps": age, "stroke": Age(NOW + 1.0)}
    ages.kept_wall_s = 5e8 if waits else None
    assert list(ages.overdue(NOW)) == [Condition("selftest.lamps", 3, True, f"self-test lamps: {words}")]
    ages.of = {"stroke": Age(NOW + 1.0), "lamps": age}
    assert len(list(ages.overdue(NOW))) == 1
    assert list(ages.overdue(age.due - 0.1)) == []
    assert ages.next_deadline(NOW) == NOW + 1.0


def test_a_site_without_a_plan_has_no_ages() -> None:
    assert (fresh().keep(NOW), list(fresh().overdue(NOW)), fresh().next_deadline(NOW)) == ({}, [], None)
    assert fresh().periods == fresh().of == {}
