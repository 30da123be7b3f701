"""Small files read whole, or refused at once."""

import errno
import os
from pathlib import Path

PASSING = frozenset({errno.EBUSY, errno.EINTR, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Refusals that say nothing of the file."""


def read_whole(path: Path, limit: int) -> bytes:
    """Return a file's first `limit` bytes. OSError if it cannot be read.

    A pipe in its place does not hold up who reads: it is empty, or refused while somebody writes to it.
    """
    file, parts = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), []
    try:
        while limit > 0 and (part := os.read(file, limit)):
            parts.append(part)
            limit -= len(part)
    finally:
        os.close(file)
    return b"".join(parts)
