"""When the watchdog closes, when it lets go, and what it makes of bad feeds."""

import pytest

from sotdae_edge.watchdog.feeding import Feeding
from sotdae_edge.watchdog.watch import Watch
from sotdae_edge.watchdog.wire import Answer, Feed, Notes

A, B = b"boot-one", b"boot-two"


def fed(watch: Watch, start: float, end: float, boot: bytes = A) -> float:
    """Feed every half second in [start, end]; return the last time."""
    now = start
    while now <= end:
        watch.take(Feed(boot, 1, now), now)
        watch.tick(now)
        now += 0.5
    return now - 0.5


def held(boot: bytes = A) -> Watch:
    """A watchdog that has closed at 103 and is fed again from 110."""
    watch = Watch(3.0, 5.0, 100.0)
    for now in range(101, 111):
        watch.tick(float(now))
    assert watch.holding
    watch.take(Feed(boot, 1, 110.0), 110.0)
    return watch


def test_without_a_first_feed_it_closes_after_its_time() -> None:
    watch = Watch(3.0, 5.0, 100.0)
    assert [watch.tick(at) for at in (100.5, 101.0, 102.0, 102.9, 103.0)] == [False] * 4 + [True]
    assert watch.next_deadline() == 103.5


def test_it_asserts_until_feeding_has_been_steady_for_its_time() -> None:
    watch = held()
    assert fed(watch, 110.5, 114.5) == 114.5
    assert watch.holding
    watch.take(Feed(A, 11, 115.0), 115.0)
    assert not watch.holding
    assert not watch.tick(115.0)
    assert watch.next_deadline() == 118.0


@pytest.mark.parametrize("gap_s", [1.6, 2.5, 10.0])
def test_a_gap_in_feeding_begins_the_wait_anew(gap_s: float) -> None:
    watch = held()
    back = fed(watch, 110.5, 114.5) + gap_s
    fed(watch, back, back + 4.5)
    assert watch.holding
    watch.take(Feed(A, 20, back + 5.0), back + 5.0)
    assert not watch.holding


def test_another_boot_begins_the_wait_anew() -> None:
    watch = held()
    fed(watch, 110.5, 114.5)
    watch.take(Feed(B, 1, 115.0), 115.0)
    assert watch.holding
    fed(watch, 115.5, 120.0, B)
    assert not watch.holding


def test_a_feed_counts_from_when_it_was_sent() -> None:
    late = Watch(3.0, 5.0, 102.9)
    late.take(Feed(A, 1, 100.5), 103.0)
    assert not late.tick(103.0), "silence before its own start does not count"
    watch = Watch(3.0, 5.0, 100.0)
    for at in (101.0, 102.0, 102.9):
        assert not watch.tick(at)
    watch.take(Feed(A, 1, 100.5), 102.9)
    assert not watch.tick(103.4)
    assert watch.tick(103.5)


def test_a_feed_from_the_future_is_refused() -> None:
    watch = Watch(3.0, 5.0, 100.0)
    assert not watch.take(Feed(A, 1, 200.0), 100.5)
    assert watch.tick(103.0) is False  # it had not looked for 3 s: 2 of them do not count
    assert watch.tick(103.9) is False
    assert watch.tick(104.8) is False
    assert watch.tick(105.0)


def test_an_old_feed_does_not_undo_a_newer_one() -> None:
    watch = Watch(3.0, 5.0, 101.5)
    watch.take(Feed(A, 2, 102.0), 102.0)
    watch.take(Feed(A, 1, 101.6), 102.0)
    for at in (102.5, 103.4, 104.3, 104.9):
        assert not watch.tick(at)
    assert watch.tick(105.0)


def test_a_machine_too_slow_to_look_every_second_still_closes() -> None:
    watch, now = Watch(3.0, 5.0, 100.0), 100.0
    while not watch.tick(now):
        now += 2.0
        assert now <= 108.0, "each 2 s without a look count as 1 s of silence"


def test_an_agent_believes_only_answers_since_its_last_pause() -> None:
    feeding = Feeding(A, 3.0)
    assert feeding.holds(10.0), "nothing was said yet"
    first = feeding.feed(10.0)
    assert first is not None
    feeding.take(Answer(first.count, Notes(0)))
    assert not feeding.holds(10.1)
    assert feeding.holds(12.6), "it paused: the watchdog may have closed"
    after = feeding.feed(20.0)
    assert after is not None
    feeding.take(Answer(first.count, Notes(0)))
    assert feeding.holds(20.0), "an old answer lay in the queue"
    feeding.take(Answer(after.count + 1, Notes(0)))
    assert feeding.holds(20.0), "an answer to what was not said"
    feeding.take(Answer(after.count, Notes(0)))
    assert not feeding.holds(20.0)


def test_what_the_watchdog_says_of_itself_becomes_an_alarm() -> None:
    feeding = Feeding(A, 3.0)
    assert feeding.conditions(0.0) == []
    feed = feeding.feed(0.0)
    assert feed is not None
    feeding.take(Answer(feed.count, Notes.HOLDING | Notes.BLIND | Notes.UNARMED))
    codes = [(each.code, each.priority) for each in feeding.conditions(0.0)]
    assert codes == [("watchdog.holding", 3), ("watchdog.blind", 2), ("watchdog.unarmed", 2)]
    for step in range(1, 9):
        feeding.feed(step * 0.5)
    assert [(each.code, each.priority) for each in feeding.conditions(4.0)] == [("watchdog.silent", 2)]
