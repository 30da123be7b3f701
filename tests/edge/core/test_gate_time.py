"""What the gate waits for, counts and saves as time goes by."""

from dataclasses import replace

import pytest
from edge.core.gates import FLOOD, placed, quiet
from edge.core.plant import BOOT, SITE, Story

from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Save
from sotdae_edge.core.events import HubHeard
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import SelfTestPlan

SOON = 0.001
"""Before everything that a quiet gate waits for by itself."""


@pytest.mark.parametrize(
    ("field", "before_s"),
    [
        ("hub_heard", SITE.times.hub_silent),
        ("born", 3.0),
        ("repair_due", 0.0),
        ("caution_until", 0.0),
        ("save_due", 0.0),
    ],
)
def test_what_time_alone_may_change_is_waited_for(field: str, before_s: float) -> None:
    story = quiet()
    wanted = story.now + SOON
    setattr(story.gate, field, wanted - before_s)
    assert story.gate.next_deadline(story.now) == pytest.approx(wanted)
    due = story.gate.next_deadline(wanted)
    assert due is not None
    assert due > wanted


def test_so_is_what_its_parts_wait_for() -> None:
    story = quiet()
    gate, wanted = story.gate, story.now + SOON
    way = gate.approaches[0]
    for part, name, value in (
        (gate.outputs, "warn_due", wanted),
        (gate.sensing, "caution_until", wanted),
        (gate.selftests, "retry_at", wanted),
        (way, "deadline", wanted),
        (gate.rising.since, "due", {"alert": wanted}),
        (gate.standing.since, "due", {"blind": wanted}),
    ):
        kept = getattr(part, name)
        setattr(part, name, value)
        assert gate.next_deadline(story.now) == wanted, name
        setattr(part, name, kept)
    gate.outputs.closed_since, way.lane.clear_since = wanted - SITE.times.pre_warn, 0.0
    assert gate.next_deadline(story.now) == pytest.approx(wanted), "the arm may come down then"


def test_the_exits_wait_for_the_tunnel_is_waited_for() -> None:
    gate = placed(State.CLOSED, State.CLOSED, State.OPEN)
    empty = 10.0 + SITE.emptying_s
    gate.hub_heard = 0.0
    assert gate.next_deadline(empty - SOON) == empty


def test_so_is_the_hour_of_a_self_test_and_a_gate_may_wait_for_nothing() -> None:
    story = quiet(replace(SITE, selftest=SelfTestPlan()))
    wanted = story.now + SOON
    story.gate.selftests.ages.of["lamps"].due = wanted + 86_400.0
    assert story.gate.next_deadline(story.now) == pytest.approx(wanted)
    assert Gate.start(SITE, BOOT, 0.0).next_deadline(1e12) is None


def test_what_is_due_just_now_hides_nothing_that_is_due_later() -> None:
    story = quiet()
    story.gate.caution_until, story.gate.repair_due = story.now, story.now + 5.0
    assert story.gate.next_due(story.now) == story.now + 5.0


def test_what_is_saved() -> None:
    story = quiet(replace(SITE, selftest=SelfTestPlan()), radar=None)
    gate = story.gate
    gate.incident, gate.episode, gate.last_seq, gate.dirty = FLOOD, 7, {"lee-1": 3}, True
    gate.selftests.ages.hear(5e8, story.now)
    (saved,) = [each for each in gate.tick(story.now) if isinstance(each, Save)]
    kept = saved.memento
    assert (kept["version"], kept["state"], kept["episode"]) == (1, "pre_warn", 7)
    assert kept["incident"]["name"] == "flood-1"
    assert kept["last_seq"] == {"lee-1": 3}
    assert kept["short_s"] == pytest.approx(story.now - gate.born)
    assert kept["bypassed"] == {}
    assert kept["ages"]["lamps"]["age_s"] == pytest.approx(4.0)
    again = Gate.start(story.site, "b" * 16, 50.0, kept)
    assert (again.episode, again.incident, again.last_seq) == (7, FLOOD, {"lee-1": 3})
    assert again.repair_due == pytest.approx(50.0 + 86_400.0 - kept["short_s"])
    assert again.selftests.ages.age_s("lamps", 50.0) == pytest.approx(4.0)
    assert again.selftests.ages.kept_wall_s == kept["wall_s"] == 5e8


def saved(story: Story) -> bool:
    return any(isinstance(each, Save) for each in story.gate.tick(story.now))


PLANNED = replace(SITE, selftest=SelfTestPlan())


@pytest.mark.parametrize("grows", ["ages", "a missing channel"])
def test_what_grows_with_time_is_saved_every_ten_minutes(grows: str) -> None:
    story = quiet(PLANNED) if grows == "ages" else quiet(radar=None)
    gate = story.gate
    assert gate.save_due == pytest.approx(1600.0, abs=0.3)
    gate.save_due = due = story.now + 0.1
    assert not saved(story)
    assert gate.save_due == due, "looking does not put it off"
    story.now = due
    assert saved(story)
    assert not saved(story)
    assert gate.save_due == due + 600.0
    story.now += 0.05
    gate.dirty = True
    assert saved(story)
    assert gate.save_due == story.now + 600.0


def test_what_does_not_grow_is_saved_when_it_changes() -> None:
    story = quiet()
    assert not saved(story)
    assert story.gate.save_due is None
    story.gate.dirty = True
    assert saved(story)
    assert story.gate.save_due is None
    story.gate.save_due = story.now
    assert not saved(story), "the channel that was missing is back"
    assert story.gate.save_due is None


def test_a_channel_that_was_missing_for_a_moment_is_kept_as_that() -> None:
    story = quiet()
    story.gate.dirty = True
    (kept,) = [each.memento for each in story.gate.tick(story.now) if isinstance(each, Save)]
    assert kept["short_s"] == 0.0
    story.plant.radar = None
    story.scan()
    story.now += 0.2
    story.gate.dirty = True
    (kept,) = [each.memento for each in story.gate.tick(story.now) if isinstance(each, Save)]
    assert kept["short_s"] == pytest.approx(0.2)


def test_a_hub_that_is_heard_is_noted() -> None:
    story = quiet()
    story.now += 7.0
    story.give(HubHeard())
    assert story.gate.hub_heard == story.now


def test_a_missing_channel_is_counted_from_when_it_is_missed() -> None:
    story = quiet()
    assert story.gate.repair_due is None
    story.plant.radar = None
    story.scan()
    began = story.now
    assert story.gate.repair_due == began + 86_400.0
    story.run(5.0)
    assert story.gate.repair_due == began + 86_400.0
    story.plant.radar = 0.0
    story.scan()
    assert story.gate.repair_due is None


def test_dryness_is_counted_from_when_all_was_seen_dry() -> None:
    story = quiet()
    assert story.gate.dry_s(story.gate.dry_since or 0.0) == 0.0
    assert story.gate.dry_s(story.now) == pytest.approx(4.0, abs=0.3)
    story.plant.river = 2600.0
    story.scan()
    assert story.gate.dry_s(story.now) == 0.0
    assert story.gate.dry_since is None
