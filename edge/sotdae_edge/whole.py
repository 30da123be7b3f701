"""Small files read whole, or refused at once."""

import os
from pathlib import Path


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
