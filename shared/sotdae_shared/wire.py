"""Bytes to messages and back. All bounds on outside bytes stand here."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError, create_model

from sotdae_shared.errors import TopicError, WireError
from sotdae_shared.messages import BODY_OF, CLASS_OF, SCHEMA_VERSION, Class, Envelope, Header, Kind
from sotdae_shared.topics import Parsed

MAX_BYTES = 512 * 1024
"""Largest message: a 300 kB picture in base64 and its header; brokers are configured with the same."""
MAX_POLICY_BYTES = 64 * 1024
"""Largest policy: a scope of 2,000 facilities; a gate keeps two of them beside its state."""

Model = TypeVar("Model", bound=BaseModel)


class _Start(Header):
    kind: Kind


_ENVELOPE_OF: dict[Kind, type[Envelope]] = {
    kind: create_model(f"{kind.name}_ENVELOPE", __base__=Envelope, body=(body, ...))
    for kind, body in BODY_OF.items()
}


def encode(envelope: Envelope) -> bytes:
    """Return the wire form of an upward message."""
    return envelope.model_dump_json(by_alias=True).encode()


def encode_down(body: BaseModel) -> bytes:
    """Return the wire form of a downward body."""
    return body.model_dump_json(by_alias=True).encode()


def decode_header(raw: bytes) -> Header:
    """Understand the part that accounting needs.

    Raises:
        WireError: if the bytes are too many, not JSON, or lack a valid header.
    """
    return _validate(Header, raw)


def decode(raw: bytes) -> Envelope:
    """Understand an upward message whole.

    Raises:
        WireError: if header, version or body is wrong. The header may still be readable.
    """
    start = _validate(_Start, raw)
    if start.v not in (SCHEMA_VERSION, SCHEMA_VERSION - 1):
        raise WireError(f"schema version {start.v}: this hub reads {SCHEMA_VERSION} and {SCHEMA_VERSION - 1}")
    expected = CLASS_OF.get(start.kind)
    if start.kind is not Kind.GAP and expected is not start.cls:
        raise WireError(f"kind {start.kind} does not travel in class {start.cls}")
    # The kind is known, so that one pass over the bytes checks header and body.
    fields = dict(_validate(_ENVELOPE_OF[start.kind], raw))
    return Envelope.model_construct(**{"class": fields.pop("cls"), **fields})


def decode_down(kind: Kind, raw: bytes) -> BaseModel:
    """Understand a downward body.

    Raises:
        WireError: if it is too large, not JSON, or has an unknown, missing or wrong field.
    """
    if kind is Kind.POLICY and len(raw) > MAX_POLICY_BYTES:
        raise WireError(f"{len(raw)} bytes: the limit of a policy is {MAX_POLICY_BYTES}")
    return _validate(BODY_OF[kind], raw)


def decode_as(model: type[Model], raw: bytes) -> Model:
    """Understand bytes as one given model, such as presence.

    Raises:
        WireError: if they are too many or do not fit.
    """
    return _validate(model, raw)


def check_topic(parsed: Parsed, header: Header, kind: Kind | None = None) -> None:
    """Check that a message speaks only for the node whose topic it came on.

    Raises:
        TopicError: if facility, node or kind differ.
    """
    claims = (header.facility, header.node)
    if claims != (parsed.address.facility, parsed.address.node):
        raise TopicError(f"message of {'/'.join(claims)} on the topic of {parsed.address.base}")
    if kind is not None and kind is not parsed.kind:
        raise TopicError(f"kind {kind} on the topic of {parsed.kind}")


def _validate(model: type[Model], raw: bytes) -> Model:
    if len(raw) > MAX_BYTES:
        raise WireError(f"{len(raw)} bytes: the limit is {MAX_BYTES}")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise WireError(_first(error)) from error


def _first(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_input=False)
    first = details[0]
    place = ".".join(str(part) for part in first["loc"])[:120] or "message"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return f"{place}: {first['msg']}{more}"


__all__ = [
    "MAX_BYTES", "MAX_POLICY_BYTES", "Class", "check_topic", "decode", "decode_as", "decode_down",
    "decode_header", "encode", "encode_down",
]  # fmt: skip
