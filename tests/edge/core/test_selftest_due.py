"""When a self-test is due, how far it has come, and what is reported of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge.core.lit import DAY_S, HOUR_S, NOON, PLAN, TESTED, pour, ready
from edge.core.orders import make_due
from edge.core.people import order
from edge.core.plant import SITE

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.bucket import Bucket
from sotdae_edge.core.effects import Answer
from sotdae_edge.core.pulse import Pulse
from sotdae_edge.core.selftest import SelfTests, advance, calm, caution
from sotdae_edge.core.site import Approach


@pytest.mark.parametrize(
    ("age_days", "hour", "begins"),
    [
        (0.5, 3, True),
        (0.49, 3, False),
        (1.4, 2, False),
        (1.4, 4, False),
        (1.49, 12, False),
        (1.5, 12, True),
        (0.99, None, False),
        (1.0, None, True),
    ],
)
def test_the_daily_test_is_due_at_its_hour_or_by_age(age_days: float, hour: int | None, begins: bool) -> None:
    story = ready()
    make_due(story, 2.0 * DAY_S - age_days * DAY_S)
    if hour is not None:
        story.tell(NOON + timedelta(hours=hour - 12, minutes=30))
    else:
        story.scan()
    assert (story.gate.selftests.pulse is not None) is begins


@pytest.mark.parametrize(
    ("told_until", "due_h"),
    [(float("-inf"), (24.0,)), (float("inf"), (12.0, 15.0, 36.0, 39.0))],
    ids=["by age alone", "at three in the night, told at noon"],
)
def test_when_the_daily_test_may_begin_is_told(told_until: float, due_h: tuple[float, ...]) -> None:
    story = ready()
    tests, born = story.gate.selftests, story.gate.born
    tests.ages.hear(NOON.timestamp(), born)
    tests.ages.told_until = told_until
    found, at = [], story.now
    while (due := tests.next_deadline(PLAN, at)) is not None and due < born + 1.9 * DAY_S:
        found.append((due - born) / HOUR_S)
        at = due
    assert found == pytest.approx(due_h)


def test_a_daily_test_that_failed_is_begun_anew_after_six_hours_and_an_ordered_one_is_not() -> None:
    story = ready(broken={"flasher_on": False})
    story.test("lamps")
    story.run(8.0)
    assert story.gate.selftests.retry_at == float("-inf")
    make_due(story)
    story.run(8.0)
    retry_at = story.gate.selftests.retry_at
    assert story.now - 8.0 < retry_at - 6.0 * HOUR_S < story.now
    assert story.gate.selftests.next_deadline(None, story.now) == retry_at
    for at, begun in ((retry_at - 0.1, False), (retry_at, True)):
        story.now = at
        story.scan()
        story.scan()
        assert (story.gate.selftests.pulse is not None) is begun


def test_a_report_says_all_that_was_seen() -> None:
    story = ready()
    story.test("lamps", id="c-9")
    story.effects.clear()
    story.run(8.0)
    (report,) = [e for e in story.effects if isinstance(e, Answer)]
    assert (report.report, report.re) == ("selftest", "c-9")
    assert report.data == {
        "test": "lamps", "result": "passed", "passed": True, "by": "kim", "order": "c-9",
        "lit": ["sign_closed", "flasher_on"], "mains": True,
        "channels": {"radar": 1, "pressure": 1, "float": 1},
    }  # fmt: skip
    story.test("channel:radar", id="c-10")
    story.run(2.0)
    story.effects.clear()
    for cm in (12.345, 0.0):
        pour(story, cm)
    (report,) = [e for e in story.effects if isinstance(e, Answer)]
    assert report.data == {
        "test": "wet.radar", "result": "passed", "passed": True, "by": "kim", "order": "c-10",
        "peak_cm": 12.35,
    }  # fmt: skip
    assert [(e.decision, e.command) for e in story.decided] == [("selftest", "c-10")]


def test_a_test_that_was_broken_off_is_reported_without_a_verdict() -> None:
    story = ready()
    story.test("siren", id="c-9")
    story.plant.key = True
    story.effects.clear()
    story.run(1.0)
    (report,) = [e for e in story.effects if isinstance(e, Answer)]
    assert report.data == {
        "test": "siren", "result": "broken off", "passed": None, "by": "kim", "order": "c-9",
    }  # fmt: skip
    assert story.gate.selftests.retry_at == pytest.approx(story.now + 6.0 * HOUR_S, abs=1.5)


def test_a_stroke_is_reported_but_its_step_is_the_record() -> None:
    story = ready()
    story.close()
    assert [e.decision for e in story.decided if e.decision == "selftest"] == []
    (report,) = [e for e in story.effects if isinstance(e, Answer)]
    assert report == Answer(
        "selftest", "", {"test": "stroke", "result": "passed", "passed": True, "by": "", "order": ""}
    )


def test_a_stroke_takes_no_longer_than_the_time_of_travel() -> None:
    for late_s, counts in ((0.0, True), (0.2, False)):
        story = ready()
        story.plant.key = True
        story.run(0.4)
        opened = story.gate.selftests.strokes[""]
        assert opened == pytest.approx(story.now - 0.2 + SITE.times.travel)
        story.plant.arm, story.now = "closed", opened + late_s
        story.scan()
        assert bool(story.results) is counts
        assert story.gate.selftests.strokes == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [("trips", ["a cause"]), ("incident", "an incident"), ("stage", "unknown"), ("stage", "caution")],
)
def test_calm_is_an_open_gate_of_which_all_is_known_and_nothing_is_latched(field: str, value: Any) -> None:
    story = ready()
    assert calm(story.gate, story.now)
    story.gate.caution_until = story.now + 0.1
    assert not calm(story.gate, story.now)
    assert calm(story.gate, story.now + 0.1)
    setattr(story.gate, field, value)
    assert not calm(story.gate, story.now + 0.1)


def test_a_bucket_is_announced_in_these_words() -> None:
    story = ready()
    story.test("channel:pressure", target="bypass", lasts_s=HOUR_S)
    story.test("channel:radar")
    words = "one vote trips: the bucket will close the gate unless the channel is bypassed"
    assert story.decided[-1].because == ("test of channel:radar by kim", words)
    story.test("siren")
    assert story.decided[-1].because == ("test of siren by kim",)
    assert story.gate.selftests.running() == {"channel:radar", "siren"}
    assert story.gate.selftests.buckets["radar"].until == pytest.approx(story.now + 600.0)


def test_a_test_under_way_waits_for_its_two_moments() -> None:
    tests = SelfTests(pulse=Pulse("lamps", "", "", 3.0, 5.0), buckets={"radar": Bucket("kim", "c-1", 4.0)})
    assert [tests.next_deadline(None, now) for now in (0.0, 3.0, 4.0, 5.0)] == [3.0, 4.0, 5.0, None]


def test_a_failed_test_says_why() -> None:
    tests = SelfTests(failed={"siren": "not seen lit: siren_on"})
    words = "self-test siren: not seen lit: siren_on"
    assert list(tests.conditions(0.0)) == [Condition("selftest.failed.siren", 2, True, words)]


def test_only_a_test_pours_water() -> None:
    story = ready()
    story.test("channel:pressure", target="bypass", lasts_s=HOUR_S)
    for target, told in (("test", 1), ("bypass", 0), ("restore", 0)):
        assert len(caution(story.gate, order(target, actuator="channel:radar"), story.now)) == told


def test_two_tests_that_end_at_once_are_both_reported() -> None:
    story = ready()
    tests = story.gate.selftests
    tests.pulse = Pulse("siren", "kim", "c-1", story.now, story.now)
    tests.buckets = {name: Bucket("lee", "c-2", story.now) for name in ("radar", "pressure")}
    said = [each.data for each in advance(story.gate, story.now) if isinstance(each, Answer)]
    assert [(each["test"], each["by"], each["order"]) for each in said] == [
        ("siren", "kim", "c-1"),
        ("wet.radar", "lee", "c-2"),
        ("wet.pressure", "lee", "c-2"),
    ]
    assert tests.failed["wet.radar"] == "never seen dry"
    words = "self-test wet.radar: never seen dry"
    assert Condition("selftest.failed.wet.radar", 2, True, words) in tests.conditions(story.now)


def test_the_strokes_of_two_arms_are_both_reported() -> None:
    ways = (Approach("north"), Approach("south"))
    story = ready(site=replace(TESTED, approaches=ways))
    story.plant.key = True
    story.run(0.4)
    story.plant.arm = "closed"
    said = [each.data["test"] for each in story.scan() if isinstance(each, Answer)]
    assert said == ["stroke.north", "stroke.south"]


def test_a_test_that_nobody_ordered_names_nobody() -> None:
    story = ready()
    make_due(story)
    story.scan()
    pulse = story.gate.selftests.pulse
    assert pulse is not None
    assert (pulse.test, pulse.by, pulse.order) == ("lamps", "", "")
    assert (pulse.dark_at, pulse.until) == (story.now + 2.0, story.now + 4.0)
    story.effects.clear()
    story.run(3.0)
    (report,) = [e for e in story.effects if isinstance(e, Answer)]
    assert (report.re, report.data["by"], report.data["order"]) == ("", "", "")
    assert [e.command for e in story.decided] == [None]


@pytest.mark.parametrize("why", ["wet", "silent", "car"])
def test_none_is_begun_by_the_gate_unless_it_is_calm_heard_and_free(why: str) -> None:
    story = ready()
    make_due(story)
    if why == "wet":
        story.gate.caution_until = story.now + 9.0
    elif why == "silent":
        story.gate.approaches[0].arm.fresh_until = story.now
    else:
        story.gate.approaches[0].lane.witnesses[0].occupied = True
    advance(story.gate, story.now)
    assert story.gate.selftests.pulse is None


@pytest.mark.parametrize(("wait_s", "begins"), [(0.1, False), (0.0, True)])
def test_a_daily_test_waits_for_its_next_try(wait_s: float, begins: bool) -> None:
    story = ready()
    tests = story.gate.selftests
    tests.ages.of["lamps"].due = story.now
    tests.retry_at = story.now + wait_s
    advance(story.gate, story.now)
    assert (tests.pulse is not None) is begins
