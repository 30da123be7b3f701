"""The demo's places and the agents' files, written as TOML into the run's directory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sotdae_provisioning.demo.scenarios import Scenario

GATE = "GG-41113-UP-0007"
CITY = "GG-41113-CC-0001"
GATE_NODE = "gate-41113-up-0007"
CITY_NODE = "city-41113-cc-0001"


@dataclass(frozen=True, slots=True)
class Place:
    """A facility of the demo. Names are of real neighbourhoods; the facilities are examples."""

    id: str
    name: str
    name_en: str
    disambiguation: str
    lat: float
    lon: float


PLACES: tuple[Place, ...] = (
    Place(GATE, "솟대지하차도", "Sotdae underpass", "권선구, 수원역 방향 진입부 (예시)", 37.2489, 126.9837),
    Place(
        CITY, "수원시 허브", "Suwon city hub", "홍수 감시 반지하 3가구, 하천 수위계 (예시)", 37.2636, 127.0286
    ),
    Place("GG-41271-UP-0003", "상록지하차도", "Sangnok underpass", "안산시 상록구 (예시)", 37.3002, 126.8463),
    Place("GG-41590-UP-0002", "동탄지하차도", "Dongtan underpass", "화성시 동탄 (예시)", 37.2006, 127.0953),
    Place(
        "GG-41480-RG-0112",
        "임진강 둔치문 112",
        "Imjin riverside gate 112",
        "파주시 (예시)",
        37.8893,
        126.7586,
    ),
    Place(
        "GG-41820-SL-0004", "청평 사면 4", "Cheongpyeong slope 4", "가평군 청평면 (예시)", 37.7356, 127.4180
    ),
    Place("GG-41670-RV-0001", "여주저수지", "Yeoju reservoir", "여주시 (예시)", 37.2982, 127.6370),
)
"""Those after the first two send nothing: the province must show them as unknown, not as well."""

HOMES = (
    ("A-101", 37.26380, 127.02900, 1),
    ("A-102", 37.26430, 127.02960, 2),
    ("A-103", 37.26480, 127.02880, 3),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen."""

    broker: int
    modbus: int
    rtsp: str | None


def write_gate(directory: Path, scenario: Scenario, ports: Ports, extra: str = "") -> Path:
    """Write the gate's file; `extra` is appended (a roster, say)."""
    sections: dict[str, Mapping[str, Any]] = {
        "facility": _facility(PLACES[0], GATE_NODE),
        "storage": {"dir": str(directory / "gate"), "ledger": True},
        "device": {"profile": "underpass", "port": ports.modbus},
        "hub": {"port": ports.broker},
        "clock": {"source": "assume_synced"},
        "levels": scenario.levels,
        "geometry": scenario.geometry,
    }
    if ports.rtsp is not None:
        sections["camera"] = {"url": ports.rtsp, "every_s": 5.0}
    top = ""
    if scenario.history:
        top = f"history = {json.dumps(str(_history(directory, scenario)))}\n"
    return _write(directory / "gate.toml", top + _toml(sections) + extra)


def write_city(directory: Path, ports: Ports) -> Path:
    """Write the city agent's file."""
    sections: dict[str, Mapping[str, Any]] = {
        "facility": _facility(PLACES[1], CITY_NODE),
        "storage": {"dir": str(directory / "city"), "ledger": True},
        "device": {"profile": "homes", "port": ports.modbus},
        "hub": {"port": ports.broker},
        "clock": {"source": "assume_synced"},
    }
    lists = "".join(
        table("[homes]", {"name": name, "lat": lat, "lon": lon, "point_2": f"home_{n}_wet_2",
                           "point_15": f"home_{n}_wet_15"})
        for name, lat, lon, n in HOMES
    )  # fmt: skip
    if ports.rtsp is not None:
        lists += table("[cameras]", {"name": "underpass-0007", "url": ports.rtsp})
    return _write(directory / "city.toml", _toml(sections) + lists)


def write_hub(directory: Path, ports: Ports, http_port: int, extra: str = "") -> Path:
    """Write the hub's file; `extra` is appended."""
    text = f"dir = {json.dumps(str(directory / 'hub'))}\n"
    text += _toml({"broker": {"port": ports.broker}, "http": {"port": http_port}})
    text += "".join(table("[facilities]", _facility(place, None)) for place in PLACES)
    return _write(directory / "hub.toml", text + extra)


def _facility(place: Place, node: str | None) -> dict[str, Any]:
    facts = {
        "id": place.id, "name": place.name, "name_en": place.name_en,
        "disambiguation": place.disambiguation, "lat": place.lat, "lon": place.lon,
    }  # fmt: skip
    return facts if node is None else {**facts, "node": node}


def _history(directory: Path, scenario: Scenario) -> Path:
    rows = "".join(f"{time},{level_cm}\n" for time, level_cm in scenario.history)
    return _write(directory / "history.csv", "time,level_cm\n" + rows)


def _toml(sections: Mapping[str, Mapping[str, Any]]) -> str:
    return "".join(table(name, values) for name, values in sections.items() if values)


def table(name: str, values: Mapping[str, Any]) -> str:
    """Return one TOML table; JSON's strings, numbers and booleans are TOML's."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return f"\n[{name}]\n" + "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
