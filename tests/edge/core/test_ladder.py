"""Each rung of degradation by a fault in the core: seen, alarmed, and as careful as the facility declares."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from edge.core.plant import SITE, Story

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.authority import Rank
from sotdae_edge.core.effects import Decided, Warn
from sotdae_edge.core.events import HubHeard, Noticed
from sotdae_edge.core.hazard import Stage, Trip
from sotdae_edge.core.ladder import NOTICED, Standing
from sotdae_edge.core.obeying import holders
from sotdae_edge.core.rungs import CAUTIOUS, RUNGS, Action, Ladder, page, problems
from sotdae_edge.record.coding import Coder, Entry
from sotdae_edge.record.snapshot import restore, snapshot

PAGE = Path(__file__).parents[3] / "docs" / "gate.md"
HUB_SILENT_S = SITE.times.hub_silent


def run(story: Story, seconds: float) -> None:
    """Let time pass over a hub that is heard."""
    for _ in range(round(seconds)):
        story.give(HubHeard())
        story.run(1.0)


def lose(story: Story, **plant: float | bool | None) -> None:
    """Break something of the plant and wait until it counts."""
    for name, value in plant.items():
        setattr(story.plant, name, value)
    run(story, 12.0)


def go_silent(story: Story) -> None:
    """Take the controller away for a while, then give it back, so that the gate may act."""
    story.wait(5.0)


FAULTS: dict[str, Callable[[Story], None]] = {
    "hub_lost": lambda story: story.run(HUB_SILENT_S + 1.0, every=1.0) and None,
    "one_sensor_lost": lambda story: lose(story, radar=None),
    "two_sensors_lost": lambda story: lose(story, radar=None, pressure=None),
    "blind": lambda story: (lose(story, radar=None, pressure=None, floats=None), run(story, 60.0))[1],
    "on_battery": lambda story: lose(story, mains=False),
    "controller_silent": go_silent,
    **{
        name: lambda story, name=name: (story.give(Noticed((name,))), run(story, 12.0))[1] for name in NOTICED
    },
}
MENDED = {
    "hub_lost": lambda story: story.give(HubHeard()),
    "one_sensor_lost": lambda story: lose(story, radar=0.0),
    "two_sensors_lost": lambda story: lose(story, radar=0.0, pressure=0.0),
    "blind": lambda story: lose(story, radar=0.0, pressure=0.0, floats=0.0),
    "on_battery": lambda story: lose(story, mains=True),
    "controller_silent": lambda story: run(story, 2.0),
    **{name: lambda story: story.give(Noticed(())) for name in NOTICED},
}


def started(rung: str, action: Action) -> Story:
    """Return a gate in peace whose facility declares one action for one rung."""
    story = Story(site=replace(SITE, ladder=replace(Ladder(), **{rung: action})))
    run(story, 5.0)
    assert story.gate.state == "open"
    return story


def test_every_rung_has_a_fault_here_and_a_line_in_the_file() -> None:
    names = {rung.name for rung in RUNGS}
    assert names == FAULTS.keys() == MENDED.keys() == {each.name for each in fields(Ladder)}


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_a_rung_is_reported_and_ends_with_its_cause(rung: object) -> None:
    name, priority = rung.name, rung.priority  # type: ignore[attr-defined]
    story = started(name, Ladder().of(name))
    FAULTS[name](story)
    assert name in story.gate.standing.rungs
    assert story.alarms[f"ladder.{name}"] == priority
    assert story.gate.incident is None, "by itself no rung closes"
    MENDED[name](story)
    assert name not in story.gate.standing.rungs
    assert f"ladder.{name}" not in story.alarms


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_a_facility_may_show_caution_on_a_rung(rung: object) -> None:
    name = rung.name  # type: ignore[attr-defined]
    story = started(name, "caution")
    FAULTS[name](story)
    assert story.gate.stage == "caution"
    assert [effect for effect in story.effects if isinstance(effect, Warn)][-1].caution
    assert story.gate.incident is None


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_a_facility_may_close_on_a_rung_and_only_people_end_it(rung: object) -> None:
    name = rung.name  # type: ignore[attr-defined]
    story = started(name, "close")
    FAULTS[name](story)
    told = [e for e in story.effects if isinstance(e, Decided) and e.state == "pre_warn"]
    assert [each.because for each in told] == [(f"ladder: {name.replace('_', ' ')}",)]
    assert story.gate.incident is not None
    assert story.gate.incident.cause == "context"
    assert Rank.AUTONOMOUS in holders(story.gate)
    assert story.gate.dry_s(story.now) == 0.0, "nobody reopens on this rung"
    MENDED[name](story)
    story.plant.arm = "closed"
    run(story, 30.0)
    assert story.gate.incident is not None
    assert story.gate.state == "closed"


@pytest.mark.parametrize("name", ["one_sensor_lost", "camera_lost", "on_battery"])
def test_what_flickers_is_no_rung(name: str) -> None:
    story = started(name, "close")
    for _ in range(10):
        if name == "camera_lost":
            story.give(Noticed((name,)))
        story.plant.radar, story.plant.mains = None, False
        run(story, 3.0)
        story.give(Noticed(()))
        story.plant.radar, story.plant.mains = 0.0, True
        run(story, 2.0)
    assert story.gate.standing.rungs == ()
    assert story.gate.incident is None


def test_a_rung_says_what_is_lost_and_what_is_left() -> None:
    story = started("one_sensor_lost", "report")
    lose(story, radar=None)
    told = story.gate.standing.conditions()
    words = "one level channel is not valid; left: the other channels, the float wired to the warnings"
    assert told == [Condition("ladder.one_sensor_lost", 3, True, words)]


@pytest.mark.parametrize(
    ("action", "stages"),
    [
        ("report", {"normal": "normal", "unknown": "unknown", "caution": "caution", "close": "close"}),
        ("caution", {"normal": "caution", "unknown": "caution", "caution": "caution", "close": "close"}),
    ],
)
def test_a_rung_raises_a_stage_and_never_lowers_it(action: Action, stages: dict[str, str]) -> None:
    ladder = Ladder(camera_lost=action, hub_lost="report")
    standing = Standing(rungs=("hub_lost", "camera_lost"))
    assert {stage: standing.stage(ladder, Stage(stage)).value for stage in stages} == stages
    assert standing.trips(ladder) == []
    close = Trip("context", "context", ("ladder: camera lost",))
    assert standing.trips(replace(ladder, camera_lost="close", clock_untrusted="close")) == [close]
    assert Standing().trips(replace(ladder, camera_lost="close")) == []


@pytest.mark.parametrize("name", NOTICED)
def test_a_rung_is_reached_when_it_has_held_for_ten_seconds(name: str) -> None:
    story = started(name, "report")
    story.give(Noticed((name,)))
    began = story.now
    assert story.gate.standing.next_deadline(began) == began + 10.0
    story.wait(9.9)
    assert name not in story.gate.standing.rungs
    story.wait(0.1)
    assert name in story.gate.standing.rungs
    assert story.gate.standing.next_deadline(story.now) is None


def test_a_hub_is_lost_to_the_second_and_only_where_there_is_one() -> None:
    gate = started("hub_lost", "report").gate
    for site, rungs in ((gate.site, ("hub_lost",)), (replace(gate.site, hub=False), ())):
        gate.site = site
        gate.hub_heard, at = 0.0, HUB_SILENT_S
        for way in gate.approaches:
            way.arm.fresh_until = at + 9.0
        for channel in gate.sensing.channels:
            channel.fresh_until = at + 9.0
        gate.sensing.forget_levels()
        gate.standing.look(gate, at - 0.1)
        assert gate.standing.rungs == ()
        gate.standing.look(gate, at)
        assert gate.standing.rungs == rungs


def test_what_is_lost_again_counts_afresh() -> None:
    gate = started("camera_lost", "report").gate
    for each in gate.sensing.channels:
        each.fresh_until = 2000.0
    gate.approaches[0].arm.fresh_until = 2000.0
    for at, lost, reached in (
        (0, True, False),
        (5, False, False),
        (6, True, False),
        (15, True, False),
        (16, True, True),
    ):
        gate.standing.noticed = ("camera_lost",) if lost else ()
        gate.standing.look(gate, 1005.0 + at)
        assert (gate.standing.rungs == ("camera_lost",)) is reached, at


def test_who_sees_nothing_is_blind_and_has_not_merely_lost_some() -> None:
    gate = started("blind", "report").gate
    for channel in gate.sensing.channels:
        channel.level = None
    gate.sensing.forget_levels()
    gate.approaches[0].arm.fresh_until = gate.hub_heard = 2000.0
    for at in (1005.0, 1070.0):
        gate.standing.look(gate, at)
    assert gate.standing.rungs == ("blind",)


def test_a_gate_without_a_hub_has_none_to_lose() -> None:
    story = Story(site=replace(SITE, hub=False))
    story.run(HUB_SILENT_S + 5.0, every=1.0)
    assert story.gate.standing.rungs == ()


def test_nothing_weaker_than_what_the_gate_does_may_be_declared() -> None:
    assert list(problems(Ladder())) == []
    assert list(problems(Ladder(blind="report"))) == [
        "ladder.blind: report: want caution or close: caution; closes when one of them says so"
    ]
    for rung in RUNGS:
        for action in CAUTIOUS[CAUTIOUS.index(rung.least) :]:
            assert list(problems(replace(Ladder(), **{rung.name: action}))) == []


def test_the_page_says_every_rung() -> None:
    assert "\n".join(page()) in PAGE.read_text(encoding="utf-8")


def test_what_was_noticed_is_on_record_and_in_a_snapshot() -> None:
    entry = Entry(1.0, Noticed(("camera_lost",)), ())
    assert Coder().unpack(Coder().pack(entry)) == (1.0, entry.event)
    story = started("camera_lost", "caution")
    FAULTS["camera_lost"](story)
    again = restore(snapshot(story.gate))
    assert again.standing == story.gate.standing
    assert again.standing.rungs == ("camera_lost",)
    assert isinstance(again.standing, Standing)
