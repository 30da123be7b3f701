"""What a restart remembers, and what it makes of bytes that are not a memento."""

import json
from typing import Any

import pytest
from edge.core.plant import SITE, Story
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.gate import Gate
from sotdae_edge.core.memento import VERSION, Incident, Memento
from sotdae_edge.core.obeying import holders
from sotdae_shared.errors import WireError

KEPT = Memento("closed", 3, Incident("flood-1-3", "level", "radar", ("why",), 4), {"kim-1": 9})
GOOD: dict[str, Any] = json.loads(json.dumps(KEPT.write()))


def test_it_survives_json() -> None:
    assert Memento.read(GOOD) == KEPT
    assert Memento.read(None) == Memento()


@pytest.mark.parametrize(
    "change",
    [
        {"version": VERSION + 1},
        {"version": None},
        {"version": "1" * 500},
        {"state": 7},
        {"episode": -1},
        {"episode": "many"},
        {"incident": {"name": "x"}},
        {"incident": {**GOOD["incident"], "rank": 99}},
        {"last_seq": {"kim-1": -1}},
        {"last_seq": [1]},
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any]) -> None:
    with pytest.raises(WireError) as caught:
        Memento.read(GOOD | change)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({**GOOD, "version": 2}, "memento version 2: this agent reads 1"),
        ([1], "memento version None: this agent reads 1"),
        ("text", "memento version None: this agent reads 1"),
        ({**GOOD, "episode": -1, "state": 7}, "memento: 2 wrong fields"),
    ],
)
def test_the_words_for_what_is_wrong(value: Any, words: str) -> None:
    with pytest.raises(WireError) as caught:
        Memento.read(value)
    assert str(caught.value) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    JSON
    | st.fixed_dictionaries({"version": st.just(VERSION)}, optional={k: JSON for k in GOOD if k != "version"})
)
def test_any_json_is_read_or_refused_and_never_opens_a_latched_gate(value: Any) -> None:
    try:
        gate = Gate.start(SITE, "0123456789abcdef", 0.0, value)
    except WireError:
        return
    story = Story()
    story.gate = gate
    story.now = 0.0
    latched = gate.incident is not None
    story.run(3.0)
    assert (gate.state == "open") != latched


@pytest.mark.parametrize("arm", ["open", "mid", "closed"])
def test_without_a_memento_only_an_arm_proved_open_is_no_hazard(arm: str) -> None:
    story = Story()
    story.plant.arm = arm
    story.run(1.0)
    assert story.states[0] == {"open": "open", "mid": "pre_warn", "closed": "closed"}[arm]
    assert story.warned is not None
    assert story.warned.closed == (arm != "open")


@pytest.mark.parametrize("missing", ["local_key", "limit_open", "limit_closed", "loop_occupied"])
def test_a_start_does_not_wait_for_a_point_that_never_comes(missing: str) -> None:
    story = Story()
    story.plant.water(20.0)
    story.run(3.0, **{missing: None})
    assert story.gate.incident is not None
    assert story.warned is not None
    assert story.warned.closed


def test_a_latched_start_warns_before_the_controller_is_heard() -> None:
    story = Story(memento=GOOD)
    story.wait(0.0)
    story.take(story.gate.tick(story.now))
    assert story.gate.state == "start"
    assert story.warned is not None
    assert story.warned.closed
    story.wait(5.0)
    assert story.alarms["controller.silent"] == 1


def test_the_rank_that_holds_survives() -> None:
    story = Story(memento=GOOD)
    story.plant.arm = "closed"
    story.run(1.0)
    assert [int(rank) for rank in holders(story.gate)] == [4]
