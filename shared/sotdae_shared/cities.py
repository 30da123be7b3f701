"""The 31 cities and counties of Gyeonggi: code, names, a point inside (degrees, WGS 84).

Codes and points: National Geographic Information Institute (NGII) administrative boundaries, districts
merged into their city, base date 2023-09-15; Yeoju has been a city (si, 41670) since 2013.
"""

from typing import NamedTuple


class City(NamedTuple):
    """A city or county; `lat` and `lon` lie inside it and only place what has no place of its own."""

    code: str
    name: str
    name_en: str
    lat: float
    lon: float


CITIES: tuple[City, ...] = (
    City("41110", "수원시", "Suwon", 37.2881, 127.0332),
    City("41130", "성남시", "Seongnam", 37.4047, 127.1084),
    City("41150", "의정부시", "Uijeongbu", 37.7334, 127.0662),
    City("41170", "안양시", "Anyang", 37.4040, 126.9025),
    City("41190", "부천시", "Bucheon", 37.5065, 126.7765),
    City("41210", "광명시", "Gwangmyeong", 37.4488, 126.8671),
    City("41220", "평택시", "Pyeongtaek", 37.0235, 127.0041),
    City("41250", "동두천시", "Dongducheon", 37.9201, 127.0669),
    City("41270", "안산시", "Ansan", 37.3233, 126.8030),
    City("41280", "고양시", "Goyang", 37.6614, 126.8425),
    City("41290", "과천시", "Gwacheon", 37.4335, 127.0047),
    City("41310", "구리시", "Guri", 37.6013, 127.1325),
    City("41360", "남양주시", "Namyangju", 37.6430, 127.2580),
    City("41370", "오산시", "Osan", 37.1629, 127.0513),
    City("41390", "시흥시", "Siheung", 37.3934, 126.8340),
    City("41410", "군포시", "Gunpo", 37.3441, 126.9213),
    City("41430", "의왕시", "Uiwang", 37.3581, 126.9891),
    City("41450", "하남시", "Hanam", 37.5308, 127.2109),
    City("41460", "용인시", "Yongin", 37.2278, 127.2043),
    City("41480", "파주시", "Paju", 37.8487, 126.8076),
    City("41500", "이천시", "Icheon", 37.2015, 127.4520),
    City("41550", "안성시", "Anseong", 37.0232, 127.3058),
    City("41570", "김포시", "Gimpo", 37.6849, 126.6019),
    City("41590", "화성시", "Hwaseong", 37.1527, 126.9159),
    City("41610", "광주시", "Gwangju", 37.4011, 127.2922),
    City("41630", "양주시", "Yangju", 37.8055, 127.0143),
    City("41650", "포천시", "Pocheon", 37.9659, 127.2362),
    City("41670", "여주시", "Yeoju", 37.2885, 127.6439),
    City("41800", "연천군", "Yeoncheon", 38.0853, 127.0427),
    City("41820", "가평군", "Gapyeong", 37.8134, 127.4074),
    City("41830", "양평군", "Yangpyeong", 37.5191, 127.5810),
)

_DIGITS = 5
_OLD = {"4173": "4167"}
"""Prefixes that older data still use: Yeoju as a county (gun)."""

_BY_PREFIX = {city.code[:4]: city for city in CITIES}


def city_of(code: str) -> City | None:
    """Return the city of a five-digit code; a district's code (41113) leads to its city (41110)."""
    if len(code) != _DIGITS or not (code.isascii() and code.isdigit()):
        return None
    return _BY_PREFIX.get(_OLD.get(code[:4], code[:4]))
