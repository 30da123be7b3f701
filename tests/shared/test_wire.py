import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import ADDRESS, AT, BODIES, BOOT, STATE
from wire_strategies import BODIES as DRAWN
from wire_strategies import envelopes, json_values, states

from sotdae_shared import topics, wire
from sotdae_shared.errors import TopicError, WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import (
    BODY_OF,
    CLASS_OF,
    DOWN_KINDS,
    UP_KINDS,
    Class,
    ClockTrust,
    Envelope,
    Kind,
    StateBody,
)

UP = sorted(UP_KINDS)
DOWN = sorted(DOWN_KINDS)


def envelope(kind: Kind) -> Envelope:
    return Envelope(
        v=1,
        facility=ADDRESS.facility,
        node=ADDRESS.node,
        boot=BOOT,
        cls=CLASS_OF.get(kind, Class.TELEMETRY),
        seq=7,
        at=AT,
        clock=ClockTrust.SYNCED,
        mono_ms=123456,
        kind=kind,
        body=BODIES[kind],
    )


def altered(kind: Kind, /, **changes: Any) -> bytes:
    """A good message with some header fields replaced (None: left out)."""
    fields = {**json.loads(wire.encode(envelope(kind))), **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


@pytest.mark.parametrize("kind", UP)
@settings(max_examples=25, deadline=None)
@given(draw=st.data())
def test_what_is_sent_up_is_understood_as_it_was_meant(kind: Kind, draw: st.DataObject) -> None:
    message = draw.draw(envelopes(kind))
    raw = wire.encode(message)
    assert wire.decode(raw) == message
    assert wire.encode(wire.decode(raw)) == raw
    assert wire.decode_header(raw).key == message.key


@pytest.mark.parametrize("kind", DOWN)
@settings(max_examples=25, deadline=None)
@given(draw=st.data())
def test_what_is_sent_down_is_understood_as_it_was_meant(kind: Kind, draw: st.DataObject) -> None:
    body = draw.draw(DRAWN[kind])
    assert wire.decode_down(kind, wire.encode_down(body)) == body


@given(state=states)
def test_presence_is_understood_as_it_was_meant(state: StateBody) -> None:
    assert wire.decode_as(StateBody, wire.encode_down(state)) == state


def only_wire_errors(raw: bytes) -> None:
    for understand in (wire.decode, wire.decode_header, lambda raw: wire.decode_as(StateBody, raw)):
        with contextlib.suppress(WireError):
            understand(raw)
    for kind in DOWN:
        with contextlib.suppress(WireError):
            wire.decode_down(kind, raw)


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_a_message_or_a_wire_error(raw: bytes) -> None:
    only_wire_errors(raw)


@given(value=json_values)
def test_any_json_is_a_message_or_a_wire_error(value: object) -> None:
    only_wire_errors(json.dumps(value).encode())


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(list(Kind)), draw=st.data())
def test_a_good_message_with_one_field_replaced_is_a_message_or_a_wire_error(
    kind: Kind, draw: st.DataObject
) -> None:
    raw = wire.encode(envelope(kind)) if kind in UP_KINDS else wire.encode_down(BODIES[kind])
    fields = json.loads(raw)
    target = fields["body"] if kind in UP_KINDS and draw.draw(st.booleans()) else fields
    target[draw.draw(st.sampled_from(sorted(target)))] = draw.draw(json_values)
    only_wire_errors(json.dumps(fields).encode())


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(UP), draw=st.data())
def test_a_good_message_with_damaged_bytes_is_a_message_or_a_wire_error(
    kind: Kind, draw: st.DataObject
) -> None:
    raw = bytearray(wire.encode(envelope(kind)))
    for _ in range(draw.draw(st.integers(1, 4))):
        raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    only_wire_errors(bytes(raw[: draw.draw(st.integers(0, len(raw)))]))


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"null",
        b"[" * 5_000,
        b'{"v":1' + b',"x":[' * 500,
        b'{"v": %s}' % (b"9" * 5_000),
        b'{"v": 1e999}',
        b'"\\ud800"',
        b"\xff\xfe\x00",
        b'{"body":' * 300 + b"1" + b"}" * 300,
    ],
)
def test_hostile_json_is_a_wire_error(hostile: bytes) -> None:
    only_wire_errors(hostile)
    with pytest.raises(WireError):
        wire.decode(hostile)


def test_a_message_larger_than_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(WireError, match="the limit is"):
        wire.decode_header(altered(Kind.EVENT, pad="x" * wire.MAX_BYTES))
    with pytest.raises(WireError, match="the limit is"):
        wire.decode_down(Kind.QUERY, b" " * (wire.MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"v": 2}, "schema version 2"),
        ({"v": 0}, "v:"),
        ({"seq": 0}, "seq:"),
        ({"seq": 2**53}, "seq:"),
        ({"boot": "xyz"}, "boot:"),
        ({"boot": None}, "boot:"),
        ({"node": "Gate 7"}, "node:"),
        ({"node": "gate-7\n"}, "node:"),
        ({"facility": "GG-41113-ZZ-0007"}, "facility:"),
        ({"facility": "GG-41113-UP-0007\n"}, "facility:"),
        ({"class": "urgent"}, "class:"),
        ({"class": "telemetry"}, "does not travel in class"),
        ({"kind": "command"}, "does not travel in class"),
        ({"kind": "song"}, "kind:"),
        ({"at": "2026-07-18T06:40:12"}, "at:"),
        ({"mono_ms": -1}, "mono_ms:"),
        ({"mono_ms": 2**64}, "mono_ms:"),
        ({"body": {"code": "x", "priority": 5, "active": True}}, "body.priority:"),
        ({"body": {"code": "x", "priority": 1, "active": True, "data": {"n": [float("nan")]}}}, "body"),
        ({"body": [1]}, "body."),
    ],
)
def test_a_wrong_field_is_named_in_the_error(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(WireError, match=says):
        wire.decode(altered(Kind.EVENT, **changes))


def test_a_header_is_readable_where_version_and_body_are_not() -> None:
    header = wire.decode_header(altered(Kind.EVENT, v=99, kind="song", body="?"))
    assert header.key == (ADDRESS.node, BOOT, "safety", 7)


@pytest.mark.parametrize("kind", UP)
def test_an_upward_body_may_have_fields_of_a_newer_version(kind: Kind) -> None:
    fields = json.loads(wire.encode(envelope(kind)))
    fields["body"]["added_later"] = 1
    fields["added_later"] = 1
    assert wire.decode(json.dumps(fields).encode()) == envelope(kind)


@pytest.mark.parametrize("kind", DOWN)
def test_a_downward_body_with_an_unknown_field_is_refused(kind: Kind) -> None:
    fields = json.loads(wire.encode_down(BODIES[kind]))
    with pytest.raises(WireError, match="added_later"):
        wire.decode_down(kind, json.dumps({**fields, "added_later": 1}).encode())


def test_numbers_that_are_not_finite_are_refused_in_readings() -> None:
    for number in ("NaN", "Infinity", "1e999"):
        raw = wire.encode(envelope(Kind.TELEMETRY)).replace(b"12.5", number.encode())
        with pytest.raises(WireError):
            wire.decode(raw)
    raw = wire.encode(envelope(Kind.HEALTH)).replace(b"3600.5", b"1e999")
    with pytest.raises(WireError, match="uptime_s"):
        wire.decode(raw)


def test_every_kind_has_a_body_and_a_way_to_travel() -> None:
    assert set(BODY_OF) == set(Kind) == UP_KINDS | DOWN_KINDS
    assert not UP_KINDS & DOWN_KINDS


def test_a_message_speaks_only_for_the_node_and_kind_of_its_topic() -> None:
    message = envelope(Kind.EVENT)
    wire.check_topic(topics.parse(ADDRESS.up(Kind.EVENT)), message, message.kind)
    other_node = topics.Address(ADDRESS.facility, "gate-8")
    other_place = topics.Address(FacilityId("GG-41113-UP-0008"), ADDRESS.node)
    for address in (other_node, other_place):
        with pytest.raises(TopicError, match="on the topic of"):
            wire.check_topic(topics.parse(address.up(Kind.EVENT)), message)
    with pytest.raises(TopicError, match="kind event"):
        wire.check_topic(topics.parse(ADDRESS.up(Kind.REPORT)), message, message.kind)
    with pytest.raises(TopicError):
        wire.check_topic(topics.parse(ADDRESS.state), message, message.kind)
    assert STATE.status == "online"


@pytest.mark.parametrize("field", ["pending", "dropped"])
@pytest.mark.parametrize("count", [2**53, 2**70, 10**400])
def test_a_count_that_no_store_could_hold_is_refused(field: str, count: int) -> None:
    with pytest.raises(WireError, match=field):
        wire.decode(altered(Kind.HEALTH, body={"stage": "normal", field: count}))
