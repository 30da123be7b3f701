"""What happened to a gate and what it did about it, as JSON values and back, without loss."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sotdae_edge.core.effects import Effect
from sotdae_edge.core.events import (
    BadCommand,
    BadPolicy,
    ClockTold,
    CommandCame,
    DenyTold,
    Event,
    HubHeard,
    LinkLost,
    NonceAsked,
    Noticed,
    PolicyCame,
    ReleaseCame,
    Scan,
    Sighting,
)
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample

WORDS: dict[str, type[Event]] = {
    "seen": Sighting, "hub": HubHeard, "lost": LinkLost, "nonce": NonceAsked, "command": CommandCame,
    "release": ReleaseCame, "bad": BadCommand, "clock": ClockTold, "noticed": Noticed, "deny": DenyTold,
    "policy": PolicyCame, "bad_policy": BadPolicy,
}  # fmt: skip
"""Events and their names on record; a scan has its own form."""
_NAMES = {kind: name for name, kind in WORDS.items()}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in WORDS.items()}
_POINTS: TypeAdapter[dict[str, tuple[float | int | None, int | None, float | int | None]]] = TypeAdapter(
    dict[str, tuple[float | int | None, int | None, float | int | None]]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of the gate: at which monotonic second, with what (None: time alone), and its answer."""

    at: float
    event: Event | None
    effects: Sequence[Effect]


@dataclass(slots=True)
class Coder:
    """Either end of a record. A scan is told by the points that changed since the scan before."""

    _points: dict[str, Sample] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)

    def pack(self, entry: Entry) -> dict[str, Any]:
        """Return an entry as JSON values."""
        value: dict[str, Any] = {"t": entry.at}
        match entry.event:
            case None:
                value["tick"] = None
            case Scan(points=points):
                value |= self._pack_scan(points)
            case event:
                name = _NAMES[type(event)]
                value[name] = _ADAPTERS[name].dump_python(event, mode="json")
        if entry.effects:
            value["do"] = pack_effects(entry.effects)
        return value

    def unpack(self, value: Mapping[str, Any]) -> tuple[float, Event | None]:
        """Return when and what the gate was told. WireError if it is no entry."""
        at = value.get("t")
        names = value.keys() - {"t", "do"}
        if not isinstance(at, float) or len(names) != 1:
            raise WireError("no entry of a gate")
        (name,) = names
        try:
            return at, self._unpack(name, value[name])
        except (ValidationError, KeyError) as error:
            raise WireError(f"no {name!r:.40} of a gate") from error

    def _unpack(self, name: str, data: Any) -> Event | None:
        if name == "tick":
            return None
        if name in ("points", "scan"):
            known = {} if name == "points" else dict(self._points)
            rows = _POINTS.validate_python(data).items()
            self._points = known | {point: Sample(*row) for point, row in rows}
            return Scan(self._points)
        event: Event = _ADAPTERS[name].validate_python(data)
        return event

    def _pack_scan(self, points: Mapping[str, Sample]) -> dict[str, Any]:
        # By their text, because -0.0 equals 0.0 and NaN does not equal itself.
        texts = {name: repr(sample) for name, sample in points.items()}
        same = list(texts) == list(self._texts)
        changed = [name for name in texts if not same or texts[name] != self._texts[name]]
        self._texts = texts
        rows = {name: (points[name].value, points[name].count, points[name].quality) for name in changed}
        return {"scan" if same else "points": rows}


def pack_effects(effects: Sequence[Effect]) -> list[Any]:
    """Return effects as JSON values, each with its name."""
    return [[type(effect).__name__, asdict(effect)] for effect in effects]


def text(value: Any) -> str:
    """Return JSON as one line of ASCII; numbers that are not finite are kept."""
    return json.dumps(value, separators=(",", ":"), default=list)


def parse(data: bytes) -> dict[str, Any]:
    """Return the JSON object of a line. WireError if there is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError("not JSON") from error
    if not isinstance(value, dict):
        raise WireError("not a JSON object")
    return value
