"""What to do with a message: keep it, park it and ack it, or refuse it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sotdae_shared.errors import WireError
from sotdae_shared.messages import ClipBody, Envelope, GapBody, Header, Kind, StateBody, TelemetryBody
from sotdae_shared.topics import Address, Parsed, parse
from sotdae_shared.wire import check_topic, decode, decode_as, decode_header

YEARS = (1970, 2200)
"""A clock that was never set says 1970, which is kept; what lies outside could not be stored."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Understood whole: goes into the journal and is acked."""

    envelope: Envelope

    @property
    def header(self) -> Header:
        """The part that accounting needs."""
        return self.envelope

    @property
    def last(self) -> int:
        """Last sequence number that this message fills: a gap fills many, others one."""
        body = self.envelope.body
        return body.to if isinstance(body, GapBody) else self.envelope.seq


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The header speaks for its node but the rest cannot be read: parked durably, counted and acked."""

    header: Header
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nobody can be named as its sender: parked and counted, cannot be acked."""

    reason: str


@dataclass(frozen=True, slots=True)
class Presence:
    """A node's retained word about itself, outside all sequences."""

    address: Address
    state: StateBody


Verdict = Accepted | Quarantined | Rejected | Presence


def judge(topic: str, raw: bytes) -> Verdict:
    """Decide from the topic and the bytes alone. Never raises on bad input."""
    try:
        parsed = parse(topic)
        if parsed.kind is None:
            return Presence(parsed.address, decode_as(StateBody, raw))
        header = decode_header(raw)
        check_topic(parsed, header)
    except WireError as error:
        return Rejected(str(error))
    return _read(parsed, header, raw)


def _read(parsed: Parsed, header: Header, raw: bytes) -> Accepted | Quarantined:
    try:
        envelope = decode(raw)
        check_topic(parsed, header, envelope.kind)
    except WireError as error:
        return Quarantined(header, str(error))
    if envelope.kind is Kind.GAP and envelope.body.to < envelope.seq:
        return Quarantined(header, f"body.to: gap from {envelope.seq} ends before it, at {envelope.body.to}")
    wrong = next((at for at in _times(envelope) if not YEARS[0] <= at.year <= YEARS[1]), None)
    if wrong is not None:
        return Quarantined(header, f"time {wrong.isoformat()} is outside the years {YEARS[0]} to {YEARS[1]}")
    return Accepted(envelope)


def _times(envelope: Envelope) -> Iterator[datetime]:
    yield envelope.at
    match envelope.body:
        case TelemetryBody(readings=readings):
            yield from (reading.at for reading in readings if reading.at is not None)
        case ClipBody(taken_at=taken_at):
            yield taken_at
