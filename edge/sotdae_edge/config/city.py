"""A city agent's file: homes, slopes, reservoirs, gauges, cameras."""

import math
import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from sotdae_edge.config.sections import Agent, DeviceConfig, Host, Port, Section
from sotdae_edge.core.home import Home
from sotdae_edge.core.rainwatch import RainSource
from sotdae_edge.core.relays import Relay
from sotdae_edge.core.reservoir import Embankment
from sotdae_edge.core.slope import Slope

SLOPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}")
"""Alarm codes carry it, and have 64 characters."""


class CameraHealthConfig(Section):
    """A camera whose health the city agent watches."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    url: str


class LorawanConfig(Section):
    """A LoRaWAN network server's broker, and which of its devices are this agent's."""

    host: Host = "127.0.0.1"
    port: Port = 1883
    topic: str = "application/+/device/+/event/up"
    payload: str = "home-alarm"
    """Name of a built-in payload profile, or a TOML file."""
    devices: dict[
        Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")],
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")],
    ]
    """By EUI: the name before its points, `<name>_<point>`."""


class CityConfig(Agent):
    """A city agent: relays a river gauge, home alarms and camera health."""

    device: DeviceConfig = DeviceConfig(profile="homes")
    homes: tuple[Home, ...] = ()
    rain: RainSource | None = None
    """Where rain warnings over the homes come from."""
    slopes: tuple[Slope, ...] = ()
    reservoirs: tuple[Embankment, ...] = ()
    lorawan: LorawanConfig | None = None
    relays: tuple[Relay, ...] = ()
    """Points of the device that only go to the hub, each under its own name."""
    cameras: tuple[CameraHealthConfig, ...] = ()

    @model_validator(mode="after")
    def _lint(self) -> Self:
        problems = [problem for slope in self.slopes for problem in _lint_slope(slope)]
        problems += [problem for each in self.reservoirs for problem in _lint_reservoir(each)]
        for kind in ("homes", "slopes", "reservoirs", "cameras"):
            names = [each.name for each in getattr(self, kind)]
            if len(set(names)) < len(names):
                problems.append(f"{kind}: two have the same name")
        problems += _lint_homes(self.homes, self.rain, self.lorawan is not None)
        if any(not 1.0 <= relay.silent_s <= 86400.0 for relay in self.relays):
            problems.append("relays: want silent_s of 1 to 86400")
        if len({relay.point for relay in self.relays}) < len(self.relays):
            problems.append("relays: two have the same point")
        prefixes = list(self.lorawan.devices.values()) if self.lorawan else []
        if len(set(prefixes)) < len(prefixes):
            problems.append("lorawan.devices: two have the same name")
        if problems:
            raise ValueError("\n".join(problems))
        return self


def _lint_homes(homes: tuple[Home, ...], rain: RainSource | None, over_the_air: bool) -> list[str]:
    points, problems = [point for home in homes for point in home.points], []
    if len(set(points)) < len(points):
        problems.append("homes: a point stands twice")
    if rain is not None and not rain.points:
        problems.append("rain: want rate_point, warning_point or both")
    for home in homes:
        if home.asks_point is not None and not over_the_air:
            problems.append(f"homes.{home.name}.asks_point: needs [lorawan], by which it is answered")
        if home.cells.full_v <= home.cells.empty_v:
            problems.append(f"homes.{home.name}.cells: want full_v above empty_v")
        if (home.warned_heartbeat_s or 0.0) > home.heartbeat_s:
            problems.append(f"homes.{home.name}: want warned_heartbeat_s not above heartbeat_s")
        if home.warned_heartbeat_s is not None and rain is None:
            problems.append(f"homes.{home.name}.warned_heartbeat_s: needs [rain], from which warnings come")
    return problems


def _lint_slope(slope: Slope) -> list[str]:
    place, limits, problems = f"slopes.{slope.name}", slope.rule_limits, []
    if not SLOPE_NAME.fullmatch(slope.name):
        problems.append(f"{place}: want a name of 1 to 24 letters, digits, - and _")
    if not 0.0 < limits.attention_per_h <= limits.prepare_per_h <= limits.evacuate_per_h < math.inf:
        problems.append(f"{place}.limits: want 0 < attention_per_h <= prepare_per_h <= evacuate_per_h")
    if not 0.0 < limits.wet_factor <= 1.0:
        problems.append(f"{place}.limits.wet_factor: wet ground lowers limits: want above 0, at most 1")
    if not 0.0 < limits.active_per_day <= limits.fast_per_day or limits.wet_index_mm < 0.0:
        problems.append(f"{place}.limits: want 0 < active_per_day <= fast_per_day, wet_index_mm not below 0")
    if (
        not 0.0 < slope.full_scale < math.inf
        or not 60.0 <= slope.silent_s <= 86400.0
        or not slope.calm_s >= 3600.0
    ):
        problems.append(f"{place}: want full_scale > 0, silent_s of 60 to 86400, calm_s of 3600 or more")
    return problems


def _lint_reservoir(each: Embankment) -> list[str]:
    place, problems = f"reservoirs.{each.name}", []
    if not SLOPE_NAME.fullmatch(each.name):
        problems.append(f"{place}: want a name of 1 to 24 letters, digits, - and _")
    if not math.isfinite(each.crest_cm) or not 0.0 < each.serious_cm < each.attention_cm < math.inf:
        problems.append(f"{place}: want a crest_cm, and 0 < serious_cm < attention_cm")
    if not each.settle_mm_day > 0.0 or not each.jump_factor > 1.0:
        problems.append(f"{place}: want settle_mm_day above 0 and jump_factor above 1")
    if not 60.0 <= each.silent_s <= 86400.0 or not each.calm_s >= 3600.0:
        problems.append(f"{place}: want silent_s of 60 to 86400, calm_s of 3600 or more")
    return problems
