"""The barrier's state machine, as a table.

Everything that takes the barrier from state to state is in TRANSITIONS; a signal without a row changes
nothing. The diagram in docs/gate.md is drawn from it. Rules the table keeps, each checked by a test:

* The only ways to OPEN are OPENING, which people grant, and RESUME_OPEN, which the gate gives only
  when nothing is latched and the arm is proven open.
* LOWERING is entered only by LANE_CLEAR.
* Every state of an unfinished closing has a way on that needs no person (RETRY or LANE_CLEAR).
"""

from enum import StrEnum


class State(StrEnum):
    """Where the barrier is."""

    START = "start"
    OPEN = "open"
    PRE_WARN = "pre_warn"
    CLEARING = "clearing"
    LOWERING = "lowering"
    BACKING_OFF = "backing_off"
    CLOSED = "closed"
    HELD_OPEN = "held_open"
    ESCAPE = "escape"
    PARTIAL = "partial"
    OBSTRUCTED = "obstructed"
    FAULT = "fault"
    OPENING = "opening"
    MANUAL = "manual"


class Signal(StrEnum):
    """What may take it on."""

    TRIP = "trip"
    WARNED = "warned"
    LANE_CLEAR = "lane_clear"
    LANE_LOST = "lane_lost"
    QUEUE = "queue_under_arm"
    CLOSED_PROVED = "closed_proved"
    PROOF_LOST = "proof_lost"
    OVERDUE = "overdue"
    NO_MOTION = "no_motion"
    OBSTRUCTION = "obstruction"
    BACKED_OFF = "backed_off"
    RETRIES_SPENT = "retries_spent"
    RETRY = "retry"
    ESCAPE_ASKED = "escape_asked"
    RAISED = "raised"
    OPEN_GRANTED = "open_granted"
    OPEN_PROVED = "open_proved"
    KEY_ON = "key_on"
    RESUME_OPEN = "resume_open"
    RESUME_CLOSED = "resume_closed"
    RESUME_CLOSE = "resume_close"


_S, _G = State, Signal
_KEY = {_G.KEY_ON: _S.MANUAL}
_RESUME = {
    _G.RESUME_OPEN: _S.OPEN,
    _G.RESUME_CLOSED: _S.CLOSED,
    _G.RESUME_CLOSE: _S.PRE_WARN,
}

TRANSITIONS: dict[State, dict[Signal, State]] = {
    _S.START: {**_RESUME, **_KEY},
    _S.OPEN: {_G.TRIP: _S.PRE_WARN, **_KEY},
    _S.PRE_WARN: {_G.WARNED: _S.CLEARING, **_KEY},
    _S.CLEARING: {
        _G.CLOSED_PROVED: _S.CLOSED,
        _G.LANE_CLEAR: _S.LOWERING,
        _G.QUEUE: _S.HELD_OPEN,
        _G.ESCAPE_ASKED: _S.ESCAPE,
        **_KEY,
    },
    _S.LOWERING: {
        _G.CLOSED_PROVED: _S.CLOSED,
        _G.OBSTRUCTION: _S.BACKING_OFF,
        _G.LANE_LOST: _S.CLEARING,
        _G.NO_MOTION: _S.FAULT,
        _G.OVERDUE: _S.PARTIAL,
        **_KEY,
    },
    _S.BACKING_OFF: {_G.BACKED_OFF: _S.CLEARING, _G.RETRIES_SPENT: _S.OBSTRUCTED, **_KEY},
    _S.CLOSED: {
        _G.ESCAPE_ASKED: _S.ESCAPE,
        _G.PROOF_LOST: _S.PARTIAL,
        _G.OPEN_GRANTED: _S.OPENING,
        **_KEY,
    },
    _S.ESCAPE: {_G.RAISED: _S.CLEARING, **_KEY},
    _S.HELD_OPEN: {
        _G.CLOSED_PROVED: _S.CLOSED,
        _G.LANE_CLEAR: _S.LOWERING,
        _G.ESCAPE_ASKED: _S.ESCAPE,
        _G.OPEN_GRANTED: _S.OPENING,
        **_KEY,
    },
    _S.PARTIAL: {
        _G.CLOSED_PROVED: _S.CLOSED,
        _G.ESCAPE_ASKED: _S.ESCAPE,
        _G.RETRY: _S.CLEARING,
        _G.OPEN_GRANTED: _S.OPENING,
        **_KEY,
    },
    _S.OBSTRUCTED: {
        _G.CLOSED_PROVED: _S.CLOSED,
        _G.ESCAPE_ASKED: _S.ESCAPE,
        _G.RETRY: _S.CLEARING,
        _G.OPEN_GRANTED: _S.OPENING,
        **_KEY,
    },
    _S.FAULT: {
        _G.CLOSED_PROVED: _S.CLOSED,
        _G.ESCAPE_ASKED: _S.ESCAPE,
        _G.RETRY: _S.CLEARING,
        _G.OPEN_GRANTED: _S.OPENING,
        **_KEY,
    },
    _S.OPENING: {_G.OPEN_PROVED: _S.OPEN, _G.TRIP: _S.PRE_WARN, _G.OVERDUE: _S.FAULT, **_KEY},
    _S.MANUAL: _RESUME,
}

LOWERS = frozenset({State.LOWERING})
RAISES = frozenset({State.BACKING_OFF, State.ESCAPE, State.OPENING})
RELEASES_ENTRY = frozenset({State.OPEN})
"""States in which the warnings may show anything but closed."""
FAILED = frozenset({State.HELD_OPEN, State.PARTIAL, State.OBSTRUCTED, State.FAULT})
"""The closing ended without an arm proven closed: every warning closed, an alarm of priority 1."""
SETTLED = frozenset({State.OPEN, State.CLOSED, State.PRE_WARN})
"""What ends the alarm of a failed closing: a proof, people, or a closing begun anew."""
SIREN = FAILED | {State.PRE_WARN, State.CLEARING, State.LOWERING, State.BACKING_OFF, State.ESCAPE}


LEAST_CLOSED = (
    State.FAULT, State.OBSTRUCTED, State.PARTIAL, State.HELD_OPEN, State.MANUAL, State.START,
    State.BACKING_OFF, State.ESCAPE, State.OPENING, State.OPEN, State.PRE_WARN, State.CLEARING,
    State.LOWERING, State.CLOSED,
)  # fmt: skip
"""The state that speaks for several approaches comes first: failures, people, then who is least closed."""


def step(state: State, signal: Signal) -> State:
    """Return the next state; the same one when the signal has no row."""
    return TRANSITIONS[state].get(signal, state)


def diagram() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> start"]
    lines += [
        f"    {state} --> {target}: {signal}"
        for state, row in TRANSITIONS.items()
        for signal, target in row.items()
    ]
    return "\n".join(lines)
