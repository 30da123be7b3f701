"""Laws of the barrier table, read off the table itself; and its diagram in the documents."""

from pathlib import Path

import pytest

from sotdae_edge.core.attempt import LIMITS
from sotdae_edge.core.authority import REOPENABLE
from sotdae_edge.core.barrier import (
    FAILED,
    LOWERS,
    RAISES,
    RELEASES_ENTRY,
    TRANSITIONS,
    Signal,
    State,
    diagram,
    step,
)
from sotdae_edge.core.signals import GUARDS

PEOPLE = {Signal.OPEN_GRANTED, Signal.KEY_ON, Signal.ESCAPE_ASKED}
UNFINISHED = set(State) - {State.START, State.OPEN, State.CLOSED, State.MANUAL}
DOCUMENT = Path(__file__).parents[3] / "docs" / "gate.md"


def ways_into(target: State) -> set[tuple[State, Signal]]:
    return {(s, signal) for s, row in TRANSITIONS.items() for signal, to in row.items() if to is target}


def test_every_state_has_a_row_and_a_guard() -> None:
    assert set(TRANSITIONS) == set(GUARDS) == set(State)


def test_the_only_ways_to_open() -> None:
    assert ways_into(State.OPEN) == {
        (State.START, Signal.RESUME_OPEN),
        (State.MANUAL, Signal.RESUME_OPEN),
        (State.OPENING, Signal.OPEN_PROVED),
    }
    assert {signal for _, signal in ways_into(State.OPENING)} == {Signal.OPEN_GRANTED}
    assert {state for state, _ in ways_into(State.OPENING)} == REOPENABLE == FAILED | {State.CLOSED}


def test_the_arm_is_lowered_only_on_a_clear_lane() -> None:
    assert frozenset({State.LOWERING}) == LOWERS
    assert {signal for _, signal in ways_into(State.LOWERING)} == {Signal.LANE_CLEAR}


def test_a_closing_begins_with_warnings() -> None:
    begun = {signal for _, signal in ways_into(State.PRE_WARN)}
    assert begun == {Signal.TRIP, Signal.RESUME_CLOSE}
    assert TRANSITIONS[State.OPEN] == {Signal.TRIP: State.PRE_WARN, Signal.KEY_ON: State.MANUAL}
    assert frozenset({State.OPEN}) == RELEASES_ENTRY


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_every_unfinished_state_leads_on_to_closed_without_a_person(state: State) -> None:
    reached, edge = {state}, {state}
    while edge:
        edge = {to for s in edge for signal, to in TRANSITIONS[s].items() if signal not in PEOPLE} - reached
        reached |= edge
    assert State.CLOSED in reached


def test_every_state_is_reachable() -> None:
    reached, edge = {State.START}, {State.START}
    while edge:
        edge = {to for s in edge for to in TRANSITIONS[s].values()} - reached
        reached |= edge
    assert reached == set(State)


def test_the_key_goes_before_everything() -> None:
    assert all(
        row.get(Signal.KEY_ON) is State.MANUAL for s, row in TRANSITIONS.items() if s is not State.MANUAL
    )


def test_whatever_moves_has_a_time_limit() -> None:
    assert LOWERS | RAISES | (FAILED - {State.HELD_OPEN}) <= LIMITS.keys()


def test_a_signal_without_a_row_changes_nothing() -> None:
    for state in State:
        for signal in Signal:
            assert step(state, signal) is TRANSITIONS[state].get(signal, state)


def test_the_diagram_in_the_documents_is_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    drawn = text.split("<!-- states -->\n")[1].split("<!-- /states -->")[0]
    assert drawn == f"```mermaid\n{diagram()}\n```\n"
