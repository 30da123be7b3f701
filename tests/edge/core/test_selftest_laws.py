"""Laws of tests and bypasses: no test changes what a barrier does, no bypass makes a trip harder."""

from dataclasses import replace

from edge.core.moves import ACTIONS
from edge.core.orders import BYPASSES, TESTS, make_due, tell_time
from edge.core.watched import QUICK, Watched
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sotdae_edge.core.effects import Decided, Drive
from sotdae_edge.core.site import SelfTestPlan
from sotdae_edge.core.validity import Level
from sotdae_edge.core.vote import vote

LAW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLANNED = replace(QUICK, selftest=SelfTestPlan())
SPECIAL = {**TESTS, "due": make_due}
"""What only the gate with tests is told."""
MOVES = st.sampled_from([*sorted(ACTIONS), *["wait", "wet"] * 4, *sorted(SPECIAL) * 3])


def barrier(story: Watched) -> list[object]:
    """Return all that a story's barrier did, and why."""
    tests = ("selftest", "test")
    decided = (e for e in story.effects if isinstance(e, Decided))
    steps = [(e.decision, e.state, e.because) for e in decided if e.decision not in tests]
    return [
        *steps,
        *(e for e in story.effects if isinstance(e, Drive)),
        story.gate.state,
        story.gate.incident,
    ]


@LAW
@given(st.lists(MOVES, max_size=25))
def test_no_test_changes_what_the_barrier_does(moves: list[str]) -> None:
    plain, tested = Watched(QUICK), Watched(PLANNED)
    plain.run(1.0)
    tested.run(1.0)
    for name in moves:
        if name in SPECIAL:
            SPECIAL[name](tested)
        else:
            ACTIONS[name](plain)
            ACTIONS[name](tested)
    assert barrier(tested) == barrier(plain)


STORIES = {**ACTIONS, **TESTS, **BYPASSES, "due": make_due, "time": tell_time}
del STORIES["grant"]
"""The watch counts a silent channel as wet; test_bypass shows who is needed to reopen."""


@LAW
@given(st.lists(st.sampled_from(sorted(STORIES)), max_size=40))
def test_tests_and_bypasses_keep_every_invariant(moves: list[str]) -> None:
    story = Watched(PLANNED)
    for name in moves:
        STORIES[name](story)


LEVELS = st.none() | st.sampled_from(
    [
        Level(0.0, 0.0),
        Level(14.9, 14.9),
        Level(15.0, 15.0),
        Level(-5.0, 5.0),
        Level(5.0, 400.0),
        Level(15.0, 400.0),
    ]
)


@given(st.dictionaries(st.sampled_from("abcd"), LEVELS, min_size=2), st.booleans(), st.data())
def test_a_channel_taken_out_never_makes_a_trip_of_the_others_harder(
    levels: dict[str, Level | None], independent: bool, data: st.DataObject
) -> None:
    out = data.draw(st.sampled_from(sorted(levels)))
    # Of four channels two trip: without one of these two, two of three are asked for. But the gate
    # refuses to bypass a channel that reads water while another does.
    assume(len(levels) < 4 or vote({out: levels[out]}, 15.0).trip is False)
    before, after = vote(levels, 15.0, independent), vote(levels | {out: None}, 15.0, independent)
    others = [name for name, ballot in before.ballots.items() if ballot == "trip" and name != out]
    assert after.trip >= (before.trip and bool(others))
    assert after.needed <= max(1, before.needed)
