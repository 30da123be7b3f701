"""The two datagrams between agent and watchdog: a feed and its answer. Pure, fixed size, no text."""

import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from sotdae_shared.errors import WireError

_FEED = struct.Struct("!4s8sIQ")
_ANSWER = struct.Struct("!4sIB")
_FEED_MARK = b"SDF1"
_ANSWER_MARK = b"SDA1"
MAX_BYTES = 64
"""Longer than either; what is cut off at this length is refused as too long."""
COUNT_LIMIT = 2**32
BOOT_BYTES = 8


class Notes(IntFlag):
    """What the watchdog says of itself."""

    HOLDING = 1
    """It has closed the warnings and goes on doing so."""
    BLIND = 2
    """It could not reach the controller when it last tried."""
    UNARMED = 4
    """The hardware timer it was told to pet cannot be had."""


NOTHING = Notes(0)
_KNOWN = int(Notes.HOLDING | Notes.BLIND | Notes.UNARMED)


@dataclass(frozen=True, slots=True)
class Feed:
    """The agent decides, and the controller obeys it; sent at `at` (s, CLOCK_MONOTONIC)."""

    boot: bytes
    count: int
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The watchdog heard the feed with this count."""

    count: int
    notes: Notes


def encode_feed(feed: Feed) -> bytes:
    """Return 24 bytes; the time in nanoseconds."""
    return _FEED.pack(_FEED_MARK, feed.boot, feed.count, round(feed.at * 1e9))


def decode_feed(raw: bytes) -> Feed:
    """Understand a feed. Raises WireError."""
    mark, boot, count, at_ns = _unpack(_FEED, raw, "feed")
    if mark != _FEED_MARK:
        raise WireError(f"feed begins with {mark!r}")
    return Feed(boot, count, at_ns / 1e9)


def encode_answer(answer: Answer) -> bytes:
    """Return 9 bytes."""
    return _ANSWER.pack(_ANSWER_MARK, answer.count, answer.notes)


def decode_answer(raw: bytes) -> Answer:
    """Understand an answer. Raises WireError."""
    mark, count, notes = _unpack(_ANSWER, raw, "answer")
    if mark != _ANSWER_MARK:
        raise WireError(f"answer begins with {mark!r}")
    if notes & ~_KNOWN:
        raise WireError(f"answer with notes {notes:#x} that nobody knows")
    return Answer(count, Notes(notes))


def _unpack(layout: struct.Struct, raw: bytes, what: str) -> tuple[Any, ...]:
    if len(raw) != layout.size:
        raise WireError(f"{what} of {len(raw)} bytes: want {layout.size}")
    return layout.unpack(raw)
