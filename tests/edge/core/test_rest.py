"""An open gate over a dry road spares itself scans that say nothing new; conftest judges those too."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from edge.core.doubt import Doubts, doubted
from edge.core.gates import FLOOD, quiet
from edge.core.judged import clone
from edge.core.moves import ACTIONS
from edge.core.orders import BYPASSES, TESTS, tell_time
from edge.core.plant import SITE, Story
from edge.core.watched import Watched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.core import rest
from sotdae_edge.core.barrier import State
from sotdae_edge.core.events import HubHeard, Noticed, Scan
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.site import Levels, Riverside, SelfTestPlan, Site
from sotdae_edge.core.validity import Bypass
from sotdae_shared.samples import Sample

PLANNED = replace(SITE, selftest=SelfTestPlan())
RIVERSIDE = replace(SITE, riverside=Riverside(lock_after=2.0))
Do = Callable[[Story], object]


@pytest.fixture
def told() -> Iterator[Doubts]:
    with doubted() as found:
        yield found


def resting(site: Site = SITE) -> Story:
    story = quiet(site)
    story.scan()
    assert story.gate.resting is not None
    return story


@pytest.mark.parametrize("site", [SITE, PLANNED])
def test_of_a_quiet_minute_hardly_a_scan_is_judged(site: Site, told: Doubts) -> None:
    story = quiet(site)
    story.effects.clear()
    story.run(60.0)
    assert told.spared > 290
    assert len(story.effects) == 60, "warnings are said again each second all the same"


def _reads(**plant: Any) -> Do:
    def act(story: Story) -> None:
        for name, value in plant.items():
            setattr(story.plant, name, value)

    return act


def _passes(seconds: float) -> Do:
    return lambda story: setattr(story, "now", story.now + seconds)


ENDS: dict[str, Do] = {
    "water": _reads(radar=2.0),
    "a lost channel": _reads(pressure=None),
    "a failed self-test": _reads(radar_percent=19.0),
    "the river": _reads(river=2500.0),
    "no mains": _reads(mains=False),
    "a car": _reads(loop=True),
    "a broken lane": _reads(lane_ok=False),
    "the key": _reads(key=True),
    "an unknown key": _reads(key=None),
    "the arm": _reads(arm="mid"),
    "somebody inside": _reads(inside=True),
    "a lamp": _reads(lamps=False),
    "a current": _reads(current=0.1),
    "a lane that nobody watched": _passes(0.5),
    "levels that nobody watched": _passes(1.5),
    "something to save": lambda story: setattr(story.gate, "dirty", True),
}


@pytest.mark.parametrize("what", ENDS)
def test_whatever_a_judgement_reads_ends_the_rest(what: str, told: Doubts) -> None:
    story = resting()
    ENDS[what](story)
    told.spared = 0
    story.scan()
    assert told.spared == 0


def test_what_is_due_ends_the_rest_even_if_a_scan_comes_before_the_tick(told: Doubts) -> None:
    story = resting()
    assert story.gate.resting is not None
    until = story.gate.resting.until
    while story.now + 0.2 < until:
        story.now += 0.2
        story.scan()
    told.spared, story.now = 0, until
    story.scan()
    assert told.spared == 0


def test_where_nothing_is_ever_due_every_scan_is_judged(told: Doubts) -> None:
    story = quiet(replace(SITE, levels=Levels()))
    missing = {"river_stage": None, "rain_rate": None}
    story.run(700.0, every=0.4, **missing)
    assert story.gate.next_due(story.now) is None
    told.spared = 0
    story.run(2.0, **missing)
    assert told.spared == 0


def test_a_river_that_grows_old_ends_the_rest() -> None:
    story = resting()
    story.plant.river = None
    story.run(31.0)
    assert story.gate.resting is None


def test_a_gate_without_its_hub_says_so_and_rests_again(told: Doubts) -> None:
    story = resting()
    story.run(601.0)
    assert "ladder.hub_lost" in story.alarms
    told.spared = 0
    story.run(10.0)
    assert told.spared > 45


SAME: dict[str, Do] = {
    "another dry level": _reads(radar=1.9, pressure=-1.0),
    "another river": _reads(river=2499.0),
    "rain": _reads(rain=90.0),
    "nothing": _reads(),
}


@pytest.mark.parametrize("what", SAME)
def test_what_no_judgement_tells_apart_does_not(what: str, told: Doubts) -> None:
    story = resting()
    SAME[what](story)
    told.spared = 0
    story.scan()
    assert told.spared == 1


def bypassed(gate: Gate) -> None:
    gate.sensing.channels[0].bypass = Bypass("kim", "why", 0.0, 1e9)
    gate.sensing.forget_levels()


UNSETTLED: dict[str, Callable[[Gate], object]] = {
    "caution": lambda gate: setattr(gate, "stage", Stage.CAUTION),
    "an incident": lambda gate: setattr(gate, "incident", FLOOD),
    "a road not dry": lambda gate: setattr(gate, "dry_since", None),
    "something to save": lambda gate: setattr(gate, "dirty", True),
    "an order that waits for a release": lambda gate: setattr(gate, "waiting", "an order"),
    "a policy that waits": lambda gate: setattr(gate.policies, "waiting", "a policy"),
    "lamps under test": lambda gate: setattr(gate.selftests, "pulse", "a pulse"),
    "a channel under test": lambda gate: gate.selftests.buckets.update(radar="a bucket"),
    "a rise": lambda gate: setattr(gate.rising, "grade", 1),
    "a channel to be repaired": lambda gate: setattr(gate, "repair_due", 1e9),
    "a vote that ripens": lambda gate: gate.sensing.since.due.update(level=1e9),
    "a rise that ripens": lambda gate: gate.rising.since.due.update(alert=1e9),
    "a rung that ripens": lambda gate: gate.standing.since.due.update(hub_lost=1e9),
    "an alarm that ripens": lambda gate: gate.approaches[0].since.due.update(lane=1e9),
    "an arm not open": lambda gate: setattr(gate.approaches[0], "state", State.CLOSED),
    "a lane not clear": lambda gate: setattr(gate.approaches[0].lane, "clear_since", None),
    "a bypass": bypassed,
}


@pytest.mark.parametrize("what", UNSETTLED)
def test_none_begins_while_anything_is_under_way(what: str) -> None:
    story = resting()
    assert rest.begin(story.gate, story.now) is not None
    UNSETTLED[what](story.gate)
    assert rest.begin(story.gate, story.now) is None


def test_no_level_that_a_site_or_policy_may_set_is_slept_through() -> None:
    assert rest._least(Levels()) == 2.0
    for field in ("caution_cm", "caution_off_cm", "close_cm", "reopen_cm"):
        assert rest._least(replace(Levels(), **{field: 0.5})) == 0.5
    assert rest._least(replace(Levels(), predict_from_cm=1.5)) == 0.5
    assert rest._calm(Levels()) == math.inf
    assert rest._calm(Levels(river_trigger_cm=2902.0)) == 2902.0
    assert rest._calm(Levels(river_caution_cm=2500.0, river_trigger_cm=2902.0)) == 2500.0


VALUES = (None, math.nan, -4.9, 0.0, 1.0, 1.9, 2.0, 2.1, 3.0, 5.0, 15.0, 85.0, 90.0, 2499.0, 2500.0, 2902.0)
QUALITIES = (None, math.nan, 0.0, 1.0, 19.0, 20.0)


def changed(scan: Scan) -> Iterator[Scan]:
    """Yield a scan with one point otherwise: a value, a self-test, a counter, or nothing at all."""
    for name, sample in scan.points.items():
        others = [replace(sample, value=value) for value in VALUES]
        others += [replace(sample, quality=quality) for quality in QUALITIES]
        others += [replace(sample, count=count) for count in (None, 0)]
        yield from (Scan({**scan.points, name: other}) for other in others)
        yield Scan({each: sample for each, sample in scan.points.items() if each != name})


@pytest.mark.parametrize("site", [PLANNED, RIVERSIDE], ids=["tests", "riverside"])
def test_each_point_is_judged_whatever_it_says_wherever_that_changes_anything(
    site: Site, told: Doubts
) -> None:
    story = resting(site)
    hands = {"inside_release": Sample(0.0), "locked": Sample(0.0)} if site is RIVERSIDE else {}
    story.scan(**hands)
    tried = 0
    for scan in changed(story.plant.scan(**hands)):
        for passed_s in (0.0, 0.2, 0.5, 1.0):
            tried += 1
            clone(story.gate).handle(scan, story.now + passed_s)
    assert 100 < told.spared < tried


STORIES: dict[str, Any] = {
    **ACTIONS, **TESTS, **BYPASSES, "time": tell_time,
    "hub": lambda story: story.give(HubHeard()),
    "noticed": lambda story: story.give(Noticed(("camera_lost",))),
    "found again": lambda story: story.give(Noticed(())),
    "quiet": lambda story: story.run(3.0),
}  # fmt: skip


@pytest.mark.parametrize("site", [PLANNED, RIVERSIDE], ids=["tests", "riverside"])
def test_random_stories_rest_and_lose_nothing_by_it(site: Site, told: Doubts) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.sampled_from([*STORIES, *["quiet"] * 8]), max_size=25))
    def law(moves: list[str]) -> None:
        story = Watched(site)
        story.run(4.0)
        for name in moves:
            STORIES[name](story)

    law()
    assert told.spared > 100
