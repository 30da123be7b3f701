"""Any line is a word or a WireError; what was said is read as it was meant."""

import json
from typing import Any

import pytest
from edge.panel.house import KEYS, PEOPLE
from hypothesis import given
from hypothesis import strategies as st
from wire_strategies import commands

from sotdae_edge.panel import wire
from sotdae_edge.panel.wire import Ask, Hello, Login, Order, Refused, Welcome
from sotdae_shared.errors import WireError
from sotdae_shared.messages import QueryBody
from sotdae_shared.signing import command_bytes, public_of, sign

HELLO = Hello(facility="GG-41113-UP-0007", node="gate-1", challenge="ab" * 16)
LOGIN = Login(public=public_of(KEYS["kim"]), signature=sign(KEYS["kim"], wire.login_bytes(HELLO)))
ASK = Ask(query=QueryBody(id="q-1", query="nonce"))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["say", "query", "command", "id", "public"]) | st.text(max_size=4), inner
        )
    ),
    max_leaves=12,
)


def assert_read_or_refused(raw: bytes) -> None:
    """Fail on any other error, and on one too long to be shown."""
    for read in (wire.read_asked, wire.read_said):
        try:
            read(raw)
        except WireError as error:
            problem = str(error)
            assert len(problem) < 400


@pytest.mark.parametrize("word", [LOGIN, ASK])
def test_what_a_panel_says_is_read(word: Login | Ask) -> None:
    assert wire.read_asked(wire.line(word)) == word


@given(commands)
def test_an_order_is_read_as_it_was_signed(command: Any) -> None:
    assert wire.read_asked(wire.line(Order(command=command))) == Order(command=command)


@pytest.mark.parametrize("word", [HELLO, Refused(because="no"), Welcome(person=PEOPLE[0], people=PEOPLE)])
def test_what_an_agent_says_is_read(word: Any) -> None:
    assert wire.read_said(wire.line(word)) == word


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_line_is_a_word_or_refused(raw: bytes) -> None:
    assert_read_or_refused(raw)


@given(st.data())
def test_a_line_with_changed_bytes_is_a_word_or_refused(data: st.DataObject) -> None:
    raw = bytearray(wire.line(data.draw(st.sampled_from([LOGIN, ASK, HELLO]))))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert_read_or_refused(bytes(raw))


def test_a_line_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(WireError, match="limit"):
        wire.read_asked(b" " * (wire.MAX_ASKED + 1))


@given(commands)
def test_a_login_can_never_be_an_order(command: Any) -> None:
    assert command_bytes(command) != wire.login_bytes(HELLO)


def test_challenges_of_other_gates_are_other_bytes() -> None:
    others = [
        HELLO.model_copy(update=change)
        for change in ({"facility": "GG-1"}, {"node": "x"}, {"challenge": "cd" * 16})
    ]
    assert len({wire.login_bytes(each) for each in (HELLO, *others)}) == 4
