"""Laws of tests and bypasses: no test changes what a barrier does, no bypass makes a trip harder."""

from collections.abc import Callable
from dataclasses import replace

from edge.core.exploration import ACTIONS
from edge.core.people import came, order, signed
from edge.core.watched import QUICK, Watched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.core.effects import Decided, Drive
from sotdae_edge.core.site import SelfTestPlan
from sotdae_edge.core.validity import Level
from sotdae_edge.core.vote import vote

LAW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLANNED = replace(QUICK, selftest=SelfTestPlan())
Move = tuple[str, Callable[[Watched], object] | None]


def tried(story: Watched, actuator: str) -> None:
    """Order a test; it may be refused."""
    seq = max(story.gate.last_seq.values(), default=0) + 1
    fields = {"actuator": actuator, "nonce": None, "checklist": (), "seq": seq}
    story.give(came(signed(order("test", expect_state=story.gate.state.value, **fields), "kim")))


def due(story: Watched) -> None:
    """Make the daily test due."""
    if (age := story.gate.selftests.ages.of.get("lamps")) is not None:
        age.due = story.now


MOVES = st.one_of(
    st.sampled_from(sorted(ACTIONS)).map(lambda name: (name, ACTIONS[name])),
    st.sampled_from(["lamps", "siren", "channel:radar"]).map(lambda name: (name, None)),
    st.sampled_from([("due", due), ("wait", ACTIONS["wait"]), ("wet", ACTIONS["wet"])]),
)


def barrier(story: Watched) -> list[object]:
    """Return all that a story's barrier did, and why."""
    tests = ("selftest", "test")
    steps = [(e.decision, e.state, e.because) for e in _decided(story) if e.decision not in tests]
    return [
        *steps,
        *(e for e in story.effects if isinstance(e, Drive)),
        story.gate.state,
        story.gate.incident,
    ]


def _decided(story: Watched) -> list[Decided]:
    return [e for e in story.effects if isinstance(e, Decided)]


@LAW
@given(st.lists(MOVES, max_size=25))
def test_no_test_changes_what_the_barrier_does(moves: list[Move]) -> None:
    plain, tested = Watched(QUICK), Watched(PLANNED)
    plain.run(1.0)
    tested.run(1.0)
    for name, act in moves:
        if act is None:
            tried(tested, name)
            continue
        act(plain)
        act(tested)
    assert barrier(tested) == barrier(plain)


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
    before, after = vote(levels, 15.0, independent), vote(levels | {out: None}, 15.0, independent)
    others = [name for name, ballot in before.ballots.items() if ballot == "trip" and name != out]
    assert after.trip >= (before.trip and bool(others))
    assert after.needed <= max(1, before.needed)
