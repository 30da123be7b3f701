"""The words that travel: messages, topics, ids, signatures."""

import json

from fuzz.target import Target, plain
from wire_samples import ADDRESS, AT, BODIES, BOOT, STATE

from sotdae_shared import policy, topics, wire
from sotdae_shared.errors import TopicError, WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.korean import MOST, TEXTS, in_korean
from sotdae_shared.messages import (
    CLASS_OF,
    DOWN_KINDS,
    UP_KINDS,
    Class,
    ClockTrust,
    Envelope,
    Kind,
    StateBody,
)
from sotdae_shared.signing import command_bytes, release_bytes, verify
from sotdae_shared.trust import Signer, Trust

UP, DOWN = sorted(UP_KINDS), sorted(DOWN_KINDS)
SIGNERS = Trust(
    signers=(
        Signer(key="kim", public="ab" * 32, name="Kim", scope="GG"),
        Signer(key="lee", public="cd" * 32, name="Lee", scope="41113"),
    )
)


def envelope(kind: Kind) -> Envelope:
    """Return a good message of a kind."""
    return Envelope(
        v=1, facility=str(ADDRESS.facility), node=ADDRESS.node, boot=BOOT, seq=7, at=AT, mono_ms=123456,
        cls=CLASS_OF.get(kind, Class.TELEMETRY), clock=ClockTrust.SYNCED, kind=kind, body=BODIES[kind],
    )  # fmt: skip


def _up(data: bytes) -> None:
    message = wire.decode(data)
    assert wire.decode_header(data).key == message.key
    assert wire.decode(wire.encode(message)) == message


def _down(data: bytes) -> None:
    """Any kind's bytes on any kind's topic; the first octet chooses."""
    kind = DOWN[data[0] % len(DOWN)] if data else DOWN[0]
    body = wire.decode_down(kind, data[1:])
    assert wire.decode_down(kind, wire.encode_down(body)) == body
    if kind is Kind.COMMAND:
        command_bytes(body)  # type: ignore[arg-type]
    if kind is Kind.RELEASE:
        release_bytes(body)  # type: ignore[arg-type]
    if kind is Kind.POLICY:
        assert policy.unsigned(body, SIGNERS)  # type: ignore[arg-type]


def _state(data: bytes) -> None:
    state = wire.decode_as(StateBody, data)
    assert wire.decode_as(StateBody, wire.encode_down(state)) == state


def _topic(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    parsed = topics.parse(text)
    address, kind = parsed.address, parsed.kind
    said = address.state if kind is None else getattr(address, parsed.direction)(kind)
    assert said == text


def _id(data: bytes) -> None:
    facility = FacilityId(data.decode(errors="surrogateescape"))
    assert len(facility.city) == 5
    assert facility.type in facility


def _signature(data: bytes) -> None:
    """A key and a signature are text of the peer's; three lines: key, signature, data."""
    key, _, rest = data.partition(b"\n")
    signature, _, signed = rest.partition(b"\n")
    assert not verify(
        key.decode(errors="surrogateescape"), signed, signature.decode(errors="surrogateescape")
    )


def _korean(data: bytes) -> None:
    """A text comes from whoever sent the message, and goes to a person's screen."""
    text = data.decode(errors="surrogateescape")
    said = in_korean(text)
    assert said or not text
    assert len(text) <= MOST or said == text


TARGETS = (
    Target("wire_up", plain(_up), WireError, lambda: [wire.encode(envelope(kind)) for kind in UP]),
    Target(
        "wire_down",
        plain(_down),
        WireError,
        lambda: [bytes([at]) + wire.encode_down(BODIES[kind]) for at, kind in enumerate(DOWN)],
    ),
    Target("wire_state", plain(_state), WireError, lambda: [wire.encode_down(STATE)]),
    Target(
        "topic",
        plain(_topic),
        TopicError,
        lambda: [topic.encode() for topic in (ADDRESS.state, *map(ADDRESS.up, UP), *map(ADDRESS.down, DOWN))],
    ),
    Target("facility_id", plain(_id), WireError, lambda: [b"GG-41113-UP-0007", b"GG-41670-SB-0001"]),
    Target("korean", plain(_korean), None, lambda: [text.encode() for text in sorted(TEXTS)]),
    Target(
        "signature",
        plain(_signature),
        None,
        lambda: [b"ab" * 32 + b"\n" + b"0f" * 64 + b"\n" + json.dumps({}).encode()],
    ),
)
