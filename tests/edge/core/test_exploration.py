"""Every situation that the abstraction tells apart keeps the invariants; seeded mutants do not."""

from collections.abc import Callable

import pytest
from edge.core.exploration import Explored, closed_as_defined, explore, fine, settle, thaw
from edge.core.watched import OUTSIDE, QUICK, Watched

from sotdae_edge.core import approach, attempt, authority, barrier, gate, signals
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.barrier import TRANSITIONS, Signal, State
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.lane import Lane, LaneState


@pytest.fixture(scope="module")
def explored() -> Explored:
    return explore()


def test_all_situations_keep_the_invariants_and_walk_every_row(
    explored: Explored, record_property: Callable[[str, object], None]
) -> None:
    rows = {(state, signal) for state, row in TRANSITIONS.items() for signal in row}
    assert explored.edges == rows
    assert {situation[0] for situation in explored.nodes} == set(State)
    record_property("situations", len(explored.nodes))
    assert len(explored.nodes) > 800


@pytest.mark.parametrize("camera", [False, True])
def test_every_hazard_ends_closed_as_defined(explored: Explored, camera: bool) -> None:
    tried = 0
    chosen = {(s[0], s[4], s[5], s[6]): frozen for s, frozen in explored.nodes.items()}
    for frozen in chosen.values():
        story = thaw(frozen)
        if story.gate.incident is None or not story.fresh:
            continue
        tried += 1
        state = story.gate.state
        settle(story, camera)
        ended = closed_as_defined(story) or story.gate.state in OUTSIDE
        assert ended, f"from {state}: {story.gate.state}"
    assert tried > 30


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_finer_abstraction_finds_nothing_more() -> None:
    found = explore(fine)
    assert found.steps > 100_000


def hunt() -> None:
    """Look for a broken invariant: a flood under a stuck camera, one upon a car, then situations."""
    for loop, camera in ((False, True), (True, False)):
        story = Watched(QUICK)
        story.run(1.0)
        story.plant.water(20.0)
        story.plant.loop = loop
        story.run(1.0)
        assert closed_as_defined(settle(story, camera)), "not closed as defined"
    explore(limit=300)


def _no_reason(*_: object) -> None:
    return None


def _no_reasons(*_: object) -> list[str]:
    return []


def _eager(gate: Gate, way: ApproachState) -> float | None:
    """The time of lowering without the warnings' part."""
    if way.lane.clear_since is None:
        return None
    return max(way.lane.clear_since, way.entered) + way.clear_need_s


def _blind_lane(lane: LaneState, now: float) -> Lane:
    occupied = any(witness.occupied for witness in lane.witnesses)
    return Lane.OCCUPIED if occupied else Lane.CLEAR


def _no_warning(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Gate, "clear_at", _eager)
    patch.setitem(attempt.LIMITS, State.PRE_WARN, lambda times: 0.0)


def _deaf_to_the_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        gate, "next_signal", lambda the_gate, way, now: signals.GUARDS[way.state](the_gate, way, now)
    )


def _opening_start(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(signals.GUARDS, State.START, lambda g, way, now: signals._resume(g, way, now, True))


def _endless_patience(patch: pytest.MonkeyPatch) -> None:
    row = {signal: to for signal, to in TRANSITIONS[State.CLEARING].items() if signal is not Signal.QUEUE}
    patch.setitem(barrier.TRANSITIONS, State.CLEARING, row)


def _early_release(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gate, "RELEASES_ENTRY", frozenset({State.OPEN, State.PARTIAL}))


MUTANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "the camera vetoes": (
        "not yet closed as defined|not closed as defined",
        lambda p: p.setattr(signals, "camera_holds", lambda g, way, now: way.lane.camera_occupied(now)),
    ),
    "a queued open is accepted": (
        "fresh order of two",
        lambda p: p.setattr(authority, "_transport", _no_reason),
    ),
    "one person suffices": ("fresh order of two", lambda p: p.setattr(authority, "_people", _no_reasons)),
    "a wet road is opened": ("granted 0.. s dry", lambda p: p.setattr(authority, "_hazard", _no_reasons)),
    "no warning before motion": ("warns 3 s", _no_warning),
    "unknown counts as clear": (
        "lowers only on",
        lambda p: p.setattr(LaneState, "occupancy", _blind_lane),
    ),
    "a restart opens": ("a restart never opens", _opening_start),
    "the key is ignored": ("the key goes before", _deaf_to_the_key),
    "a queue is waited for for ever": ("closed as defined", _endless_patience),
    "a failed closing releases the entry": ("partial without warnings", _early_release),
    "a failure is not told": ("closed as defined", lambda p: p.setattr(approach, "FAILED", frozenset())),
    "a served deadline stays": (
        "a deadline served is gone",
        lambda p: p.setattr(Gate, "next_deadline", lambda the_gate, now: the_gate.approaches[0].entered),
    ),
}
"""Each mutant, and how the watch must notice it."""


def test_the_hunt_finds_nothing_in_the_gate_as_it_is() -> None:
    hunt()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed, mutate = MUTANTS[name]
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=noticed):
        hunt()
