"""A policy may come at any moment of any story: it moves nothing, and a restart finds what there was."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace

from edge.core.moves import ACTIONS
from edge.core.orders import tell_time
from edge.core.plant import SITE
from edge.core.ruling import POLICIES, RULED
from edge.core.test_laws import Nervous
from edge.core.watched import Watched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.core import limits, policies
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Alarm, Decided, Effect, Save
from sotdae_edge.core.site import Times

LAW = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Move = Callable[[Watched], object]
SHORT = replace(
    RULED,
    retries=1,
    drill=True,
    times=Times(
        pre_warn=3.0, clear=0.5, clear_after_raise=3.0, held_open=5.0, travel=8.0, no_motion=1.0,
        back_off=1.0, escape=5.0, retry_rest=5.0, camera_hold=1.2, camera_age=0.5, caution_off=10.0,
        blind=5.0, caution_after_open=60.0, hub_silent=60.0, reopen_dry=2.0,
    ),
)  # fmt: skip
"""The shortest times that a site may have: here a good policy is taken."""
ANY = {**ACTIONS, **POLICIES, "time": tell_time}
MOVES: st.SearchStrategy[Move] = st.sampled_from(sorted(ANY)).map(lambda name: ANY[name])
COMING = st.sampled_from([each for name, each in POLICIES.items() if name != "review"])


def story_of(moves: list[Move]) -> Watched:
    """Return a watched story after these moves, begun with an open gate."""
    story = Watched(SHORT)
    story.run(1.0)
    for move in moves:
        move(story)
    return story


def acts(effects: list[Effect]) -> list[Effect]:
    """Return what is not said, saved or alarmed of a policy."""
    return [
        each
        for each in effects
        if not isinstance(each, Save)
        and not (isinstance(each, Decided) and each.decision == "policy")
        and not (isinstance(each, Alarm) and each.code.startswith("policy."))
    ]


def test_the_short_times_are_within_the_limits() -> None:
    times = replace(SHORT.times, reopen_dry=limits.TIMES["reopen_dry"].least)
    assert limits.problems(SITE.levels, times, SITE.geometry) == []


@LAW
@given(st.lists(MOVES, max_size=20), COMING)
def test_the_coming_of_a_policy_moves_nothing(moves: list[Move], comes: Move) -> None:
    story = story_of(moves)
    twin = copy.deepcopy(story)
    before = len(story.effects)
    comes(story)
    assert acts(story.effects[before:]) == acts(twin.take(twin.gate.tick(twin.now)))
    assert story.gate.state is twin.gate.state
    assert story.gate.incident == twin.gate.incident
    assert story.gate.approaches == twin.gate.approaches


@LAW
@given(st.lists(MOVES, max_size=30))
def test_thresholds_change_only_while_the_gate_is_open_over_a_calm_road(moves: list[Move]) -> None:
    story = story_of([])
    for move in moves:
        site, floor = story.gate.site, story.gate.policies.floor
        was_open = story.gate.state is State.OPEN
        move(story)
        if story.gate.site != site:
            assert was_open or story.gate.state is State.OPEN
        assert story.gate.policies.floor >= floor
        assert (policies.version(story.gate) or 0) <= story.gate.policies.floor
        assert story.gate.sensing.site is story.gate.site


@LAW
@given(st.lists(MOVES, max_size=20))
def test_a_restart_goes_on_under_the_same_policy(moves: list[Move]) -> None:
    story = story_of(moves)
    before, site = story.gate.policies, story.gate.site
    story.memento = json.loads(json.dumps(story.memento))
    story.restart()
    after = story.gate.policies
    kept = (after.floor, after.sha256, after.in_force, after.waiting)
    assert kept == (before.floor, before.sha256, before.in_force, before.waiting)
    assert story.gate.site == site


@LAW
@given(st.lists(st.tuples(MOVES, st.lists(st.floats(0.0, 1.0), max_size=3)), max_size=15))
def test_a_tick_that_nobody_asked_for_changes_nothing(moves: list[tuple[Move, list[float]]]) -> None:
    plain, eager = Watched(SHORT), Nervous(SHORT)
    plain.run(1.0)
    eager.run(1.0)
    for move, eagerness in moves:
        eager.eagerness = tuple(eagerness)
        move(plain)
        move(eager)
        assert eager.decided == plain.decided
        assert eager.gate.alarms.active == plain.gate.alarms.active
        assert eager.gate.site == plain.gate.site
