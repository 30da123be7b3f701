"""The rate-of-rise alarm: one code, whose priority follows the voted rate without chattering."""

import random

import pytest
from edge.core.plant import SCAN_S, Story
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.effects import Alarm
from sotdae_edge.core.rising import FALL_S, GRADES, Rising

PRIORITY = {"attention": 4, "alert": 3, "serious": 2}


def rise(story: Story, rate: float, seconds: float, start_cm: float, noise: float = 0.0) -> list[Alarm]:
    """Let the water rise steadily; return what `water.rate` said."""
    dice, said = random.Random(7), []
    for tick in range(round(seconds / SCAN_S)):
        level = start_cm + rate * tick * SCAN_S / 60
        story.plant.water(level)
        story.plant.radar = level + dice.gauss(0.0, noise)
        story.plant.pressure = level + dice.gauss(0.0, noise)
        said += [e for e in story.run(SCAN_S) if isinstance(e, Alarm) and e.code == "water.rate"]
    return said


@pytest.mark.parametrize(
    ("rate", "priority"), [(0.7, None), (1.3, 4), (4.5, 4), (6.0, 3), (9.0, 3), (12.0, 2), (20.0, 2)]
)
def test_the_priority_follows_the_rate(rate: float, priority: int | None) -> None:
    story = Story()
    rise(story, rate, 40.0, 3.2)
    assert story.alarms.get("water.rate") == priority


def test_one_code_is_told_again_as_it_grows() -> None:
    story = Story()
    said = rise(story, 2.0, 60.0, 3.0) + rise(story, 7.0, 30.0, 5.0) + rise(story, 15.0, 30.0, 8.5)
    assert [alarm.priority for alarm in said] == [4, 3, 2]
    assert said[-1].text == "serious: the water rises 10 cm/min or more"


def test_shallow_water_has_no_rate() -> None:
    story = Story()
    assert rise(story, 6.0, 25.0, 0.0) == []


def test_one_channel_alone_is_not_believed_unless_it_is_the_only_one_or_the_float_is_wet() -> None:
    for floats, pressure, told in ((0.0, 0.0, False), (6.0, 0.0, True), (None, None, True)):
        story = Story()
        for tick in range(round(30.0 / SCAN_S)):
            story.plant.radar = 3.0 + 12.0 * tick * SCAN_S / 60
            story.plant.floats, story.plant.pressure = floats, pressure
            story.run(SCAN_S)
        assert ("water.rate" in story.alarms) is told, (floats, pressure)


def test_noise_about_a_limit_does_not_chatter() -> None:
    story = Story()
    said = rise(story, 1.0, 600.0, 3.2, noise=0.3)
    assert len(said) <= 3, said


def test_a_pond_that_stands_still_has_no_rate_though_it_is_noisy() -> None:
    story = Story()
    assert rise(story, 0.0, 600.0, 4.0, noise=0.3) == []


def test_it_falls_after_a_minute_of_calm_and_not_before() -> None:
    story = Story()
    rise(story, 12.0, 30.0, 3.2)
    assert story.alarms["water.rate"] == 2
    rise(story, 0.0, FALL_S - 1.0, 9.0)
    assert story.alarms["water.rate"] == 2
    rise(story, 0.0, 20.0, 9.0)
    assert "water.rate" not in story.alarms


def test_a_rate_that_is_no_longer_known_is_not_calm() -> None:
    story = Story()
    rise(story, 12.0, 30.0, 3.2)
    story.plant.radar = story.plant.pressure = story.plant.floats = None
    story.run(3 * FALL_S)
    assert story.alarms["water.rate"] == 2


def test_a_limit_is_kept_with_hysteresis() -> None:
    rising, now = Rising(), 0.0
    for rate, level in ((5.0, 6.0), (4.1, 6.0), (4.1, 2.1)):
        for _ in range(100):
            now += 1.0
            rising.judge(level, rate, now)
        assert rising.grade == 2
    for _ in range(int(FALL_S) + 2):
        now += 1.0
        rising.judge(6.0, 3.9, now)
    assert rising.grade == 1


steps = st.lists(
    st.tuples(
        st.floats(0.1, 100), st.none() | st.floats(-5, 60), st.none() | st.floats(-30, 60)
    ),
    max_size=60,
)  # fmt: skip


@given(steps)
def test_looking_more_often_changes_nothing(taken: list[tuple[float, float | None, float | None]]) -> None:
    """What holds between two looks is the earlier one's word; deadlines are looked at where they fall."""
    seldom, often, now = Rising(), Rising(), 0.0
    level: float | None = None
    rate: float | None = None
    for pause_s, next_level, next_rate in taken:
        for each, extra in ((seldom, ()), (often, (0.3, 0.7))):
            looks = [now + part * pause_s for part in extra]
            at: float | None = now
            while (at := each.next_deadline(at)) is not None and at < now + pause_s:
                looks.append(at)
                each.judge(level, rate, at)
            for look in sorted(looks):
                each.judge(level, rate, look)
        now += pause_s
        level, rate = next_level, next_rate
        seldom.judge(level, rate, now)
        often.judge(level, rate, now)
        assert seldom.grade == often.grade
        assert 0 <= seldom.grade <= len(GRADES)


def test_a_short_burst_is_no_rise() -> None:
    rising = Rising()
    rising.judge(6.0, 20.0, 0.0)
    rising.judge(6.0, 20.0, 2.9)
    rising.judge(6.0, 0.0, 3.0)
    assert rising.grade == 0


def judged(*steps: tuple[float, float | None]) -> int:
    """Let rates hold over 6 cm of water, each until a moment; return the grade in force then."""
    rising, now = Rising(), 0.0
    for until, rate in steps:
        while now < until:
            rising.judge(6.0, rate, now)
            now += 0.5
    return rising.grade


def test_a_grade_ends_after_a_minute_below_its_limit_counted_without_a_break() -> None:
    assert judged((10.0, 6.0), (70.0, 0.0)) == 2
    assert judged((10.0, 6.0), (70.6, 0.0)) == 0
    assert judged((10.0, 6.0), (40.0, 0.0), (41.0, 4.5), (100.0, 0.0)) == 2, "it rose again"
    assert judged((10.0, 6.0), (40.0, 0.0), (41.0, None), (100.0, 0.0)) == 2, "unknown is not calm"
    assert judged((90.0, 4.5), (100.0, 0.0)) == 1, "calm counts from when it is calm"
    assert judged((10.0, 6.0), (70.6, 2.0)) == 1, "it falls as far as its rate"
    assert judged((10.0, 6.0), (71.0, 0.9), (130.0, 0.0)) == 1
    assert judged((10.0, 6.0), (71.0, 0.9), (132.0, 0.0)) == 0
    assert judged((10.0, 12.0), (70.5, 4.5), (100.0, 0.0)) == 2, "and for each grade it takes a minute"


def test_a_rise_that_pauses_is_counted_afresh() -> None:
    assert judged((2.0, 20.0), (3.0, 0.0), (5.0, 20.0)) == 0
    assert judged((2.0, 20.0), (3.0, 0.0), (6.6, 20.0)) == 3
    assert judged((3.0, 20.0), (3.5, None), (6.0, 20.0)) == 0, "nor does an unknown rate count"


@pytest.mark.parametrize(
    ("level_cm", "rate", "grade"),
    [(3.0, 5.0, 2), (2.9, 5.0, 0), (3.0, 1.0, 1), (3.0, 0.9, 0), (3.0, 10.0, 3)],
)
def test_a_grade_begins_at_its_depth_and_at_its_rate(level_cm: float, rate: float, grade: int) -> None:
    rising = Rising()
    for now in (0.0, 20.0):
        rising.judge(level_cm, rate, now)
    assert rising.grade == grade


def test_an_alarm_names_its_grade_and_its_rate() -> None:
    rising = Rising()
    assert rising.conditions() == []
    for rising.grade, words in enumerate(
        (
            "attention: the water rises 1 cm/min or more",
            "alert: the water rises 5 cm/min or more",
            "serious: the water rises 10 cm/min or more",
        ),
        start=1,
    ):
        assert rising.conditions() == [Condition("water.rate", 5 - rising.grade, True, words)]
