"""Neighbours that get wet together are one flooded area: one incident instead of many tickets.

Three homes within 200 m in ten minutes (design rule, DOMAIN 5). Later ones near by join it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt

from sotdae_edge.core.effects import Decided
from sotdae_edge.core.home import Home, HomeState, Wet

AREA_HOMES = 3
AREA_M = 200.0
AREA_S = 600.0
NAMED = 10
"""Homes that a decision names; of more it gives the number."""
EARTH_M = 6_371_000.0
METRES_PER_DEGREE = 111_000.0
"""Of latitude, a little less than anywhere."""


@dataclass(slots=True)
class Area:
    """One flooded area and the homes in it."""

    name: str
    homes: list[str]
    told: int
    """Homes when it was last spoken of."""
    announced: bool = False
    """Whether its opening is surely on disk: a restart says the others again, under their old names."""


@dataclass(slots=True)
class Areas:
    """The open areas of one city agent."""

    homes: tuple[Home, ...]
    boot: str
    open: list[Area] = field(default_factory=list)
    episode: int = 0
    near: dict[str, frozenset[str]] = field(default_factory=dict)
    """By home: the homes within 200 m, itself included."""

    def __post_init__(self) -> None:
        """Learn who lives near whom; a home that is no longer watched has left its area."""
        self.near = neighbours(self.homes)
        for area in self.open:
            area.homes = [name for name in area.homes if name in self.near]

    def again(self) -> list[Decided]:
        """Return what a restart may not have said."""
        return [_opened(area) for area in self.open if not area.announced]

    def wetted(self, name: str, states: Mapping[str, HomeState], now: float) -> list[Decided]:
        """Take note of a home that became wet just now."""
        for area in self.open:
            if name in area.homes:
                return []
            if not self.near[name].isdisjoint(area.homes):
                area.homes.append(name)
                return self._grown(area)
        group = self._group(name, states, now)
        if len(group) < AREA_HOMES:
            return []
        self._spread(group, states)
        self.episode += 1
        area = Area(f"area-{self.boot[:8]}-{self.episode}", group, len(group))
        self.open.append(area)
        return [_opened(area)]

    def dried(self, states: Mapping[str, HomeState]) -> list[Decided]:
        """End the areas in which every home is known to be dry. Silence ends nothing."""
        over = [
            area
            for area in self.open
            if all(states[name].stage is Wet.DRY and states[name].known for name in area.homes)
        ]
        self.open = [area for area in self.open if area not in over]
        because = ("every home reads dry",)
        return [Decided("area_cleared", "dry", "area_flood", because, each.name, "homes") for each in over]

    def _grown(self, area: Area) -> list[Decided]:
        """Speak of a growing area whenever it has doubled: a flood of homes is no flood of words."""
        if len(area.homes) < 2 * area.told:
            return []
        area.told = len(area.homes)
        because = (f"grown to {area.told} homes: {_names(area.homes)}",)
        return [Decided("area_grew", "area_flood", "area_flood", because, area.name, "homes")]

    def _group(self, name: str, states: Mapping[str, HomeState], now: float) -> list[str]:
        """Return the largest set of homes near one of them that got wet lately, with `name` among them."""
        recent = {
            home
            for middle in self.near[name]
            for home in self.near[middle]
            if states[home].stage > Wet.DRY and states[home].wet_at >= now - AREA_S
        }
        groups = (sorted(recent & self.near[middle]) for middle in sorted(recent & self.near[name]))
        return max(groups, key=len, default=[])

    def _spread(self, group: list[str], states: Mapping[str, HomeState]) -> None:
        """Add the homes near by that are wet already, however long, and those near to them."""
        for name in group:
            group += [
                home for home in sorted(self.near[name]) if states[home].stage > Wet.DRY and home not in group
            ]


def _opened(area: Area) -> Decided:
    rule = f"{AREA_HOMES} homes within {AREA_M:g} m in {AREA_S / 60:g} min"
    text = f"{rule}; {len(area.homes)} wet: {_names(area.homes)}"
    return Decided("area_flood", "area_flood", "dry", (text,), area.name, "homes")


def _names(homes: Sequence[str]) -> str:
    more = len(homes) - NAMED
    return ", ".join(homes[:NAMED]) + (f" and {more} more" if more > 0 else "")


def neighbours(homes: Sequence[Home]) -> dict[str, frozenset[str]]:
    """Return by home the names of those within 200 m, itself included."""
    found: dict[str, set[str]] = {home.name: {home.name} for home in homes}
    ordered = sorted(homes, key=lambda home: home.lat)
    for index, one in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if (other.lat - one.lat) * METRES_PER_DEGREE > AREA_M:
                break
            if distance_m(one, other) <= AREA_M:
                found[one.name].add(other.name)
                found[other.name].add(one.name)
    return {name: frozenset(near) for name, near in found.items()}


def distance_m(one: Home, other: Home) -> float:
    """Return the great-circle distance in metres (haversine)."""
    lat1, lat2 = radians(one.lat), radians(other.lat)
    dlat, dlon = lat2 - lat1, radians(other.lon - one.lon)
    a = sin(dlat / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(a))
