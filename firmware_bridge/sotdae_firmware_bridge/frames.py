"""Frames on a serial line to a microcontroller board: `protocol.md` draws them. Pure, for both ends."""

from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct

from sotdae_shared.errors import WireError

VERSION = 1
DELIMITER = b"\x00"
MAX_BODY = 256
"""Octets of a body: the largest block of Modbus, 250, and what says where it lies."""

_HEAD = Struct(">BBH")
_CHECK = Struct(">I")
_SHORTEST = _HEAD.size + _CHECK.size
MAX_PACKET = _SHORTEST + MAX_BODY
MAX_STUFFED = MAX_PACKET + MAX_PACKET // 254 + 1
"""Longest packet once its zeros are stuffed away."""


class FrameType(IntEnum):
    """What a frame says. Answers carry the type of their question with the high bit set."""

    BEAT = 0x01
    READ = 0x02
    WRITE = 0x03
    ALIVE = 0x81
    VALUES = 0x82
    DONE = 0x83
    REFUSED = 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; an answer repeats the number of its question."""

    type: FrameType
    seq: int
    body: bytes = b""


def encode(frame: Frame) -> bytes:
    """Octets of a frame, with a delimiter on both sides. Raises ValueError if number or body do not fit."""
    if not 0 <= frame.seq <= 0xFFFF or len(frame.body) > MAX_BODY:
        raise ValueError(f"frame {frame.seq} of {len(frame.body)} octets: want 16 bits and {MAX_BODY} octets")
    packet = _HEAD.pack(VERSION, frame.type, frame.seq) + frame.body
    return DELIMITER + stuff(packet + _CHECK.pack(crc32(packet))) + DELIMITER


def decode(stuffed: bytes) -> Frame:
    """Frame of what lay between two delimiters. Raises WireError, which says what is wrong."""
    packet = unstuff(stuffed)
    if not _SHORTEST <= len(packet) <= MAX_PACKET:
        raise WireError(f"packet of {len(packet)} octets: want {_SHORTEST} to {MAX_PACKET}")
    (check,) = _CHECK.unpack_from(packet, len(packet) - _CHECK.size)
    if check != crc32(packet[: -_CHECK.size]):
        raise WireError("checksum does not match")
    version, kind, seq = _HEAD.unpack_from(packet)
    if version != VERSION:
        raise WireError(f"version {version}: want {VERSION}")
    try:
        return Frame(FrameType(kind), seq, packet[_HEAD.size : -_CHECK.size])
    except ValueError:
        raise WireError(f"type {kind:#04x} is unknown") from None


def stuff(plain: bytes) -> bytes:
    """Consistent overhead byte stuffing: octets without a zero (Cheshire and Baker 1999)."""
    out = bytearray()
    groups = plain.split(DELIMITER)
    for index, group in enumerate(groups):
        while len(group) >= 0xFE:
            out += b"\xff" + group[:0xFE]
            group = group[0xFE:]  # noqa: PLW2901 - the rest of the group
            if not group and index == len(groups) - 1:
                return bytes(out)
        out.append(len(group) + 1)
        out += group
    return bytes(out)


def unstuff(stuffed: bytes) -> bytes:
    """Undo `stuff`. Raises WireError if the octets cannot have come from it."""
    out, at = bytearray(), 0
    while at < len(stuffed):
        code = stuffed[at]
        group = stuffed[at + 1 : at + code]
        if code == 0 or len(group) != code - 1 or 0 in group:
            raise WireError(f"stuffing is broken at octet {at}")
        out += group
        at += code
        if code != 0xFF and at < len(stuffed):
            out.append(0)
    return bytes(out)


@dataclass(slots=True)
class Deframer:
    """Octets as they come to frames. Finds the next frame after anything; never holds more than one."""

    refused: int = 0
    """Packets that were no frame."""
    last: WireError | None = None
    """What was wrong with the latest of them."""
    _held: bytearray = field(default_factory=bytearray)
    _skipping: bool = False

    def feed(self, octets: bytes) -> Iterator[Frame]:
        """Take octets and yield the frames that they complete."""
        *ended, rest = octets.split(DELIMITER)
        for piece in ended:
            self._hold(piece)
            if self._held and not self._skipping:
                yield from self._complete()
            self._held.clear()
            self._skipping = False
        self._hold(rest)

    def _hold(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._held) + len(piece) > MAX_STUFFED:
            self._held.clear()
            self._skipping = True
            self._refuse(WireError(f"more than {MAX_STUFFED} octets without an end"))
            return
        self._held += piece

    def _complete(self) -> Iterator[Frame]:
        try:
            yield decode(bytes(self._held))
        except WireError as error:
            self._refuse(error)

    def _refuse(self, error: WireError) -> None:
        self.refused += 1
        self.last = error
