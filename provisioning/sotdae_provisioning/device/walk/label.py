"""The label on a box: which gate this is, whom to call, and a QR code that says the same to a telephone."""

from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width
from urllib.parse import quote, urlencode

import segno

WIDTH_MM, HEIGHT_MM = 90, 55
"""A label sheet's common size, and large enough to scan through rain at arm's length."""
_QR_MM, _LEFT, _TOP = 36.0, 3.0, 3.0
_TEXT_X = _LEFT + _QR_MM + 3.0
_TEXT_MM = WIDTH_MM - _TEXT_X - 3.0
_BAR_Y = 44.0
_FONTS = "'Noto Sans KR','NanumGothic','Malgun Gothic',sans-serif"


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on it."""

    facility: str
    name: str
    name_en: str
    where: str
    node: str
    serial: str
    emergency: str
    """A telephone number; empty leaves a line to write on."""
    url: str | None = None
    """Where the code leads instead of naming the facility, such as the hub's page."""

    @property
    def code(self) -> str:
        """What the QR code says."""
        if self.url is not None:
            return self.url
        words = {"node": self.node, "serial": self.serial}
        given = urlencode({word: text for word, text in words.items() if text})
        return f"sotdae://facility/{quote(self.facility)}?{given}"


def svg(label: Label) -> str:
    """Return the label as SVG, 90 by 55 mm."""
    rows = [
        (label.name, 6.4, 800, 9.5), (label.name_en, 3.4, 500, 14.5), (label.facility, 5.0, 700, 21.5),
        (label.where, 3.0, 400, 26.5), (f"노드 node  {label.node}", 3.0, 400, 33.0),
        (f"S/N  {label.serial}" if label.serial else "", 3.0, 400, 37.5),
    ]  # fmt: skip
    texts = "".join(_text(text, _TEXT_X, y, size, weight) for text, size, weight, y in rows if text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" font-family="{_FONTS}">'
        f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#fff"/>'
        f"{_qr(label.code)}{texts}{_bar(label)}</svg>"
    )


def sheet(label: Label) -> str:
    """Return a page that prints as the label alone."""
    paper = f"@page {{ size: {WIDTH_MM}mm {HEIGHT_MM}mm; margin: 0 }}"
    return (
        f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>{escape(label.facility)}</title>'
        f"<style>{paper} body {{ margin: 0 }} svg {{ display: block }}</style></head>"
        f"<body>{svg(label)}</body></html>\n"
    )


def _bar(label: Label) -> str:
    room = WIDTH_MM - 41.0
    line = f'<rect x="38" y="46" width="{room}" height="7" rx="1" fill="#fff"/>'
    number = f"☎ {label.emergency}"
    call = _text(number, 38.0, 51.6, 6.4, 800, fill="#fff", room=room) if label.emergency else line
    return (
        f'<rect y="{_BAR_Y}" width="{WIDTH_MM}" height="{HEIGHT_MM - _BAR_Y}" fill="#b3261e"/>'
        + _text("위급하면 119", _LEFT, 48.6, 4.2, 800, fill="#fff", room=33.0)
        + _text("EMERGENCY 119 · then", _LEFT, 52.9, 2.6, 500, fill="#fff", room=33.0)
        + call
    )


def _qr(code: str) -> str:
    """Return the code with its quiet zone (ISO/IEC 18004: four modules), as one path."""
    rows = list(segno.make(code, error="m", micro=False).matrix_iter(border=4))
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    place = f"translate({_LEFT} {_TOP}) scale({_QR_MM / len(rows):.5f})"
    return f'<path transform="{place}" d="{path}" shape-rendering="crispEdges"/>'


def _text(
    text: str, x: float, y: float, size: float, weight: int, *, fill: str = "#16202b", room: float = _TEXT_MM
) -> str:
    """Return one line, smaller where it would not fit: wide signs take their height, others 0.6 of it."""
    wide = sum(1.0 if east_asian_width(sign) in "WF" else 0.6 for sign in text)
    fitting = min(size, room / max(wide, 1.0))
    place = f'x="{x}" y="{y}" font-size="{fitting:.2f}" font-weight="{weight}" fill="{fill}"'
    return f"<text {place}>{escape(text)}</text>"
