"""The map's outline: small, complete, and each city where it is."""

import json
import re

from browser.conftest import CONSOLE

from sotdae_shared.cities import CITIES

OUTLINE = CONSOLE / "gyeonggi.json"


def rings(path: str) -> list[list[tuple[int, int]]]:
    out = []
    for part in path.strip("z").split("z"):
        numbers = [int(word) for word in re.findall(r"-?\d+", part)]
        x, y = numbers[:2]
        ring = [(x, y)]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        out.append(ring)
    return out


def inside(x: float, y: float, ring: list[tuple[int, int]]) -> bool:
    """Even-odd rule."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            crossings += 1
    return crossings % 2 == 1


def test_it_is_small_and_names_its_source() -> None:
    assert OUTLINE.stat().st_size <= 60_000
    assert "NGII" in json.loads(OUTLINE.read_text(encoding="utf-8"))["source"]


def test_it_has_the_31_cities_and_each_contains_its_point() -> None:
    outline = json.loads(OUTLINE.read_text(encoding="utf-8"))
    scale = outline["projection"]
    drawn = {city["code"]: city for city in outline["cities"]}
    assert {(c["code"], c["name"], c["name_en"]) for c in drawn.values()} == {
        (c.code, c.name, c.name_en) for c in CITIES
    }
    astray = []
    for city in CITIES:
        x = (city.lon - scale["west"]) * scale["per_lon"]
        y = (scale["north"] - city.lat) * scale["per_lat"]
        homes = {
            code for code, c in drawn.items() if sum(inside(x, y, ring) for ring in rings(c["path"])) % 2
        }
        if homes != {city.code}:
            astray.append((city.name, homes))
    assert astray == []


def test_neighbours_share_their_borders() -> None:
    outline = json.loads(OUTLINE.read_text(encoding="utf-8"))
    points = [{p for ring in rings(city["path"]) for p in ring} for city in outline["cities"]]
    shared = [max(len(mine & other) for other in points if other is not mine) for mine in points]
    assert min(shared) >= 3
    assert sum(shared) > 500
