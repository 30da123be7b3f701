"""The gate as a whole: who holds it, what it saves, shows and records, and when it wants to be called."""

from dataclasses import replace
from typing import Any

import pytest
from edge.core.plant import BOOT, SITE, Plant, Story

from sotdae_edge.core.authority import Rank
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Alarm, Answer, Decided, Drive, Lock, Motion, Save, Voice, Warn
from sotdae_edge.core.events import HubHeard, Sighting
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Trip
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.memento import Incident
from sotdae_edge.core.site import Approach, Riverside, SelfTestPlan, Site, Times
from sotdae_shared.samples import Sample

FLOOD = Incident("flood-1", "level", "radar", ("why",), 5)
NORTH, SOUTH, OUT = Approach("north"), Approach("south"), Approach("out", "exit")
WIDE = replace(SITE, approaches=(NORTH, SOUTH, OUT))


def quiet(site: Site = SITE, **plant: Any) -> Story:
    story = Story(site, plant=Plant(**plant))
    story.run(4.0)
    return story


def placed(*states: State) -> Gate:
    """Return a gate whose approaches are in these states."""
    gate = Gate.start(WIDE, BOOT, 0.0)
    for at, (way, state) in enumerate(zip(gate.approaches, states, strict=True)):
        way.state, way.entered = state, 10.0 * at
    return gate


OPEN, CLOSED, MANUAL, HELD = State.OPEN, State.CLOSED, State.MANUAL, State.HELD_OPEN


def test_who_holds_the_gate_closed() -> None:
    gate = placed(OPEN, OPEN, OPEN)
    assert gate.holders() == frozenset()
    gate.trips = [Trip("level", "radar", ("why",))]
    assert gate.holders() == {Rank.AUTONOMOUS}
    gate.incident = replace(FLOOD, rank=None)
    assert gate.holders() == {Rank.AUTONOMOUS}
    gate.incident, gate.trips, gate.approaches[2].state = FLOOD, [], MANUAL
    assert gate.holders() == {Rank.LOCAL_KEY, Rank.CITY}


def test_the_tunnel_is_empty_when_the_last_entry_has_been_closed_for_long_enough() -> None:
    assert placed(CLOSED, CLOSED, OPEN).emptied_at() == 10.0 + SITE.emptying_s
    assert placed(CLOSED, HELD, CLOSED).emptied_at() is None
    assert Gate.start(SITE, BOOT, 0.0).emptied_at() is None, "one approach waits for nobody"


def test_the_exit_speaks_for_a_gate_only_where_there_is_no_entry() -> None:
    assert placed(CLOSED, CLOSED, State.FAULT).state is CLOSED
    assert placed(CLOSED, HELD, State.FAULT).state is HELD
    gate = Gate.start(replace(SITE, approaches=(OUT,)), BOOT, 0.0)
    gate.approaches[0].state = State.FAULT
    assert (gate.state, gate.entries) == (State.FAULT, gate.approaches)


@pytest.mark.parametrize(
    ("lanes", "whole"),
    [
        ((Lane.CLEAR, Lane.CLEAR, Lane.CLEAR), Lane.CLEAR),
        ((Lane.CLEAR, Lane.UNKNOWN, Lane.CLEAR), Lane.UNKNOWN),
        ((Lane.CLEAR, Lane.UNKNOWN, Lane.OCCUPIED), Lane.OCCUPIED),
    ],
)
def test_the_least_free_lane_speaks_for_all(lanes: tuple[Lane, ...], whole: Lane) -> None:
    gate = placed(OPEN, OPEN, OPEN)
    for way, lane in zip(gate.approaches, lanes, strict=True):
        plant = Plant(loop=lane is Lane.OCCUPIED, lane_ok=lane is not Lane.UNKNOWN)
        way.take(plant.scan().points, SITE.times, 5.0)
    assert gate.occupancy(5.0) is whole


def test_a_sighting_is_for_one_approach_or_for_all() -> None:
    for name, seen in (("", [True, True, True]), ("south", [False, True, False]), ("west", [False] * 3)):
        gate = placed(OPEN, OPEN, OPEN)
        gate.handle(Sighting(True, 0.9, "armzone", name), 5.0)
        assert [way.lane.camera_occupied(5.5) for way in gate.approaches] == seen


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


def test_the_moment_when_a_riverside_gate_locks_is_waited_for() -> None:
    story = quiet(replace(SITE, riverside=Riverside(30.0)))
    way = story.gate.approaches[0]
    way.state, way.entered = CLOSED, story.now + SOON - 30.0
    assert story.gate.next_deadline(story.now) == pytest.approx(story.now + SOON)


def test_the_exits_wait_for_the_tunnel_is_waited_for() -> None:
    gate = placed(CLOSED, CLOSED, OPEN)
    empty = 10.0 + SITE.emptying_s
    gate.hub_heard = 0.0
    assert gate.next_deadline(empty - SOON) == empty


def test_an_incident_is_named_after_its_boot_and_number() -> None:
    gate = placed(OPEN, OPEN, OPEN)
    gate.open_incident("level", "radar", ("why",))
    assert gate.incident == Incident("flood-01234567-1", "level", "radar", ("why",), None)
    gate.open_incident("command", "command", ("why",), Rank.CITY)
    assert gate.incident == Incident("flood-01234567-2", "command", "command", ("why",), 5)
    assert gate.dirty


def test_all_present_causes_are_the_reason_and_the_strongest_is_the_first() -> None:
    story = quiet()
    story.plant.water(20.0)
    story.plant.river = 2902.0
    for _ in range(3):
        story.scan()
        story.now += 0.7
    incident = story.gate.incident
    assert incident is not None
    assert (incident.cause, incident.first_out) == ("level", "radar")
    assert incident.because == (
        "2oo3: radar, pressure, float >= 15 cm",
        "river 2902 cm >= trigger 2902 cm",
    )


def test_a_record_explains_itself() -> None:
    story = Story()
    for step in range(80):
        story.plant.water(4.0 + step * 0.2 / 60.0 * 7.0)
        story.run(0.2)
    gate, way = story.gate, story.gate.approaches[0]
    assert gate.incident is None
    gate.incident = FLOOD
    record = gate.decided(
        "close", CLOSED, ("why",), story.now, way=way, state=HELD, verdict="accepted", command="c-1"
    )
    level_cm, rate = gate.sensing.level_cm(story.now), gate.sensing.rate_cm_min()
    assert level_cm is not None
    assert rate is not None
    assert record == Decided(
        "close", "held_open", "closed", ("why",), incident="flood-1", first_out="radar",
        level_cm=round(level_cm, 2), rate_cm_min=round(rate, 2), architecture="2oo3",
        votes={"radar": "dry", "pressure": "dry", "float": "dry"}, lane="clear", command="c-1",
        verdict="accepted", approach="",
    )  # fmt: skip
    assert (record.level_cm, record.rate_cm_min) == (5.84, 7.0)
    unknown = Gate.start(SITE, BOOT, 0.0).decided("close", CLOSED, ("why",), 0.0)
    assert unknown == Decided(
        "close", "start", "closed", ("why",), architecture="0oo0",
        votes={"radar": "bad", "pressure": "bad", "float": "bad"}, lane="unknown",
    )  # fmt: skip


def test_what_is_saved() -> None:
    story = quiet(replace(SITE, selftest=SelfTestPlan()), radar=None)
    gate = story.gate
    gate.incident, gate.episode, gate.last_seq, gate.dirty = FLOOD, 7, {"lee-1": 3}, True
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


def saves(story: Story, seconds: int) -> list[float]:
    """Return when a gate saves within a time, to the second."""
    found = []
    for _ in range(seconds):
        effects = story.run(1.0, every=1.0)
        found += [story.now for each in effects if isinstance(each, Save)]
    return found


def test_what_grows_with_time_is_saved_every_ten_minutes_and_nothing_else() -> None:
    assert saves(quiet(), 1300) == []
    for story in (quiet(replace(SITE, selftest=SelfTestPlan())), quiet(radar=None)):
        began = story.gate.save_due
        assert began == pytest.approx(1600.0, abs=0.3)
        assert saves(story, 1300) == pytest.approx([began, began + 600.0], abs=1.0)
        story.gate.save_due = story.now
        assert any(isinstance(each, Save) for each in story.gate.tick(story.now))
        assert story.gate.save_due == story.now + 600.0
    mended = quiet(radar=None)
    mended.plant.radar = 0.0
    mended.run(0.4)
    assert mended.gate.save_due is None


def warned(story: Story) -> Warn | None:
    story.gate.outputs.warned = None
    effects = story.gate.tick(story.now)
    return next((each for each in effects if isinstance(each, Warn)), None)


def test_what_the_warnings_show() -> None:
    story = quiet()
    assert warned(story) == Warn(False, False, False)
    story.gate.caution_until = story.now + 1.0
    assert warned(story) == Warn(False, False, True)
    story.gate.caution_until = story.now
    assert warned(story) == Warn(False, False, False)
    for state, siren in ((State.PRE_WARN, True), (CLOSED, False), (HELD, True), (State.OPENING, False)):
        way = story.gate.approaches[0]
        way.state, way.deadline = state, story.now + 99.0
        story.gate.incident = FLOOD if state is not State.OPENING else None
        story.plant.arm = "closed" if state is CLOSED else "mid"
        way.arm.take(story.plant.scan(loop_occupied=Sample(1.0, 1, 1.0)).points, 1.0, story.now)
        way.lane.witnesses[0].occupied = True
        assert warned(story) == Warn(True, siren, False), state


def test_a_gate_that_knows_nothing_says_nothing_unless_it_is_latched() -> None:
    gate = Gate.start(SITE, BOOT, 0.0)
    assert not [each for each in gate.tick(0.0) if isinstance(each, Warn)]
    gate.incident = FLOOD
    assert [each for each in gate.tick(0.0) if isinstance(each, Warn)] == [Warn(True, False, False)]


@pytest.mark.parametrize(
    ("incident", "arm", "closed"), [(None, "open", False), (None, "mid", True), (FLOOD, "open", True)]
)
def test_under_the_key_the_signs_are_closed_unless_the_road_is_open(
    incident: Incident | None, arm: str, closed: bool
) -> None:
    story = quiet(key=True)
    assert story.gate.state is MANUAL
    story.gate.incident, story.plant.arm = incident, arm
    story.scan()
    shown = warned(story)
    assert shown is not None
    assert shown.closed is closed


def test_caution_is_shown_for_ten_minutes_after_an_opening_and_not_after_a_start() -> None:
    story = quiet()
    assert story.gate.caution_until == float("-inf")
    story.plant.arm = "closed"
    story = Story(plant=story.plant)
    story.run(1.0)
    assert story.gate.state is CLOSED
    story.gate.incident = None
    story.run(0.4)
    story.plant.arm = "open"
    effects = story.scan()
    assert story.gate.state is OPEN
    assert story.gate.caution_until == story.now + 600.0
    assert effects[0].memento["incident"] is None  # type: ignore[union-attr]


def test_what_must_be_durable_comes_first_then_the_lock_the_warnings_motion_and_words() -> None:
    gate = Gate.start(replace(SITE, riverside=Riverside(30.0)), BOOT, 0.0)
    way = gate.approaches[0]
    way.state, way.driven.motion, gate.incident, gate.dirty = CLOSED, Motion.LOWER, FLOOD, True
    way.take(Plant(arm="closed").scan().points, SITE.times, 0.0)
    kinds = [type(each) for each in gate.tick(0.0, [Answer("nonce", "q", {})])]
    assert kinds[:5] == [Save, Lock, Warn, Drive, Answer]
    assert set(kinds[5:]) == {Alarm}


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


def test_a_closing_of_all_has_one_incident_and_each_arm_its_own_drive() -> None:
    story = quiet(replace(WIDE, times=Times()))
    story.plant.water(20.0)
    effects = story.run(8.0)
    drives = {each.approach for each in effects if isinstance(each, Drive)}
    assert drives == {"north", "south"}
    assert story.gate.episode == 1
    assert not [each for each in effects if isinstance(each, Lock)]
    shown = [each for each in effects if isinstance(each, Warn)]
    assert shown[-1] == Warn(True, True, False, Voice.SILENT)
