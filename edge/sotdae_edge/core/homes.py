"""A cluster of semi-basement homes: two-stage alarms, and one area incident instead of many tickets.

Stages after Jongno's scheme: 2 cm calls resident and office, 15 cm calls 119 (DOMAIN 5). Three homes
within 200 m in ten minutes are one flooded area (design rule, DOMAIN 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from math import asin, cos, radians, sin, sqrt
from typing import Annotated, Any

from pydantic import Field

from sotdae_edge.core.alarms import AlarmBook, Condition
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_shared.samples import Sample

AREA_HOMES = 3
AREA_M = 200.0
AREA_S = 600.0
CONFIRM_S = 1.0
SILENT_S = 30.0
EARTH_M = 6_371_000.0


class Wet(IntEnum):
    """How wet a home is."""

    UNKNOWN = -1
    DRY = 0
    WET_2 = 2
    WET_15 = 15


@dataclass(frozen=True, slots=True)
class Home:
    """One alarm device. `name` is a code, never an address: people's homes are not published."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    point_2: str
    point_15: str
    silent_s: Annotated[float, Field(ge=5, le=86_400)] = SILENT_S
    """Unheard for so long, its state is unknown; for a battery device three of its heartbeats."""


@dataclass(slots=True)
class HomeState:
    """One home's memory."""

    stage: Wet = Wet.UNKNOWN
    pending: Wet = Wet.UNKNOWN
    pending_until: float = float("inf")
    count: int | None = None
    heard_until: float = float("-inf")
    wet_at: float | None = None
    """When it last became wet."""


@dataclass(slots=True)
class Homes:
    """All homes of one city agent."""

    homes: tuple[Home, ...]
    boot: str
    born: float
    states: dict[str, HomeState] = field(default_factory=dict)
    alarms: AlarmBook = field(default_factory=AlarmBook)
    area: str | None = None
    """The open area incident."""
    episode: int = 0

    def __post_init__(self) -> None:
        """Start knowing nothing of any home."""
        self.states = {home.name: HomeState() for home in self.homes}

    def memento(self) -> dict[str, Any]:
        """Return what a restart must remember: the open area incident, so that it is not made twice."""
        return {"area": self.area, "episode": self.episode}

    def take(self, points: Mapping[str, Sample], now: float) -> list[Alarm | Decided]:
        """Take one scan and return what changed."""
        for home in self.homes:
            self._take_home(home, points.get(home.point_2), points.get(home.point_15), now)
        return self.tick(now)

    def tick(self, now: float) -> list[Alarm | Decided]:
        """Do what the passing of time makes due."""
        for state in self.states.values():
            if state.pending is not state.stage and now >= state.pending_until:
                self._enter(state, now)
        changed: list[Alarm | Decided] = list(self.alarms.update(self._conditions(now)))
        return changed + self._judge_area(now)

    def _take_home(self, home: Home, low: Sample | None, high: Sample | None, now: float) -> None:
        state = self.states[home.name]
        if low is None or high is None or low.value is None or high.value is None:
            return
        if low.count is not None and low.count == state.count:
            return
        state.count = low.count
        state.heard_until = now + home.silent_s
        seen = Wet.WET_15 if high.value else Wet.WET_2 if low.value else Wet.DRY
        if seen is not state.pending:
            state.pending, state.pending_until = seen, now + CONFIRM_S

    def _enter(self, state: HomeState, now: float) -> None:
        if state.pending > Wet.DRY and state.stage <= Wet.DRY:
            state.wet_at = now
        state.stage = state.pending

    def _conditions(self, now: float) -> list[Condition]:
        found = []
        for home in self.homes:
            state = self.states[home.name]
            silent = now >= self._known_until(home)
            found += [
                Condition(f"home.{home.name}.wet_2", 2, state.stage >= Wet.WET_2, "water at 2 cm: call"),
                Condition(f"home.{home.name}.wet_15", 1, state.stage >= Wet.WET_15, "water at 15 cm: 119"),
                Condition(f"home.{home.name}.silent", 3, silent, "alarm device silent: state unknown"),
            ]
        return found

    def _judge_area(self, now: float) -> list[Alarm | Decided]:
        wet = [home for home in self.homes if self.states[home.name].stage > Wet.DRY]
        if self.area is not None:
            if any(state.stage is not Wet.DRY for state in self.states.values()):
                return []
            name, self.area = self.area, None
            return [Decided("area_cleared", "dry", "area_flood", ("every home reads dry",), name, "homes")]
        group = self._largest_group(wet, now)
        if len(group) < AREA_HOMES:
            return []
        self.episode += 1
        self.area = f"area-{self.boot[:8]}-{self.episode}"
        text = f"{len(group)} homes within {AREA_M:g} m in {AREA_S / 60:g} min: {', '.join(group)}"
        return [Decided("area_flood", "area_flood", "dry", (text,), self.area, "homes")]

    def _largest_group(self, wet: list[Home], now: float) -> list[str]:
        """Return the names of the largest set of homes near one of them that got wet lately."""
        recent = [home for home in wet if (self.states[home.name].wet_at or 0.0) >= now - AREA_S]
        groups = ([other.name for other in recent if distance_m(home, other) <= AREA_M] for home in recent)
        return max(groups, key=len, default=[])

    def _known_until(self, home: Home) -> float:
        return max(self.states[home.name].heard_until, self.born + home.silent_s)

    def next_deadline(self, now: float) -> float | None:
        """Return when time alone may change something."""
        due = [state.pending_until for state in self.states.values() if state.pending is not state.stage]
        due += [self._known_until(home) for home in self.homes]
        return min((at for at in due if at > now), default=None)


def distance_m(one: Home, other: Home) -> float:
    """Return the great-circle distance in metres (haversine)."""
    lat1, lat2 = radians(one.lat), radians(other.lat)
    dlat, dlon = lat2 - lat1, radians(other.lon - one.lon)
    a = sin(dlat / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(a))
