"""The gate as a whole: who holds it, what it saves, shows and records, and when it wants to be called."""

from dataclasses import replace

import pytest
from edge.core.gates import FLOOD, OUT, WIDE, placed, quiet
from edge.core.plant import BOOT, SITE, Plant, Story

from sotdae_edge.core.authority import Rank
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Alarm, Answer, Decided, Drive, Lock, Motion, Save, Voice, Warn
from sotdae_edge.core.events import Sighting
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Stage, Trip
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.memento import Incident
from sotdae_edge.core.obeying import holders
from sotdae_edge.core.rungs import Ladder
from sotdae_edge.core.site import Riverside, Times
from sotdae_shared.samples import Sample

OPEN, CLOSED, MANUAL, HELD = State.OPEN, State.CLOSED, State.MANUAL, State.HELD_OPEN


def test_who_holds_the_gate_closed() -> None:
    gate = placed(OPEN, OPEN, OPEN)
    assert holders(gate) == frozenset()
    gate.trips = [Trip("level", "radar", ("why",))]
    assert holders(gate) == {Rank.AUTONOMOUS}
    gate.incident = replace(FLOOD, rank=None)
    assert holders(gate) == {Rank.AUTONOMOUS}
    gate.incident, gate.trips, gate.approaches[2].state = FLOOD, [], MANUAL
    assert holders(gate) == {Rank.LOCAL_KEY, Rank.CITY}


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


def test_the_record_of_a_step_names_its_approach_and_that_ones_lane() -> None:
    gate = Gate.start(WIDE, BOOT, 0.0)
    scan = Plant(arm="mid", loop=True).scan()
    gate.approaches[1].lane.witnesses[0].point = "nothing"
    steps = [each for each in gate.handle(scan, 0.0) if isinstance(each, Decided)]
    assert [(each.approach, each.lane) for each in steps[:3]] == [
        ("north", "occupied"),
        ("south", "unknown"),
        ("out", "occupied"),
    ]


def test_an_arm_that_is_not_proved_open_is_an_incident() -> None:
    story = Story(plant=Plant(arm="mid"))
    story.scan()
    because = ("the arm is not proven open",)
    assert story.gate.incident == Incident("flood-01234567-1", "arm", "arm", because, None)
    silent = Story(replace(SITE, ladder=Ladder(hub_lost="close")), plant=Plant(arm="mid"))
    silent.wait(601.0)
    assert silent.gate.incident is None, "a gate that knows nothing latches nothing"
    silent.scan()
    assert silent.gate.incident == Incident(
        "flood-01234567-1", "context", "context", ("ladder: hub lost",), None
    )


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
    assert story.gate.stage is Stage.CLOSE
    assert (incident.cause, incident.first_out) == ("level", "radar")
    assert incident.because == (
        "2oo3: radar, pressure, float >= 15 cm",
        "river 2902 cm >= trigger 2902 cm",
    )


def test_a_record_explains_itself() -> None:
    story = Story()
    for step in range(80):
        story.plant.water(4.0 + step * 0.2 / 60.0 * 7.12345)
        story.run(0.2)
    gate, way = story.gate, story.gate.approaches[0]
    assert gate.incident is None
    assert story.alarms["water.rate"] == 3
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
    assert (record.level_cm, record.rate_cm_min) == (5.88, 7.12)
    unknown = Gate.start(SITE, BOOT, 0.0).decided("close", CLOSED, ("why",), 0.0)
    assert unknown == Decided(
        "close", "start", "closed", ("why",), architecture="0oo0",
        votes={"radar": "bad", "pressure": "bad", "float": "bad"}, lane="unknown",
    )  # fmt: skip


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


@pytest.mark.parametrize(
    ("incident", "caution_s", "voice"),
    [(None, 0.0, Voice.SILENT), (None, 1.0, Voice.CAUTION), (FLOOD, 1.0, Voice.LEAVE)],
)
def test_what_a_riverside_gate_says(incident: Incident | None, caution_s: float, voice: Voice) -> None:
    story = quiet(replace(SITE, riverside=Riverside(30.0)))
    story.gate.incident, story.gate.caution_until = incident, story.now + caution_s
    shown = warned(story)
    assert shown is not None
    assert shown.voice is voice


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
