"""Self-tests: what they light and see, that a hazard comes first, and that what is overdue is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge.core.lit import DAY_S, HOUR_S, KST, NOON, PLAN, TESTED, Lit, pour, ready
from edge.core.plant import SITE

from sotdae_edge.core.effects import Alarm, Answer, Decided, Drive, Effect, Motion, Warn
from sotdae_edge.core.events import ClockTold
from sotdae_edge.record.snapshot import restore, snapshot


def shown(effects: list[Effect]) -> list[tuple[bool, bool]]:
    """Return the warnings asked for, each as closed and siren, without repetition."""
    found: list[tuple[bool, bool]] = []
    for e in effects:
        if isinstance(e, Warn) and (not found or found[-1] != (e.closed, e.siren)):
            found.append((e.closed, e.siren))
    return found


def test_a_day_old_lamp_test_is_done_silently_and_without_motion() -> None:
    story = ready()
    story.now += DAY_S - 2.0
    effects = story.run(10.0)
    assert shown(effects) == [(False, False), (True, False), (False, False)]
    assert story.results == [("lamps", "passed")]
    assert not any(isinstance(e, Drive) for e in effects)
    assert not any(isinstance(e, Alarm) and e.code.startswith("warning") for e in effects)
    (record,) = [e for e in effects if isinstance(e, Decided)]
    assert (record.decision, record.state, record.because) == ("selftest", "open", ("lamps passed",))
    effects = story.run(10.0)
    assert shown(effects) == [(False, False)], "once a day"


def test_the_gate_asks_to_be_called_when_a_test_is_due() -> None:
    story = ready()
    tests, born = story.gate.selftests, story.gate.born
    assert tests.next_deadline(PLAN, story.now) == pytest.approx(born + DAY_S)
    assert tests.next_deadline(PLAN, born + DAY_S) == pytest.approx(born + 2.0 * DAY_S), "overdue"
    assert tests.next_deadline(None, story.now) == pytest.approx(born + 2.0 * DAY_S)


def test_the_lamps_are_lit_for_two_seconds() -> None:
    story = ready()
    story.now += DAY_S
    story.run(1.9)
    assert story.warned == Warn(True, False, False)
    story.run(0.4)
    assert story.warned == Warn(False, False, False)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"flasher_on": False}, "not seen lit: flasher_on"),
        ({"sign_closed": True}, "not seen dark again: sign_closed"),
    ],
)
def test_a_broken_lamp_fails_until_it_is_seen_sound(broken: dict[str, bool], why: str) -> None:
    story = ready(broken=broken)
    story.now += DAY_S
    story.run(10.0)
    assert story.results == [("lamps", f"failed: {why}")]
    assert story.alarms["selftest.failed.lamps"] == 2
    story.broken = {}
    story.age_by(6.0 * HOUR_S)
    story.run(10.0)
    assert story.results[-1] == ("lamps", "passed")
    assert "selftest.failed.lamps" not in story.alarms


def test_a_lamp_that_nobody_reads_back_has_not_passed() -> None:
    story = ready()
    story.now += DAY_S
    story.run(10.0, flasher_on=None)
    assert story.results == [("lamps", "failed: not seen lit: flasher_on")]


@pytest.mark.parametrize(("at_s", "result"), [(0.2, "broken off"), (0.6, "broken off"), (1.0, "passed")])
def test_a_hazard_breaks_a_test_off_at_once_and_is_not_delayed(at_s: float, result: str) -> None:
    story, plain = ready(), Lit(site=replace(TESTED, selftest=None))
    plain.run(1.0)
    steps, after = [], []
    for each in (story, plain):
        each.now += DAY_S
        each.run(at_s)
        assert (each.gate.selftests.pulse is not None) == (each is story)
        each.plant.water(20.0)
        each.effects.clear()
        began = each.now
        each.run(3.0)
        each.run(6.0)
        steps.append([(e.decision, e.state) for e in each.decided if e.decision != "selftest"])
        assert each.gate.state == "lowering"
        after.append(each.gate.approaches[0].entered - began)
    assert steps[0] == steps[1]
    assert after[0] == pytest.approx(after[1]), "as soon as without a test"
    assert story.results == [("lamps", result)]
    assert story.warned == plain.warned
    assert not story.gate.selftests.failed, "a test that was broken off says nothing of the lamps"


@pytest.mark.parametrize("why", ["water", "key", "car", "silent", "caution after opening"])
def test_none_begins_unless_all_is_calm(why: str) -> None:
    story = ready()
    story.run(2.0)
    match why:
        case "water":
            story.plant.water(6.0)
        case "key":
            story.plant.key = True
        case "car":
            story.plant.loop = True
        case "caution after opening":
            story.gate.caution_until = story.now + 2.0 * DAY_S
            story.gate.resting = None  # behind its back
    story.run(2.0)
    story.now += DAY_S
    if why == "silent":
        story.wait(30.0)
    else:
        story.run(30.0)
    assert not [test for test, _ in story.results if test == "lamps"]
    assert story.gate.selftests.pulse is None


def test_with_a_trusted_clock_it_waits_for_its_hour() -> None:
    story = ready()
    for hours in range(12, 27):
        story.now += HOUR_S
        story.tell(NOON + timedelta(hours=hours - 11))
        story.run(5.0)
        wall = NOON + timedelta(hours=hours - 11) + KST
        assert bool(story.results) == (wall.hour >= PLAN.hour and wall.day == 16), wall
        if story.results:
            break
    assert wall.hour == PLAN.hour


def test_an_hour_that_was_missed_is_made_up_for_after_a_day_and_a_half() -> None:
    story = ready()
    story.now += 1.5 * DAY_S - 10.0
    story.tell(NOON)
    story.run(5.0)
    assert not story.results
    story.run(20.0)
    assert story.results == [("lamps", "passed")]


@pytest.mark.parametrize(("actuator", "lit"), [("lamps", (True, False)), ("siren", (False, True))])
def test_an_ordered_test_lasts_three_seconds_and_reports(actuator: str, lit: tuple[bool, bool]) -> None:
    story = ready(site=SITE)
    assert story.test(actuator) == ("accepted", f"test of {actuator} by kim")
    story.effects.clear()
    story.run(2.8)
    assert story.warned is not None
    assert (story.warned.closed, story.warned.siren) == lit
    story.run(4.0)
    (report,) = [e for e in story.effects if isinstance(e, Answer)]
    assert (report.report, report.re) == ("selftest", "c-1")
    assert report.data["passed"] is True
    assert report.data["by"] == "kim"
    assert report.data["mains"] is True
    (record,) = story.decided
    assert (record.command, record.because) == ("c-1", (f"{actuator} passed",))
    assert shown(story.effects)[-1] == (False, False)


def test_lamps_under_test_are_judged_by_their_test_alone() -> None:
    story = ready(broken={"flasher_on": False})
    story.run(4.0)
    story.test("lamps")
    story.run(8.0)
    assert story.results == [("lamps", "failed: not seen lit: flasher_on")]
    assert not any(isinstance(e, Alarm) and e.code.startswith("warning") for e in story.effects)


def test_a_dead_siren_is_told() -> None:
    story = ready(broken={"siren_on": False})
    story.test("siren")
    story.run(8.0)
    assert story.results == [("siren", "failed: not seen lit: siren_on")]
    assert story.alarms["selftest.failed.siren"] == 2


@pytest.mark.parametrize(
    ("reason", "actuator", "prepare"),
    [
        ("unknown actuator barrier", "barrier", lambda s: None),
        ("unknown actuator channel:sonar", "channel:sonar", lambda s: None),
        ("test: another one", "siren", lambda s: s.test("lamps")),
        ("test: another one", "channel:radar", lambda s: s.test("channel:radar")),
        ("test: only while", "lamps", lambda s: (s.plant.water(6.0), s.run(2.0))),
        ("test: only while", "channel:radar", lambda s: (s.plant.water(20.0), s.run(2.0))),
    ],
)
def test_a_test_out_of_place_is_refused(reason: str, actuator: str, prepare: Any) -> None:
    story = ready()
    prepare(story)
    verdict, because = story.test(actuator)
    assert verdict == "refused"
    assert because.startswith(reason)


def test_a_full_stroke_counts_whoever_made_it() -> None:
    story = ready()
    story.gate.selftests.ages.of["stroke"].due = story.now + 5.0
    story.run(6.0)
    assert story.alarms["selftest.stroke"] == 3
    story.close()
    story.run(1.0)
    assert story.results == [("stroke", "passed")]
    assert "selftest.stroke" not in story.alarms
    assert story.gate.selftests.ages.of["stroke"].passed


def test_a_stroke_by_key_counts_and_a_crawl_does_not() -> None:
    story = ready()
    story.plant.key = True
    story.run(1.0)
    story.plant.arm = "mid"
    story.run(26.0)
    story.plant.arm = "closed"
    story.run(1.0)
    assert not story.results, "it took longer than the time of travel"
    story.plant.arm = "open"
    story.run(1.0)
    story.plant.arm = "mid"
    story.run(8.0)
    story.plant.arm = "closed"
    story.run(1.0)
    assert story.results == [("stroke", "passed")]


def test_no_test_ever_moves_an_arm() -> None:
    story = ready()
    for name in story.gate.selftests.ages.of:
        story.gate.selftests.ages.of[name].due = story.now
    story.test("siren")
    effects = story.run(20.0)
    assert not [e for e in effects if isinstance(e, Drive) and e.motion is not Motion.STOP]
    assert story.gate.state == "open"


def test_a_bucket_proves_a_channel_which_goes_on_voting() -> None:
    story = ready()
    assert story.test("channel:radar") == ("accepted", "test of channel:radar by kim")
    story.run(2.0)
    pour(story, 12.0)
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3"
    pour(story, 18.0)
    assert story.gate.incident is None, "one of three does not trip"
    pour(story, 0.0)
    assert story.results == [("wet.radar", "passed")]
    assert story.gate.selftests.ages.of["wet.radar"].passed
    assert not story.gate.selftests.buckets


def test_a_bucket_at_the_caution_level_is_wet_enough() -> None:
    story = ready()
    story.test("channel:radar")
    story.run(2.0)
    for cm in (5.0, 0.0):
        pour(story, cm)
    assert story.results == [("wet.radar", "passed")]


def test_a_wet_test_ends_at_its_own_deadline() -> None:
    story = ready()
    story.test("channel:radar")
    story.wait(600.0)
    assert story.results == [("wet.radar", "failed: never saw the water")]


@pytest.mark.parametrize(("bypassed", "trips"), [(None, False), ("pressure", True), ("radar", False)])
def test_a_bucket_that_would_close_the_gate_is_announced(bypassed: str | None, trips: bool) -> None:
    story = ready()
    if bypassed is not None:
        story.test(f"channel:{bypassed}", target="bypass", lasts_s=HOUR_S)
    assert story.test("channel:radar")[0] == "accepted"
    assert len(story.decided[-1].because) == 1 + trips
    story.run(2.0)
    pour(story, 20.0)
    assert (story.gate.incident is not None) == trips
    pour(story, 0.0)
    assert ("wet.radar", "passed") in story.results


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        ((0.0,), "never saw the water"),
        ((0.0, 4.0, 0.0), "never saw the water"),
        ((0.0, 12.0), "not seen dry again"),
        ((4.0, 12.0, 4.0), "never seen dry"),
        ((None,), "never seen dry"),
    ],
)
def test_a_wet_test_without_all_three_fails(levels: tuple[float | None, ...], why: str) -> None:
    story = ready()
    story.plant.radar = levels[0]
    story.run(1.0)
    story.test("channel:radar")
    for cm in levels:
        story.plant.radar = cm
        story.run(5.0)
    story.run(600.0, every=0.75)
    assert story.results == [("wet.radar", f"failed: {why}")]
    assert story.alarms["selftest.failed.wet.radar"] == 2


def test_never_tested_is_due_within_its_period_from_the_first_start() -> None:
    story = ready()
    assert not [code for code in story.alarms if code.startswith("selftest")]
    story.age_by(35.0 * DAY_S)
    story.run(3.0)
    (told,) = [e for e in story.effects if isinstance(e, Alarm) and e.code == "selftest.stroke"]
    assert told.priority == 3
    assert told.text == "self-test stroke: never passed since commissioning, 35 d"
    story.age_by(145.0 * DAY_S)
    assert {code for code in story.alarms if "wet" in code} == {
        f"selftest.wet.{name}" for name in ("radar", "pressure", "float")
    }


def aged(story: Lit) -> Lit:
    """Let thirty days pass in which the memento is saved."""
    story.now += 30.0 * DAY_S
    story.run(1.0)
    return story


@pytest.mark.parametrize(
    ("off_days", "told"), [(None, "at least 36 d"), (10.0, "40 d"), (-3000.0, "at least 36 d")]
)
def test_ages_survive_a_restart(off_days: float | None, told: str) -> None:
    """Running time counts; time without power only if a trusted clock stood at both its ends."""
    story = ready()
    story.tell(NOON)
    story.now += 30.0 * DAY_S
    story.tell(NOON + timedelta(days=30))
    story.run(1.0)
    story.now += 600.0
    story.tell(NOON + timedelta(days=30, seconds=600))
    story.run(1.0)
    story.restart()
    story.effects.clear()
    story.run(1.0)
    if off_days is not None:
        story.tell(NOON + timedelta(days=30 + off_days))
    story.now += 6.0 * DAY_S
    story.run(1.0)
    (alarm,) = [e for e in story.effects if isinstance(e, Alarm) and e.code == "selftest.stroke"]
    assert alarm.text.endswith(f", {told}")


def test_what_was_passed_after_the_start_has_no_unknown_time() -> None:
    story = aged(ready())
    story.restart()
    story.run(1.0)
    story.close()
    story.run(1.0)
    assert story.memento is not None
    ages = story.memento["ages"]
    assert ages["stroke"] == {"age_s": pytest.approx(0.0, abs=2.0), "passed": True, "whole": True}
    assert ages["wet.radar"]["whole"] is False
    assert ages["wet.radar"]["age_s"] == pytest.approx(30.0 * DAY_S, abs=700.0)


def test_a_running_test_survives_a_snapshot() -> None:
    story = ready()
    story.tell(NOON)
    story.test("channel:radar")
    story.test("lamps")
    story.run(1.0)
    again = restore(snapshot(story.gate))
    assert snapshot(again) == snapshot(story.gate)
    assert again.selftests.running() == {"lamps", "channel:radar"}


@pytest.mark.parametrize("wall", [float("inf"), -1e300, 1e300])
def test_a_clock_gone_mad_breaks_nothing(wall: float) -> None:
    story = ready()
    for _ in range(3):
        story.give(ClockTold(wall))
        story.run(1.0)
        story.gate.dirty = True
        story.run(1.0)
        story.restart()
        story.run(1.0)
    assert story.gate.state == "open"
    snapshot(story.gate)
