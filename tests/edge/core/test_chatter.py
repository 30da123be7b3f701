"""An alarm that comes and goes is told at once, but its end only after a minute of quiet."""

from collections import Counter

import pytest
from edge.core.gates import quiet
from edge.core.plant import Story
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.alarms import CHATTER_S, CHATTERS, AlarmBook, Condition
from sotdae_edge.core.effects import Alarm
from sotdae_shared.samples import Sample

WORSE, BAD = Condition("x", 2, True, "why"), Condition("x", 3, True, "why")
GONE = Condition("x", 3, False, "why")


def _restless(at: float = 0.0) -> AlarmBook:
    """Return a book whose alarm came three times within six seconds, and is there."""
    book = AlarmBook()
    for turn in range(CHATTERS):
        book.update([BAD], at + 2.0 * turn)
        if turn < CHATTERS - 1:
            book.update([GONE], at + 2.0 * turn + 1.0)
    return book


def test_the_third_time_within_a_minute_says_that_it_comes_and_goes() -> None:
    book = _restless()
    assert book.texts == {"x": "why; comes and goes"}
    assert _restless(-10.0).told == {"x": (-10.0, -8.0, -6.0)}


def test_three_times_in_more_than_a_minute_are_three_alarms() -> None:
    book, told = AlarmBook(), []
    for at in (0.0, 30.0, CHATTER_S + 0.1):
        told += book.update([BAD], at) + book.update([GONE], at + 1.0)
    assert [alarm.active for alarm in told] == [True, False] * 3
    assert book.active == {}


def test_three_times_in_just_a_minute_are_one_that_comes_and_goes() -> None:
    book = AlarmBook()
    for at in (0.0, 30.0, CHATTER_S):
        assert len(book.update([BAD], at)) == 1
        book.update([GONE], at + 1.0)
    assert book.texts == {"x": "why; comes and goes"}


def test_its_end_is_told_after_a_minute_without_it_and_not_before() -> None:
    book = _restless()
    assert book.settle([], 5.0) == []
    assert book.next_deadline(5.0) == 5.0 + CHATTER_S
    assert book.next_deadline(5.0 + CHATTER_S) is None, "a deadline served is gone"
    assert book.settle([], 64.9) == []
    assert book.settle([], 65.0) == [Alarm("x", 3, False, "why; comes and goes")]
    assert (book.active, book.texts, book.told, book.easing) == ({}, {}, {}, {})
    assert book.next_deadline(65.0) is None
    assert book.settle([BAD], 66.0) == [Alarm("x", 3, True, "why")], "counted afresh"


def test_a_minute_of_quiet_begins_anew_when_it_is_back() -> None:
    book = _restless()
    assert book.settle([], 5.0) + book.settle([BAD], 60.0) + book.settle([], 61.0) == []
    assert book.settle([], 120.9) == []
    assert book.settle([], 121.0) != []


def test_a_minute_of_quiet_begins_anew_when_it_is_back_and_worse() -> None:
    book = _restless()
    assert book.settle([], 5.0) == []
    assert book.settle([WORSE], 6.0) != []
    assert book.settle([], 66.0) == []
    assert book.settle([], 126.0) != []


def test_what_grows_worse_is_told_at_once_and_eases_like_an_end() -> None:
    book = _restless()
    assert book.settle([WORSE], 5.0) == [Alarm("x", 2, True, "why; comes and goes")]
    assert book.settle([BAD], 6.0) == []
    assert book.settle([BAD], 66.0) == [Alarm("x", 3, True, "why")]
    assert book.settle([], 67.0) == [Alarm("x", 3, False, "why")], "quiet for a minute, it no longer chatters"


@given(st.lists(st.tuples(st.floats(0.05, 40.0), st.sampled_from([None, 2, 3])), max_size=120))
def test_whatever_it_does_worse_is_known_at_once_and_telling_is_bounded(
    turns: list[tuple[float, int | None]],
) -> None:
    book, now, told, shown = AlarmBook(), 0.0, [], None
    for gap_s, priority in turns:
        now += gap_s
        holding = [] if priority is None else [Condition("x", priority, True, "why")]
        for alarm in book.settle(holding, now):
            told.append(now)
            shown = alarm.priority if alarm.active else None
        assert book.active.get("x") == shown, "what is active is what was told"
        if priority is not None:
            assert shown is not None
            assert shown <= priority, "never told as less than it is"
    # An end and what follows it wait a minute; before that it may grow worse twice, and ease in between.
    assert all(later - at >= CHATTER_S for at, later in zip(told, told[8:], strict=False))
    while (due := book.next_deadline(now)) is not None:
        now = due
        book.settle([], now)
    book.settle([], now + CHATTER_S)
    book.settle([], now + 2.0 * CHATTER_S)
    assert book.active == {}


def _flutters(story: Story, **points: Sample | None) -> Counter[str]:
    """Count the alarms of ten minutes in which some points say so at every other scan."""
    story.effects.clear()
    for turn in range(3000):
        story.run(0.2, **(points if turn % 2 else {}))
    return Counter(effect.code for effect in story.effects if isinstance(effect, Alarm))


@pytest.mark.parametrize(
    ("code", "points"),
    [
        ("sensor.radar", {"radar_level": None}),
        ("mains.lost", {"mains_ok": Sample(0.0)}),
    ],
)
def test_a_loose_contact_does_not_fill_the_outbox(code: str, points: dict[str, Sample | None]) -> None:
    story = quiet()
    told = _flutters(story, **points)
    assert told[code] == 2 * CHATTERS - 1, "three times, two ends, then it stands"
    assert story.alarms[code]
    story.run(CHATTER_S - 1.0)
    assert code in story.alarms
    story.run(1.4)
    assert code not in story.alarms
