"""A whole gate as JSON values and back, so that a record can begin at any moment."""

import hashlib
from collections import deque
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sotdae_edge.core.arm import NEVER, POINTS
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import Site
from sotdae_edge.core.validity import MAX_HISTORY
from sotdae_edge.record.coding import parse, text
from sotdae_shared.errors import WireError
from sotdae_shared.signing import canonical

_GATE = TypeAdapter(Gate)
_SITE = TypeAdapter(Site)
_CACHES = ("_outlook", "_calm")
"""Worked out anew when asked for; who asked when is no part of a gate's state, and no more is its rest."""


def snapshot(gate: Gate) -> dict[str, Any]:
    """Return all that decides what the gate does next. It shares nothing with the gate."""
    value: dict[str, Any] = _GATE.dump_python(gate, warnings=False)
    for cache in _CACHES:
        value["sensing"].pop(cache, None)
    value.pop("resting", None)
    return parse(text(value).encode("ascii"))


def restore(value: object) -> Gate:
    """Return the gate of a snapshot. WireError if it is none."""
    try:
        gate = _GATE.validate_python(value)
    except ValidationError as error:
        raise WireError(f"snapshot: {error.error_count()} wrong fields") from error
    for channel in gate.sensing.channels:
        channel.history = deque(channel.history, maxlen=MAX_HISTORY)
    for way in gate.approaches:
        if way.arm.fresh_until > NEVER:  # a record of another version may know other points
            way.arm.words = {name: way.arm.words.get(name) for name in POINTS}
    return gate


def site_sha256(site: Site) -> str:
    """Return the hash that names a site's settings: SHA-256 over their RFC 8785 JSON."""
    value = _SITE.dump_python(site, mode="json")
    if site.policy is None:  # as in records from before there were policies
        del value["policy"]
    return hashlib.sha256(canonical(value)).hexdigest()
