"""Payload profiles: where each point lies in an uplink's octets. Pure except `load`, which reads one file."""

import math
import struct
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from sotdae_firmware_bridge.profile import PointName
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.units import Unit

BUILT_IN = Path(__file__).parent / "payloads"
"""Folder of the payload profiles that come with the program."""
MAX_OCTETS = 242
"""Longest application payload of any LoRaWAN data rate (RP002-1.0.4)."""

_CODES = {"uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "uint32": "I", "int32": "i", "float32": "f"}


class Spot(BaseModel):
    """One point of a payload: a bit of an octet, or a number of some octets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    octet: Annotated[int, Field(ge=0, lt=MAX_OCTETS)]
    bit: Annotated[int, Field(ge=0, le=7)] | None = None
    type: Literal["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"] | None = None
    scale: FiniteFloat = 1.0
    offset: FiniteFloat = 0.0
    unit: Unit | None = None
    range: tuple[FiniteFloat, FiniteFloat] | None = None
    """Physical range of the instrument; decoding does not judge by it."""
    missing: int | None = None
    quality: str | None = None
    """The point that carries the self-test."""
    title: str = ""

    @property
    def is_bit(self) -> bool:
        """Whether this is one bit."""
        return self.type is None

    @property
    def width(self) -> int:
        """Octets taken."""
        return 1 if self.type is None else struct.calcsize(f">{_CODES[self.type]}")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.bit is None) == (self.type is None):
            raise ValueError("want either bit or type")
        if self.bit is not None and self.missing is not None:
            raise ValueError("a bit has no missing value")
        if self.scale == 0 or (self.range is not None and self.range[0] >= self.range[1]):
            raise ValueError("want scale other than 0 and range = [low, high] with low < high")
        return self


class Device(BaseModel):
    """Which device sends the payload, and how often at least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=1)]
    title: str = ""
    port: Annotated[int, Field(ge=1, le=223)]
    """LoRaWAN port of these payloads; another one means another layout."""
    octets: Annotated[int, Field(ge=1, le=MAX_OCTETS)]
    order: Literal["big", "little"] = "big"
    heartbeat_s: Annotated[float, Field(gt=0)]
    reply_port: Annotated[int, Field(ge=1, le=223)] | None = None
    """LoRaWAN port on which it hears what the hub holds; None: it hears nothing."""


class Payload(BaseModel):
    """A device and its points by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Device
    points: Mapping[PointName, Spot]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := list(self._problems()):
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        for name, point in self.points.items():
            if point.octet + point.width > self.device.octets:
                yield f"points.{name}: ends after octet {self.device.octets - 1}, the last"
            if point.quality is not None and point.quality not in self.points:
                yield f"points.{name}.quality: there is no point {point.quality!r}"

    def values(self, data: bytes) -> dict[str, float | None]:
        """Quantities of a payload. Raises WireError if it has another length than the profile says."""
        if len(data) != self.device.octets:
            raise WireError(f"{self.device.name}: {len(data)} octets came; want {self.device.octets}")
        order = ">" if self.device.order == "big" else "<"
        return {name: _value(point, data, order) for name, point in self.points.items()}


def _value(point: Spot, data: bytes, order: str) -> float | None:
    if point.type is None:
        return float(data[point.octet] >> (point.bit or 0) & 1)
    (raw,) = struct.unpack_from(order + _CODES[point.type], data, point.octet)
    if not math.isfinite(raw) or raw == point.missing:
        return None
    value = round(float(raw) * point.scale + point.offset, 9)
    return value if math.isfinite(value) else None


def parse(text: str, source: str = "payload") -> Payload:
    """Understand a payload profile's TOML text. Raises ConfigError with its problems, each with its place."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets int's and its own limits through
        raise ConfigError(source, [f"TOML: {error}"]) from error
    try:
        return Payload.model_validate(tree)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in detail['loc']) or 'payload'}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise ConfigError(source, problems) from error


def load(path_or_name: Path | str) -> Payload:
    """Read a payload profile from a TOML file, or a built-in one by its name. Raises ConfigError."""
    path = Path(path_or_name)
    if path.suffix != ".toml":
        path = BUILT_IN / f"{path_or_name}.toml"
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error
