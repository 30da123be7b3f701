"""Raw Modbus words to quantities and back, and the plan of reads. Pure."""

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sotdae_firmware_bridge.profile import Point, Profile, Table

NumberType = Literal["int16", "uint16", "int32", "uint32", "float32"]

MAX_READ_WORDS = 125
"""Registers in one read (Modbus application protocol 1.1b3, 6.3 and 6.4)."""
MAX_READ_BITS = 2_000
"""Bits in one read (same source, 6.1 and 6.2)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number type on the wire: big-endian, high word first."""

    code: str
    words: int

    @property
    def is_float(self) -> bool:
        """Whether raw values are floating point."""
        return self.code == ">f"

    def holds(self, raw: float) -> bool:
        """Whether a raw value fits."""
        try:
            struct.pack(self.code, raw if self.is_float else int(raw))
        except (struct.error, OverflowError, ValueError):
            return False
        return True

    def unpack(self, words: Sequence[int]) -> float:
        """Raw value of registers. Raises struct.error if they are not `words` times 16 bits."""
        packed = struct.pack(f">{self.words}H", *words)
        return float(struct.unpack(self.code, packed)[0])

    def pack(self, raw: float) -> tuple[int, ...]:
        """Registers of a raw value. Raises struct.error or OverflowError if it does not fit."""
        packed = struct.pack(self.code, raw if self.is_float else round(raw))
        return struct.unpack(f">{self.words}H", packed)


NUMBERS: dict[NumberType, Number] = {
    "int16": Number(">h", 1),
    "uint16": Number(">H", 1),
    "int32": Number(">i", 2),
    "uint32": Number(">I", 2),
    "float32": Number(">f", 2),
}

Raw = bool | tuple[int, ...]
"""A bit, or the registers of a number."""


def decode(point: "Point", raw: bool | Sequence[int]) -> float | None:
    """Quantity in the point's unit; None if the raw value says "missing" or cannot be understood."""
    if point.type is None:
        return float(raw is not point.active_low) if isinstance(raw, bool) else None
    if isinstance(raw, bool):
        return None
    try:
        number = NUMBERS[point.type].unpack(raw)
    except (struct.error, TypeError):
        return None
    if not math.isfinite(number) or (point.missing is not None and number == point.missing):
        return None
    value = round(number * point.scale + point.offset, 9)  # 3 x 0.1 is 0.3, not 0.30000000000000004
    return value if math.isfinite(value) else None


def encode(point: "Point", value: float | None) -> Raw:
    """Raw form of a quantity, rounded to the nearest step; None becomes the point's `missing`.

    Raises:
        ValueError: if the value does not fit the type, would read as missing, or the point has no `missing`.
    """
    if point.type is None:
        if value not in (0, 1):
            raise ValueError(f"{value!r}: a bit is 0 or 1")
        return bool(value) is not point.active_low
    number = NUMBERS[point.type]
    if value is None:
        if point.missing is None:
            raise ValueError("this point has no value for `missing`")
        return number.pack(point.missing)
    raw = (value - point.offset) / point.scale
    try:
        words = number.pack(raw)
    except (struct.error, OverflowError, ValueError) as error:
        raise ValueError(f"{value!r} does not fit {point.type} at scale {point.scale}") from error
    if not math.isfinite(raw) or (point.missing is not None and number.unpack(words) == point.missing):
        raise ValueError(f"{value!r} would read as missing")
    return words


@dataclass(frozen=True, slots=True)
class Block:
    """Contiguous addresses of one table that one request reads or writes."""

    table: "Table"
    start: int
    count: int
    points: tuple[str, ...]


def blocks(profile: "Profile", only: Iterable[str] | None = None) -> tuple[Block, ...]:
    """Plan the fewest requests that touch no address outside the points (all, or `only` these)."""
    wanted = profile.points.keys() if only is None else set(only)
    placed = sorted(
        ((name, point) for name, point in profile.points.items() if name in wanted),
        key=lambda item: (item[1].table, item[1].address),
    )
    plan: list[Block] = []
    for name, point in placed:
        last = plan[-1] if plan else None
        limit = MAX_READ_BITS if point.is_bit else MAX_READ_WORDS
        if (
            last is not None
            and last.table == point.table
            and last.start + last.count == point.address
            and last.count + point.width <= limit
        ):
            plan[-1] = Block(last.table, last.start, last.count + point.width, (*last.points, name))
        else:
            plan.append(Block(point.table, point.address, point.width, (name,)))
    return tuple(plan)
