"""Device profiles: where each point lies in a register map and how raw numbers become quantities.

Everything here is pure except `load`, which reads one file.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from sotdae_firmware_bridge.raw import NUMBERS, NumberType
from sotdae_shared.errors import ConfigError
from sotdae_shared.units import Unit

BUILT_IN = Path(__file__).parent / "profiles"
"""Folder of the profiles that come with the program."""

Table = Literal["coil", "discrete", "holding", "input"]
BIT_TABLES: frozenset[str] = frozenset({"coil", "discrete"})
WRITABLE_TABLES: frozenset[str] = frozenset({"coil", "holding"})
PointName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Point(BaseModel):
    """One value of a device: its place, its type, and which points say how far to believe it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Table
    address: Annotated[int, Field(ge=0, le=0xFFFF)]
    type: NumberType | None = None
    """Number type of a register; None for a bit."""
    scale: FiniteFloat = 1.0
    """Quantity per raw step."""
    offset: FiniteFloat = 0.0
    unit: Unit | None = None
    range: tuple[FiniteFloat, FiniteFloat] | None = None
    """Physical range of the instrument; `decode` does not judge by it."""
    missing: int | None = None
    """Raw value that means "nothing measured"."""
    counter: str | None = None
    quality: str | None = None
    writable: bool = False
    active_low: bool = False
    """A bit that is 0 when the thing is so: a contact that opens, a line pulled up."""
    title: str = ""

    @property
    def is_bit(self) -> bool:
        """Whether this is a coil or discrete input."""
        return self.table in BIT_TABLES

    @property
    def width(self) -> int:
        """Addresses taken."""
        return 1 if self.type is None else NUMBERS[self.type].words

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if self.is_bit and (self.type is not None or self.missing is not None):
            yield f"a {self.table} is a bit: it has no type and no missing value"
        if not self.is_bit and self.active_low:
            yield "only a bit can be active_low"
        if not self.is_bit and self.type is None:
            yield f"want type = one of {', '.join(NUMBERS)}"
        if self.scale == 0:
            yield "scale must not be 0"
        if self.range is not None and self.range[0] >= self.range[1]:
            yield "range: want [low, high] with low < high"
        if self.writable and self.table not in WRITABLE_TABLES:
            yield f"a {self.table} cannot be written"
        if self.address + self.width > 0x10000:
            yield "the point ends after the last address, 65535"
        if self.type is not None and self.missing is not None and not NUMBERS[self.type].holds(self.missing):
            yield f"missing = {self.missing} does not fit {self.type}"


class Device(BaseModel):
    """Which device a profile describes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=1)]
    unit_id: Annotated[int, Field(ge=1, le=247)]
    title: str = ""


class Profile(BaseModel):
    """A device and its points by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Device
    points: Mapping[PointName, Point]


def parse(text: str, source: str = "profile") -> Profile:
    """Understand a profile's TOML text.

    Raises:
        ConfigError: with every problem found, each with its place.
    """
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets int's and its own limits through
        raise ConfigError(source, [f"TOML: {error}"]) from error
    try:
        profile = Profile.model_validate(tree)
    except ValidationError as error:
        problems = [_place(detail) for detail in error.errors(include_url=False, include_input=False)]
        raise ConfigError(source, problems + _cross_problems(_readable_points(tree))) from error
    if problems := _cross_problems(profile.points):
        raise ConfigError(source, problems)
    return profile


def load(path_or_name: Path | str) -> Profile:
    """Read a profile from a file, or one that comes with the program by its name, such as `underpass`.

    Raises:
        ConfigError: if there is no such file, it is not UTF-8, or its content is wrong.
    """
    path = Path(path_or_name)
    if path.suffix != ".toml" and path.name == str(path_or_name):
        path = BUILT_IN / f"{path_or_name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        remedy = f"give a TOML file; built in are {', '.join(names())}"
        why = "" if isinstance(error, FileNotFoundError) else f" that can be read ({error})"
        raise ConfigError(str(path_or_name), [f"no such profile{why}; {remedy}"]) from error
    return parse(text, str(path))


PARTS = ("device", "points")


def names() -> list[str]:
    """Names of the profiles that come with the program."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def _place(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "profile"
    if detail["type"] == "extra_forbidden":
        known = (
            (Device if detail["loc"][0] == "device" else Point).model_fields
            if len(detail["loc"]) > 1
            else PARTS
        )
        near = get_close_matches(str(detail["loc"][-1]), known, n=1)
        return f"{place}: there is no such setting here" + (f"; did you mean {near[0]}?" if near else "")
    return f"{place}: {detail['msg'].removeprefix('Value error, ')}"


def _readable_points(tree: Mapping[str, Any]) -> dict[str, Point]:
    points: dict[str, Point] = {}
    raw = tree.get("points")
    for name, value in raw.items() if isinstance(raw, dict) else ():
        try:
            points[name] = Point.model_validate(value)
        except ValidationError:
            continue
    return points


def _cross_problems(points: Mapping[str, Point]) -> list[str]:
    return [*_overlaps(points), *_dangling(points)]


def _overlaps(points: Mapping[str, Point]) -> Iterator[str]:
    placed = sorted(points.items(), key=lambda item: (item[1].table, item[1].address))
    for (name, point), (next_name, following) in pairwise(placed):
        if point.table == following.table and following.address < point.address + point.width:
            yield f"points.{next_name}: {following.table} {following.address} overlaps {name}"


def _dangling(points: Mapping[str, Point]) -> Iterable[str]:
    for name, point in points.items():
        if point.quality is not None and point.quality not in points:
            yield f"points.{name}.quality: there is no point {point.quality!r}"
        if point.counter is None:
            continue
        counter = points.get(point.counter)
        if counter is None:
            yield f"points.{name}.counter: there is no point {point.counter!r}"
        elif counter.type not in ("uint16", "uint32"):
            yield f"points.{name}.counter: {point.counter!r} is not an unsigned register"
