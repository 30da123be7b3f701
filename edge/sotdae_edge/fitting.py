"""An agent's file against the profiles it names: a point that is not there would be silent for ever."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from sotdae_edge.config import CityConfig, DeviceConfig, GateConfig, load_city, load_gate
from sotdae_edge.core import lane, riverside
from sotdae_edge.core.effects import Motion, Voice
from sotdae_edge.core.policy import RIVER
from sotdae_edge.core.relays import Scale
from sotdae_firmware_bridge.payload import Spot
from sotdae_firmware_bridge.payload import load as load_payload
from sotdae_firmware_bridge.profile import Point
from sotdae_firmware_bridge.profile import load as load_profile
from sotdae_firmware_bridge.raw import decode, encode
from sotdae_shared.errors import ConfigError
from sotdae_shared.units import Unit

APPROACH_POINTS = (
    "limit_open",
    "limit_closed",
    "local_key",
    "inside_request",
    "arm_angle",
    "motor_current",
    "sign_closed",
    "flasher_on",
)
"""What a gate watches at each approach, beside loop and curtain of every lane."""
COUNT = 65_535
"""Permit and feed count up to this, then from 0."""
APPROACH_ORDERS = {"drive": int(max(Motion)), "permit": COUNT}
"""What a gate writes for each approach, and the highest value of each."""
GATE_ORDERS = {"warn_closed": 1, "warn_siren": 1, "warn_caution": 1, "feed": COUNT}
"""What a gate writes for all of them."""

Points = Mapping[str, Point | Spot]


def fitted_gate(path: Path) -> GateConfig:
    """Read a gate's file and its profile. Raises ConfigError with every problem and its place."""
    config = load_gate(path)
    with _named_by(path):
        points = load_profile(config.device.profile).points
    found = (_way(config.device, points), _gate_points(config, points), _channels(config, points))
    _refuse(path, [*chain.from_iterable(found), *_river(config, points)])
    return config


def fitted_city(path: Path) -> CityConfig:
    """Read a city agent's file and its profiles. Raises ConfigError with every problem and its place."""
    config = load_city(path)
    with _named_by(path):
        known = city_points(config)
        way = _way(config.device, load_profile(config.device.profile).points)
    absent = (
        f"{place}: there is no point {point!r}" for place, point in _named(config) if point not in known
    )
    _refuse(path, [*way, *absent])
    return config


def city_points(config: CityConfig) -> dict[str, Point | Spot]:
    """Return every point that a city agent hears, by the name it has there. Raises ConfigError."""
    points: dict[str, Point | Spot] = dict(load_profile(config.device.profile).points)
    if (lorawan := config.lorawan) is not None:
        payload = load_payload(lorawan.payload).points
        for name in lorawan.devices.values():
            points |= {f"{name}_{place}": spot for place, spot in payload.items()}
    return points


def scale(point: Point | Spot) -> Scale:
    """Return the unit and range that a profile gives a point."""
    return Scale(point.unit or (Unit.BOOL if point.is_bit else Unit.COUNT), point.range)


@contextmanager
def _named_by(path: Path) -> Iterator[None]:
    """Say of a wrong profile which agent's file names it."""
    try:
        yield
    except ConfigError as error:
        named = [f"profile {error.source}: {problem}" for problem in error.problems]
        raise ConfigError(str(path), named) from error


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        raise ConfigError(str(path), problems)


def _way(device: DeviceConfig, points: Mapping[str, Point]) -> Iterator[str]:
    """Yield why a device could not be reached as its section says."""
    if device.speaks == "frames" and device.serial is None:
        yield "device.serial: wanted for a board with frames, such as /dev/ttyUSB0"
    registers = [name for name, point in points.items() if not point.is_bit]
    if device.speaks == "gpio" and registers:
        yield f"device.speaks: a pin is a bit, but the profile has registers: {', '.join(registers)}"


def _gate_points(config: GateConfig, points: Mapping[str, Point]) -> Iterator[str]:
    watched: list[str] = []
    orders = dict(GATE_ORDERS)
    for approach in config.approaches:
        watched += [*lane.points(approach), *(approach.prefix + name for name in APPROACH_POINTS)]
        orders |= {approach.prefix + name: most for name, most in APPROACH_ORDERS.items()}
        if config.riverside is not None:
            watched += [approach.prefix + name for name in riverside.POINTS]
            orders |= {approach.prefix + name: 1 for name in riverside.ORDERS}
    if config.riverside is not None:
        orders[riverside.VOICE] = int(max(Voice))
    for name in (*watched, *orders):
        if name not in points:
            yield f"device.profile: a gate needs the point {name!r}: add [points.{name}] to the profile"
        elif name in orders and (wrong := _unwritable(points[name], orders[name])):
            yield f"device.profile: {name!r} {wrong}"


def _unwritable(point: Point, most: int) -> str | None:
    """Return why a point does not take an order, which would end the agent when it is given."""
    if not point.writable:
        return "must be writable: add writable = true"
    try:
        taken = decode(point, encode(point, most))
    except ValueError as error:
        return f"must take 0 to {most}, as a uint16 does: {error}"
    return None if taken == most else f"must take 0 to {most} in steps of 1: want scale = 1"


def _channels(config: GateConfig, points: Mapping[str, Point]) -> Iterator[str]:
    for channel in config.channels:
        for name, _ in channel.points:
            point = points.get(name)
            if point is None:
                yield f"channels.{channel.name}: there is no point {name!r}"
            elif point.is_bit is not (channel.kind == "switch"):
                yield f"channels.{channel.name}: {name!r} is {'a bit' if point.is_bit else 'a number'}"
            elif not point.is_bit and point.unit is not Unit.CM:
                yield f"channels.{channel.name}: {name!r} is not in cm"


def _river(config: GateConfig, points: Mapping[str, Point]) -> Iterator[str]:
    """A trigger that the gauge cannot reach never closes, whether the file or a policy gives it."""
    triggers = {"levels.river_trigger_cm": config.levels.river_trigger_cm}
    bounds = {} if config.policy is None else config.policy.bounds
    for name in RIVER:
        _, triggers[f"policy.bounds.{name}"] = bounds.get(name, (None, None))
    gauge = points.get("river_stage")
    for place, trigger in triggers.items():
        if trigger is None:
            continue
        if gauge is None:
            yield f"{place}: there is no point 'river_stage'"
        elif gauge.range is not None and not gauge.range[0] < trigger <= gauge.range[1]:
            yield f"{place}: {trigger:g}: the gauge says {gauge.range[0]:g} to {gauge.range[1]:g}"


def _named(config: CityConfig) -> Iterator[tuple[str, str]]:
    """Yield the place and the name of every point that a file names."""
    for home in config.homes:
        yield from ((f"homes.{home.name}", point) for point in home.points)
    if config.rain is not None:
        yield from (("rain", point) for point in config.rain.points)
    for slope in config.slopes:
        yield f"slopes.{slope.name}", slope.point
        if slope.rain_point is not None:
            yield f"slopes.{slope.name}", slope.rain_point
    for reservoir in config.reservoirs:
        yield from ((f"reservoirs.{reservoir.name}", point) for point in reservoir.points.values())
    for relay in config.relays:
        yield "relays", relay.point
