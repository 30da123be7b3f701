"""Closed segments, packed: a magic line, SHA-256 of what follows, zlib."""

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from sotdae_edge.record.key import sync_directory

MAGIC = b"SOTDAEREC1\n"
_HEAD = len(MAGIC) + 32
MAX_BYTES = 256 * 1024 * 1024
"""More than this unpacked is no segment of ours."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The lines of a segment, as far as they could be had."""

    lines: bytes
    problem: str | None = None


def pack(lines: bytes) -> bytes:
    """Return lines as a packed file."""
    body = zlib.compress(lines, 6)
    return MAGIC + hashlib.sha256(body).digest() + body


def unpack(raw: bytes) -> Unpacked:
    """Return the lines of a file, packed or not. Never raises: what is wrong is said."""
    if not raw.startswith(MAGIC[:7]):
        return Unpacked(raw)
    body = raw[_HEAD:]
    intact = raw.startswith(MAGIC) and hashlib.sha256(body).digest() == raw[len(MAGIC) : _HEAD]
    lines, problem = bytearray(), None if intact else "the packed file does not match its own hash"
    inflating = zlib.decompressobj()
    try:
        # In small steps, so that what comes before the damage is still had.
        for start in range(0, len(body), 256):
            lines += inflating.decompress(body[start : start + 256], MAX_BYTES + 1 - len(lines))
            if len(lines) > MAX_BYTES:
                return Unpacked(b"", f"more than {MAX_BYTES} bytes unpacked")
    except zlib.error:
        problem = problem or "cannot be unpacked"
    if not inflating.eof or inflating.unused_data:
        problem = problem or "cannot be unpacked to its end"
    return Unpacked(bytes(lines), problem)


def pack_file(source: Path, target: Path) -> None:
    """Pack a closed segment and remove the plain one; a power cut leaves at least one of the two whole."""
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        file.write(pack(source.read_bytes()))
        file.flush()
        os.fsync(file.fileno())
    part.rename(target)
    sync_directory(target.parent)
    source.unlink()
