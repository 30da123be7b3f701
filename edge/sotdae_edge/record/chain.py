r"""Lines that each seal all lines before them, and signatures over the chain. Pure.

A line is ``<16 hexadecimal digits> <JSON>\n``: the start of SHA-256 over the chain so far and this JSON.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sotdae_shared.errors import WireError

MARK = 16
"""Hexadecimal digits of a line's seal; signatures are over all 64."""
FORMAT = b"sotdae-record-1"


@dataclass(slots=True)
class Chain:
    """Where a chain stands: the hash over its lines, and how many they are."""

    head: bytes = hashlib.sha256(FORMAT).digest()
    count: int = 0

    def seal(self, text: str) -> bytes:
        """Return the next line."""
        data = text.encode("ascii")
        return self._next(data).encode("ascii") + b" " + data + b"\n"

    def open(self, line: bytes) -> bytes:
        """Return the JSON of the next line, given without its newline. WireError if it does not follow."""
        mark, space, data = line.partition(b" ")
        before = self.head, self.count
        if not space or self._next(data).encode("ascii") != mark:
            self.head, self.count = before
            raise WireError("does not follow from the entries before it")
        return data

    def signed(self) -> bytes:
        """Return what a signature at this place covers."""
        return FORMAT + f" {self.count} {self.head.hex()}".encode("ascii")

    def _next(self, data: bytes) -> str:
        self.head, self.count = hashlib.sha256(self.head + data).digest(), self.count + 1
        return self.head.hex()[:MARK]


def signature(value: dict[str, Any]) -> str | None:
    """Return the signature in hexadecimal if this line is one."""
    found = value.get("sign")
    return found if isinstance(found, str) else None
