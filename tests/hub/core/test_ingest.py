"""The rule: keep, park and ack, or refuse."""

import json
from typing import Any

import pytest
from hub_kit import GATE, HOMES, Pen
from hypothesis import given
from hypothesis import strategies as st

from sotdae_hub.core.ingest import Accepted, Presence, Quarantined, Rejected, judge
from sotdae_shared.messages import Kind

STATE = {"status": "online", "session": "s1", "storage": "d1", "boots": []}


def changed(message: tuple[str, bytes, Any], **values: Any) -> tuple[str, bytes]:
    topic, raw, _ = message
    return topic, json.dumps({**json.loads(raw), **values}).encode()


@pytest.mark.parametrize("kind", ["readings", "health", "event", "birth", "clip"])
def test_understood_messages_are_accepted(kind: str) -> None:
    topic, raw, key = getattr(Pen(), kind)()
    verdict = judge(topic, raw)
    assert isinstance(verdict, Accepted)
    assert verdict.header.key == key


def test_a_gap_fills_all_its_numbers() -> None:
    topic, raw, _ = Pen().gap(10)
    verdict = judge(topic, raw)
    assert isinstance(verdict, Accepted)
    assert (verdict.header.seq, verdict.last) == (1, 10)


QUARANTINED = {
    "body of a wrong shape": {"body": {"code": 1}},
    "body missing": {"body": None},
    "future version": {"v": 7},
    "unknown kind": {"kind": "poem"},
    "kind of another topic": {"kind": "decision"},
    "kind of another class": {"class": "bulk"},
    "time without zone": {"at": "2026-07-15T06:00:00"},
    "time before time": {"at": "0001-01-01T00:00:00+09:00"},
    "negative clock": {"mono_ms": -1},
}


@pytest.mark.parametrize("values", QUARANTINED.values(), ids=QUARANTINED)
def test_a_readable_header_with_an_unreadable_rest_is_parked(values: dict[str, Any]) -> None:
    verdict = judge(*changed(Pen().event(), **values))
    assert isinstance(verdict, Quarantined)
    assert verdict.header.seq == 1
    assert verdict.reason


REJECTED = {
    "another node": {"node": "gate-8"},
    "another facility": {"facility": "GG-41113-UP-0008"},
    "no facility": {"facility": "home"},
    "no boot": {"boot": "x"},
    "sequence from zero": {"seq": 0},
    "no class": {"class": None},
}


@pytest.mark.parametrize("values", REJECTED.values(), ids=REJECTED)
def test_a_message_that_names_no_sender_of_its_own_is_refused(values: dict[str, Any]) -> None:
    assert isinstance(judge(*changed(Pen().event(), **values)), Rejected)


def test_a_message_on_a_topic_of_another_node_is_refused() -> None:
    _, raw, _ = Pen().event()
    assert isinstance(judge(HOMES.up(Kind.EVENT), raw), Rejected)


def test_a_gap_that_ends_before_it_begins_is_parked() -> None:
    topic, raw, _ = Pen().gap(1)
    assert isinstance(judge(*changed((topic, raw, None), seq=5)), Quarantined)


def test_presence_is_no_message_of_a_sequence() -> None:
    verdict = judge(GATE.state, json.dumps(STATE).encode())
    assert isinstance(verdict, Presence)
    assert verdict.address == GATE
    assert isinstance(judge(GATE.state, b"online"), Rejected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.text(max_size=80) | st.just(GATE.up(Kind.EVENT)) | st.just(GATE.state), st.binary(max_size=300))
def test_no_bytes_raise(topic: str, raw: bytes) -> None:
    assert judge(topic, raw) is not None


@given(st.sampled_from(["v", "at", "kind", "body", "seq", "class", "boot", "mono_ms", "clock"]), json_values)
def test_no_json_raises(name: str, value: Any) -> None:
    assert judge(*changed(Pen().event(), **{name: value})) is not None


@given(st.sampled_from([Kind.EVENT, Kind.REPORT, Kind.HEALTH, Kind.DECISION]), json_values)
def test_no_body_raises(kind: Kind, body: Any) -> None:
    topic, raw, _ = Pen().health() if kind is Kind.HEALTH else Pen().event()
    assert judge(*changed((topic, raw, None), kind=kind, body=body)) is not None
