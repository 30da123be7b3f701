"""The latest picture on disk, small enough to send."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from sotdae_edge.vision.picture import Picture
from sotdae_shared.errors import LinkError

MAX_BYTES = 60_000
"""A picture this small crosses a narrow-band link in seconds; the message allows 300 kB."""
_WIDEST = 960
_QUALITIES = (80, 60, 40, 25, 12)


def jpeg(picture: Picture) -> bytes:
    """Return a picture as JPEG of at most MAX_BYTES, smaller or coarser as needed."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((_WIDEST, _WIDEST))
    while True:
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=quality)
            if buffer.tell() <= MAX_BYTES:
                return buffer.getvalue()
        image = image.reduce(2)


def write(picture: Picture, path: Path) -> None:
    """Replace the file at once, so that a reader sees the old picture or the new. Raises LinkError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(jpeg(picture))
        part.replace(path)
    except OSError as error:
        raise LinkError(f"snapshot {path}: {error.strerror}") from error
