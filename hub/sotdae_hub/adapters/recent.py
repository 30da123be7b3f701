"""The journal's newest entries, still decoded: stores that keep up need not read them from the disk."""

import threading
from collections import deque
from collections.abc import Iterable

from sotdae_hub.ports import Entry
from sotdae_shared.messages import Kind

ENTRIES = 1_000
BYTES = 32 * 1024 * 1024


class Recent:
    """A bounded window on the end of the journal, shared by its writer and readers."""

    def __init__(self, floor: int) -> None:
        """Start empty above an offset."""
        self._floor = floor
        self._window: deque[tuple[Entry, int]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def add(self, committed: Iterable[tuple[Entry, int]]) -> None:
        """Take entries, in order and committed, with their sizes in bytes."""
        with self._lock:
            for entry, size in committed:
                self._window.append((entry, size))
                self._bytes += size
            while len(self._window) > ENTRIES or self._bytes > BYTES:
                entry, size = self._window.popleft()
                self._bytes -= size
                self._floor = entry.offset

    def read(self, after: int, upto: int, limit: int, kinds: frozenset[Kind]) -> list[Entry] | None:
        """Return entries as the journal would, or None if the window does not reach back to `after`."""
        with self._lock:
            if after < self._floor:
                return None
            found = [
                entry
                for entry, _ in self._window
                if after < entry.offset <= upto and entry.envelope.kind in kinds
            ]
        return found[:limit]
