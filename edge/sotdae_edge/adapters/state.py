"""The agent's memento in two slots, written in turn: a torn write never costs the state before it."""

import hashlib
import os
import struct
from itertools import count
from pathlib import Path

from sotdae_edge.whole import PASSING, read_whole
from sotdae_shared.errors import LinkError

_MAGIC = b"SOTDAE1\n"
_HEADER = struct.Struct(">8sQI32s")
"""Magic, number of the save, length of the state, SHA-256 over those three and the state."""
MAX_BYTES = 1024 * 1024
"""Largest state: a slot that claims more is corrupt."""


class FileState:
    """Implements `ports.StateStore` in ``<path>.a`` and ``<path>.b``. One caller at a time."""

    def __init__(self, path: Path) -> None:
        """Take the common start of both slots' names; nothing is read yet."""
        self._slots = (path.with_name(f"{path.name}.a"), path.with_name(f"{path.name}.b"))
        self._number: int | None = None
        self.corrupt = 0
        """Slots set aside as ``<slot>.corrupt-<n>``, or refused, so far; the runner raises an alarm."""

    def load(self) -> bytes | None:
        """Return the newest good state, or None. LinkError if the disk does not answer."""
        self._number, state = self._newest()
        return state

    def save(self, state: bytes) -> None:
        """Write the older slot and wait for the disk. LinkError if it refuses; the last state stays."""
        if len(state) > MAX_BYTES:
            raise LinkError(f"state of {len(state)} bytes: the limit is {MAX_BYTES}")
        number = (self._newest()[0] if self._number is None else self._number) + 1
        slot = self._slots[number % 2]
        try:
            slot.parent.mkdir(parents=True, exist_ok=True)
            _write(slot, _encode(number, state))
        except OSError as error:
            raise LinkError(f"state {slot}: {error}") from error
        self._number = number

    def _newest(self) -> tuple[int, bytes | None]:
        good, refused = [], None
        for slot in self._slots:
            try:
                found = self._read(slot)
            except OSError as error:
                if error.errno in PASSING:  # the other may be the older
                    raise LinkError(f"state {slot}: {error}") from error
                refused = error  # what ails one slot must not cost the other
            else:
                good += [] if found is None else [found]
        if refused is not None and not good:
            raise LinkError(f"state {self._slots[0]}: {refused}") from refused
        self.corrupt += refused is not None
        return max(good, default=(0, None))

    def _read(self, slot: Path) -> tuple[int, bytes] | None:
        """Return what a slot holds; one that cannot be read or believed is set aside. OSError if it stays."""
        try:
            found = _decode(read_whole(slot, _HEADER.size + MAX_BYTES + 1))
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in PASSING:
                raise
            found = None  # a bad sector, a directory, somebody else's file: a new one can take its place
        if found is None or found[0] % 2 != self._slots.index(slot):
            self._set_aside(slot)
            return None
        return found

    def _set_aside(self, slot: Path) -> None:
        names = (slot.with_name(f"{slot.name}.corrupt-{number}") for number in count(1))
        slot.rename(next(name for name in names if not name.exists()))
        self.corrupt += 1


def _encode(number: int, state: bytes) -> bytes:
    return _HEADER.pack(_MAGIC, number, len(state), _digest(number, state)) + state


def _decode(raw: bytes) -> tuple[int, bytes] | None:
    if len(raw) < _HEADER.size:
        return None
    magic, number, length, digest = _HEADER.unpack_from(raw)
    state = raw[_HEADER.size :]
    if magic != _MAGIC or length != len(state) or digest != _digest(number, state):
        return None
    return number, state


def _digest(number: int, state: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">8sQI", _MAGIC, number, len(state)) + state).digest()


def _write(slot: Path, data: bytes) -> None:
    with slot.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    # A new name is durable only once its directory is synced.
    directory = os.open(slot.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
