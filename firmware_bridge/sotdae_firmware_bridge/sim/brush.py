"""A brush that takes picture points and road metres, on a canvas of any multiple of the picture."""

from collections.abc import Iterable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from sotdae_firmware_bridge.sim.lens import Point, project

Colour = tuple[int, int, int]
Place = tuple[float, float, float]


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=32)
def _glow(radius: int, strength: float) -> Image.Image:
    disc = Image.radial_gradient("L").resize((2 * radius, 2 * radius))
    return disc.point([round(strength * max(0, 255 - 1.42 * v) ** 2 / 255) for v in range(256)])


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (below 1) or lighter (above 1)."""
    r, g, b = (min(255, round(part * factor)) for part in colour)
    return r, g, b


def mix(a: Colour, b: Colour, part: float) -> Colour:
    """Return `a` with `part` (0..1) of it replaced by `b`."""
    r, g, blue = (round(p * (1 - part) + q * part) for p, q in zip(a, b, strict=True))
    return r, g, blue


class Brush:
    """Draws on one image; every length is in picture points, every place in road metres."""

    def __init__(self, image: Image.Image, scale: int) -> None:
        """Draw on `image`, which is `scale` times the picture."""
        self.image, self.scale = image, scale
        self._draw = ImageDraw.Draw(image)

    def poly(self, points: Iterable[Point], fill: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon([(u * self.scale, v * self.scale) for u, v in points], fill)

    def face(self, places: Iterable[Place], fill: Colour) -> None:
        """Fill a polygon given by places in the scene."""
        self.poly([project(*place) for place in places], fill)

    def road_band(
        self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], fill: Colour
    ) -> None:
        """Fill a strip of ground from x[0] to x[1]; z gives its height at both ends."""
        (x0, x1), (y0, y1), (z0, z1) = x, y, z
        self.face([(x0, y0, z0), (x0, y1, z0), (x1, y1, z1), (x1, y0, z1)], fill)

    def line(self, points: Iterable[Point], fill: Colour, width: float) -> None:
        """Draw a line `width` points wide."""
        scaled = [(u * self.scale, v * self.scale) for u, v in points]
        self._draw.line(scaled, fill, max(1, round(width * self.scale)))

    def box(self, corners: tuple[float, float, float, float], fill: Colour, radius: float = 0) -> None:
        """Fill an upright box with rounded corners."""
        u0, v0, u1, v1 = (part * self.scale for part in corners)
        if u1 > u0 and v1 > v0:
            self._draw.rounded_rectangle((u0, v0, u1, v1), radius * self.scale, fill)

    def disc(self, centre: Point, radius: float, fill: Colour) -> None:
        """Fill a circle."""
        u, v = centre
        corners = ((u - radius), (v - radius), (u + radius), (v + radius))
        self._draw.ellipse([part * self.scale for part in corners], fill)

    def text(self, at: Point, words: str, size: float, fill: Colour, anchor: str = "mm") -> None:
        """Write one line of text; `anchor` as in Pillow."""
        font = _font(round(size * self.scale))
        line = " ".join(words.split())
        self._draw.text((at[0] * self.scale, at[1] * self.scale), line, fill, font, anchor)

    def glow(self, centre: Point, radius: float, fill: Colour, strength: float = 1.0) -> None:
        """Let light shine around a point."""
        r = round(radius * self.scale)
        corner = (round(centre[0] * self.scale) - r, round(centre[1] * self.scale) - r)
        self.image.paste(fill, (*corner, corner[0] + 2 * r, corner[1] + 2 * r), _glow(r, strength))
