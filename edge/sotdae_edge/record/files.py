"""The record on disk: one open segment at a time, closed ones packed, the oldest gone when over budget."""

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sotdae_edge.record.chain import Chain
from sotdae_edge.record.coding import Coder, Entry, text
from sotdae_edge.record.key import DeviceKey, device_key, sync_directory
from sotdae_edge.record.packing import pack_file
from sotdae_edge.record.recovery import Tail, tail_of
from sotdae_edge.whole import PASSING
from sotdae_shared.errors import LinkError

SIGN_EVERY = 600
"""Lines between signatures when nothing is decided: about a minute."""
OPEN_SUFFIX, PACKED_SUFFIX, UNREAD_SUFFIX = ".jsonl", ".rec", ".unread"
_NUMBER = "[0-9]" * 8


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a segment: the whole gate at that moment, so that it replays by itself."""

    header: dict[str, Any]


class RecordFiles:
    """The writer of one directory. Methods block and raise LinkError; call them from one thread.

    What a refusing disk has not taken stays encoded in memory and is written by the next call.
    """

    def __init__(self, directory: Path, key_path: Path, budget_bytes: int) -> None:
        """Take the places; nothing is touched until `put`."""
        self._directory = directory
        self._key_path = key_path
        self._budget_bytes = budget_bytes
        self._key: DeviceKey | None = None
        self._path: Path | None = None
        self._file: int | None = None
        self._offset = 0
        self._unwritten = bytearray()
        self._ended = False
        self._unsigned = 0
        self._number = 0
        self._previous: str | None = None
        self._coder, self._chain = Coder(), Chain()
        self.unread: list[str] = []
        """Segments of before that cannot be read, until they are told of: the story has a gap there."""

    def put(self, items: "deque[Opening | Entry]", durable: bool) -> None:
        """Write items and take them off the queue; sign and wait for the disk if `durable`."""
        try:
            self._start()
            self._flush(durable=False)  # first what is owed, or memory would have no bound
            while items:
                self._take(items[0])
                items.popleft()
            if self._unsigned >= SIGN_EVERY or (durable and self._unsigned):
                self._sign()
                durable = True
            self._flush(durable)
        except OSError as error:
            raise LinkError(f"record {self._directory}: {error}") from error

    def close(self) -> None:
        """End the open segment with a signature and pack it."""
        try:
            self._end()
        except OSError as error:
            raise LinkError(f"record {self._directory}: {error}") from error

    def _start(self) -> None:
        """Make key and directory, and close what a power cut left open."""
        if self._key is not None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        key = device_key(self._key_path)
        for path in sorted(self._directory.glob(f"{_NUMBER}{OPEN_SUFFIX}")):
            # A bad sector of yesterday must not end the record of today.
            try:
                tail = tail_of(path)
            except OSError as error:
                if error.errno in PASSING:
                    raise
                path.rename(path.with_suffix(UNREAD_SUFFIX))
                self.unread.append(path.name)
            else:
                self._close_left_over(path, tail, key)
        unread = self._directory.glob(f"{_NUMBER}{UNREAD_SUFFIX}")
        self._number = max([self._number, *(int(path.stem) for path in unread)])
        left = sorted(self._directory.glob(f"{_NUMBER}{PACKED_SUFFIX}"))
        # Nothing continues a newest one that cannot be read: who verifies must see that it is missing.
        if left and int(left[-1].stem) > self._number:
            self._number = int(left[-1].stem)
            try:
                self._previous = tail_of(left[-1]).head
            except OSError as error:
                if error.errno in PASSING:
                    raise
                self.unread.append(left[-1].name)
        self._key = key

    def _close_left_over(self, path: Path, tail: Tail, key: DeviceKey) -> None:
        if tail.torn:
            aside = path.with_suffix(".torn")
            aside.write_bytes(path.read_bytes()[tail.good_bytes :])
            os.truncate(path, tail.good_bytes)
        if tail.head is None:
            path.unlink()
            return
        if not tail.ended:
            _append(path, tail, key)
        pack_file(path, path.with_suffix(PACKED_SUFFIX))

    def _take(self, item: Opening | Entry) -> None:
        if isinstance(item, Opening):
            self._end()
            self._begin(item.header)
        elif self._file is not None:
            self._line(self._coder.pack(item))
            self._unsigned += 1

    def _begin(self, header: dict[str, Any]) -> None:
        path = self._directory / f"{self._number + 1:08}{OPEN_SUFFIX}"
        sync_directory(self._directory)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        self._path, self._offset, self._ended = path, 0, False
        self._number += 1
        self._coder, self._chain = Coder(), Chain()
        assert self._key is not None  # noqa: S101 - `_start` came first
        place = {"record": 1, "segment": self._number, "device": self._key.public, "prev": self._previous}
        self._line({**place, "software": version("sotdae"), **header})
        self._unsigned = 1

    def _end(self) -> None:
        if self._file is None or self._path is None:
            return
        if not self._ended:
            self._ended = True
            self._sign(end=True)
        self._flush(durable=True)
        pack_file(self._path, self._path.with_suffix(PACKED_SUFFIX))
        os.close(self._file)
        self._file, self._previous = None, self._chain.head.hex()
        self._keep_budget()

    def _sign(self, end: bool = False) -> None:
        assert self._key is not None  # noqa: S101 - `_start` came first
        self._line(signed_line(self._chain, self._key, end))
        self._unsigned = 0

    def _line(self, value: dict[str, Any]) -> None:
        self._unwritten += self._chain.seal(text(value))

    def _flush(self, durable: bool) -> None:
        if self._file is None:
            return
        while self._unwritten:
            # At its place, so that what a full disk took in part is written over.
            written = os.pwrite(self._file, self._unwritten, self._offset)
            self._offset += written
            del self._unwritten[:written]
        if durable:
            os.fsync(self._file)

    def _keep_budget(self) -> None:
        kept = sorted(self._directory.glob(f"{_NUMBER}{PACKED_SUFFIX}"))
        sizes = [path.stat().st_size for path in kept]
        while len(kept) > 1 and sum(sizes) > self._budget_bytes:
            kept.pop(0).unlink()
            sizes.pop(0)


def signed_line(chain: Chain, key: DeviceKey, end: bool = False) -> dict[str, Any]:
    """Return the signature over a chain as it stands; `end` says that the segment ends here."""
    return {"sign": key.sign(chain.signed()), "end": end}


def _append(path: Path, tail: Tail, key: DeviceKey) -> None:
    """End a segment that nobody ended, and say that its last entries were signed only now."""
    chain = tail.chain
    line = chain.seal(text({**signed_line(chain, key, end=True), "recovered": True}))
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def files_of(path: Path) -> Sequence[Path]:
    """Return the segments of a directory in order, or the one file. LinkError if there is none."""
    if not path.is_dir():
        return [path]
    found = sorted([*path.glob(f"{_NUMBER}{PACKED_SUFFIX}"), *path.glob(f"{_NUMBER}{OPEN_SUFFIX}")])
    if not found:
        raise LinkError(f"{path}: no record here")
    return found
