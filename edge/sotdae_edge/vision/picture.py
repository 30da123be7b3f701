"""Pictures and the part of them that matters."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from sotdae_shared.errors import ConfigError

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, red green blue."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Zone:
    """A box in a picture, as parts (0 to 1) of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand ``left,top,right,bottom``. Raises ConfigError."""
        try:
            left, top, right, bottom = (float(part) for part in text.split(","))
        except ValueError:
            left = top = right = bottom = float("nan")
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ConfigError("zone", [f"{text[:80]!r}: want left,top,right,bottom between 0 and 1, growing"])
        return cls(left, top, right, bottom)

    def corners(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom in pixels; at least one pixel wide and high."""
        left, top = int(self.left * width), int(self.top * height)
        return left, top, max(left + 1, round(self.right * width)), max(top + 1, round(self.bottom * height))

    def crop(self, picture: Picture) -> Picture:
        """Return the part of a picture inside the zone."""
        left, top, right, bottom = self.corners(picture.shape[1], picture.shape[0])
        return picture[top:bottom, left:right]


def resized(picture: Picture, width: int, height: int) -> Picture:
    """Return a picture in another size, smoothed."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.uint8)
