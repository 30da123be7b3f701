"""What all messages are made of: kinds, classes, and bounds of their fields."""

import json
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

SCHEMA_VERSION = 1


class Class(StrEnum):
    """Delivery class: each (boot, class) has its own gap-free sequence."""

    SAFETY = "safety"
    TELEMETRY = "telemetry"
    BULK = "bulk"


class Kind(StrEnum):
    """What a message is; the last word of its topic."""

    TELEMETRY = "telemetry"
    HEALTH = "health"
    EVENT = "event"
    DECISION = "decision"
    REPORT = "report"
    CLIP = "clip"
    GAP = "gap"
    ACK = "ack"
    COMMAND = "command"
    RELEASE = "release"
    QUERY = "query"
    POLICY = "policy"


class ClockTrust(StrEnum):
    """How far the sender's wall clock can be believed."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNTRUSTED = "untrusted"


Name = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=500)]


def _finite(data: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not plain JSON: {error}") from error
    return data


Data = Annotated[dict[Name, Any], AfterValidator(_finite)]
"""Free details of a message: plain JSON, so without NaN, which no store and no browser would take."""
MAX_COUNT = 2**53 - 1
"""Largest whole number that every reader of JSON keeps exact, and every store can hold."""
Seq = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
