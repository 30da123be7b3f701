"""The gate explored to its fixed point keeps every invariant; each seeded mutant is caught by that alone."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from edge.core.cuts import CUTS
from edge.core.exploration import Cut, Explored, explore
from edge.core.rough import project

from sotdae_edge.core import (
    approach,
    attempt,
    authority,
    bypass,
    gate,
    hazard,
    release,
    rest,
    riverside,
    signals,
)
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.authority import Verdict
from sotdae_edge.core.barrier import TRANSITIONS, Signal, State
from sotdae_edge.core.effects import Decided, Effect
from sotdae_edge.core.events import CommandCame
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Sensing
from sotdae_edge.core.lane import Lane, LaneState
from sotdae_edge.core.validity import ChannelState, Level
from sotdae_edge.core.vote import Vote, vote

pytestmark = pytest.mark.timeout(600)
Record = Callable[[str, object], None]


FAST = ("narrow", "radar", "orders")
"""Cuts that are walked by `make test` too."""


@pytest.fixture(scope="module")
def walked() -> dict[str, Explored]:
    return {name: explore(CUTS[name]) for name in FAST}


@pytest.mark.parametrize("name", FAST)
def test_a_small_cut_keeps_every_invariant_to_its_fixed_point(
    name: str, walked: dict[str, Explored], record_property: Record
) -> None:
    found = walked[name]
    _note(found, record_property)
    assert found.complete
    assert found.states > 500


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", [name for name in CUTS if name not in FAST])
def test_a_cut_keeps_every_invariant_to_its_fixed_point(name: str, record_property: Record) -> None:
    cut = CUTS[name]
    found = explore(cut)
    _note(found, record_property)
    assert found.complete
    if name == "whole":
        rows = {(state, signal) for state, row in TRANSITIONS.items() for signal in row}
        # The cut's site grants no second attempt.
        assert found.rows == rows - {(State.BACKING_OFF, Signal.BACKED_OFF)}
    project(found, name, runs=30)


def _note(found: Explored, record_property: Record) -> None:
    record_property("states", found.states)
    record_property("edges", found.edges)
    sys.stdout.write(f"{found.states} states, {found.edges} edges\n")


@pytest.mark.parametrize("name", FAST)
def test_random_runs_project_onto_explored_edges(name: str, walked: dict[str, Explored]) -> None:
    project(walked[name], name, runs=25)


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
    def start(the_gate: Gate, way: ApproachState, now: float) -> Signal | None:
        return signals._resume(the_gate, way, now, True) if way.arm.known(now) else None

    patch.setitem(signals.GUARDS, State.START, start)


def _endless_patience(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ApproachState, "_patience_s", lambda way, site: float("inf"))


def _early_release(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gate, "RELEASES_ENTRY", frozenset({State.OPEN, State.PARTIAL}))


MUTANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "the camera vetoes": (
        "not yet closed as defined",
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
    "a queue is waited for for ever": ("not yet closed as defined", _endless_patience),
    "a failed closing releases the entry": ("partial without warnings", _early_release),
    "a failure is not told": (
        "not yet closed as defined",
        lambda p: p.setattr(approach, "FAILED", frozenset()),
    ),
    "a served deadline stays": (
        "a deadline served is gone",
        lambda p: p.setattr(Gate, "next_deadline", lambda the_gate, now: the_gate.approaches[0].entered),
    ),
}
"""Each mutant, and how the watch must notice it."""


def _void_nothing(*_: object) -> list[Decided]:
    return []


def _opens_at_once(the_gate: Gate, event: CommandCame, _: Verdict, now: float) -> list[Decided]:
    the_gate.incident = None
    return [the_gate.decided("open", the_gate.state, (), now, verdict="accepted", command=event.command.id)]


RELEASE_MUTANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "an order from afar needs no release": (
        "from afar opens only with",
        lambda p: p.setattr(release, "ask", _opens_at_once),
    ),
    "any release counts": (
        "only the hub's own release",
        lambda p: p.setattr(release, "_misfits", lambda *_: iter(())),
    ),
    "anybody's signature counts": (
        "only the hub's own release",
        lambda p: p.setattr(release, "verify", lambda *_: True),
    ),
    "the wait outlives the link": (
        "a hub alone opens nothing",
        lambda p: p.setattr(release, "void", _void_nothing),
    ),
    "the wait has no end": (
        "a wait for a release has its end",
        lambda p: p.setattr(release, "advance", _void_nothing),
    ),
    "what has changed meanwhile does not count": (
        "granted 0.. s dry",
        lambda p: p.setattr(release, "lapsed", lambda *_: iter(())),
    ),
}


def _needing(count: int) -> Callable[..., Vote]:
    """A vote that so many channels must win, whoever is lost."""

    def harder(levels: Mapping[str, Level | None], threshold_cm: float, independent: bool = True) -> Vote:
        found = vote(levels, threshold_cm, independent)
        wet = list(found.ballots.values()).count("trip")
        return replace(found, trip=wet >= count)

    return harder


_seen = ChannelState.seen


def _lost_is_dry(channel: ChannelState, now: float) -> Level | None:
    return _seen(channel, now) or Level(0.0, 0.0)


def _endless(*args: object) -> None:
    """Take a channel out for ever."""
    _set_out(*args)  # type: ignore[arg-type]
    for channel in args[0].sensing.channels:  # type: ignore[attr-defined]
        if channel.bypass is not None:
            channel.bypass = replace(channel.bypass, until=float("inf"))


_set_out = bypass.set_out


def _river_unheard(sensing: Sensing, now: float) -> bool:
    return sensing.outlook(now).ceiling_cm <= sensing.site.levels.reopen_cm


def _hasty_lock(way: ApproachState, _: object, now: float) -> list[Effect]:
    shut = way.state is State.CLOSED and way.arm.closed_proved(now)
    return way.latched.hold(shut, way.spec.name, now)


OTHER_MUTANTS: dict[str, tuple[str, str, Callable[[pytest.MonkeyPatch], None]]] = {
    "the river is not asked": (
        "river",
        "the river at its trigger closes",
        lambda p: p.setattr(Sensing, "_river_trip", lambda *_: None),
    ),
    "a high river lets reopen": (
        "river",
        "granted .* s dry",
        lambda p: p.setattr(Sensing, "dry", _river_unheard),
    ),
    "it locks at once": (
        "riverside",
        "has time to leave|hand at the inside handle",
        lambda p: p.setattr(riverside, "lock", _hasty_lock),
    ),
    "one person leaves no channel": (
        "bypass",
        "leaves a channel that votes|never leaves one channel",
        lambda p: p.setattr(bypass, "objections", lambda *_: iter(())),
    ),
    "a bypass has no end": (
        "bypass",
        "a bypass ends in its time|no single fault hides 15 cm",
        lambda p: p.setattr(bypass, "set_out", _endless),
    ),
    "a rest hears nothing": (
        "narrow",
        "a rest",
        lambda p: p.setattr(rest, "_said", lambda _: ()),
    ),
    "an exit is an entry": (
        "pair",
        "an exit is lowered last",
        lambda p: p.setattr(ApproachState, "is_exit", property(lambda _: False)),
    ),
}
"""Each mutant of what one cut alone walks, the cut, and how its watch must notice it."""

VOTE_MUTANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "two must agree though one is lost": (
        "no single fault hides 15 cm",
        lambda p: p.setattr(hazard, "vote", _needing(2)),
    ),
    "one channel closes alone": (
        "none of three closes alone",
        lambda p: p.setattr(hazard, "vote", _needing(1)),
    ),
    "unknown counts as dry": (
        "no single fault hides 15 cm",
        lambda p: p.setattr(ChannelState, "seen", _lost_is_dry),
    ),
}


def _cut_of(name: str) -> Cut:
    return CUTS["radar" if name in VOTE_MUTANTS else "orders" if name in RELEASE_MUTANTS else "narrow"]


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHER_MUTANTS)
def test_a_mutant_of_a_part_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cut, noticed, mutate = OTHER_MUTANTS[name]
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=noticed):
        explore(CUTS[cut])


@pytest.mark.parametrize("name", [*MUTANTS, *VOTE_MUTANTS, *RELEASE_MUTANTS])
def test_a_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed, mutate = (MUTANTS | VOTE_MUTANTS | RELEASE_MUTANTS)[name]
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=noticed):
        explore(_cut_of(name))
