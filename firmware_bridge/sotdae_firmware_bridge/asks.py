"""What frames carry: which addresses of which table, their values, and signs of life. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING

from sotdae_firmware_bridge.frames import MAX_BODY
from sotdae_shared.errors import WireError

if TYPE_CHECKING:
    from sotdae_firmware_bridge.profile import Table

_TABLES: "tuple[Table, ...]" = ("coil", "discrete", "holding", "input")
"""Tables by their number on the wire; they are Modbus' four, so that one profile serves both."""
_BITS = ("coil", "discrete")
_PLACE = Struct(">BHH")
_ALIVE = Struct(">II?")

Values = Sequence[bool] | Sequence[int]


class Refusal(IntEnum):
    """Why a board did not do what it was asked."""

    BODY = 1
    """The body cannot be understood."""
    ADDRESS = 2
    """An address is not there, or cannot be written."""
    VALUE = 3
    """A value is not one the board knows; nothing was taken."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Addresses to read, or to write with `values`."""

    table: "Table"
    start: int
    count: int
    values: Values | None = None

    def pack(self) -> bytes:
        """Body of a READ or WRITE."""
        place = _PLACE.pack(_TABLES.index(self.table), self.start, self.count)
        return place if self.values is None else place + pack_values(self.table, self.values)


@dataclass(frozen=True, slots=True)
class Alive:
    """A board's sign of life."""

    boot: int
    """Changes with every start of the board."""
    uptime_ms: int
    held: bool
    """The board's watchdog had closed the warnings before this beat."""

    def pack(self) -> bytes:
        """Body of an ALIVE."""
        return _ALIVE.pack(self.boot & 0xFFFFFFFF, self.uptime_ms & 0xFFFFFFFF, self.held)


def parse_ask(body: bytes, writes: bool) -> Ask:
    """Understand the body of a READ or WRITE. Raises WireError."""
    if len(body) < _PLACE.size:
        raise WireError(f"a place of {len(body)} octets: want {_PLACE.size}")
    number, start, count = _PLACE.unpack_from(body)
    if number >= len(_TABLES) or not count or start + count > 0x10000:
        raise WireError(f"table {number}, {start}+{count}: there is no such place")
    table, rest = _TABLES[number], body[_PLACE.size :]
    if octets(table, count) > MAX_BODY - _PLACE.size:
        raise WireError(f"{count} values do not fit one frame")
    if not writes and rest:
        raise WireError(f"{len(rest)} octets too many")
    return Ask(table, start, count, parse_values(table, count, rest) if writes else None)


def parse_alive(body: bytes) -> Alive:
    """Understand the body of an ALIVE. Raises WireError."""
    if len(body) != _ALIVE.size or body[-1] > 1:
        raise WireError(f"sign of life of {len(body)} octets: want {_ALIVE.size}")
    return Alive(*_ALIVE.unpack(body))


def parse_refusal(body: bytes) -> Refusal:
    """Understand the body of a REFUSED. Raises WireError."""
    try:
        (code,) = body
        return Refusal(code)
    except ValueError:
        raise WireError(f"refusal {body.hex()!r} is unknown") from None


def pack_values(table: str, values: Values) -> bytes:
    """Octets of values: bits from the lowest of the first octet on, registers high octet first."""
    if table in _BITS:
        number = sum(1 << index for index, bit in enumerate(values) if bit)
        return number.to_bytes(octets(table, len(values)), "little")
    return b"".join(int(value).to_bytes(2) for value in values)


def parse_values(table: str, count: int, body: bytes) -> Values:
    """Values of octets. Raises WireError if there are more or fewer than `count` need, or stray bits."""
    if len(body) != octets(table, count):
        raise WireError(f"{len(body)} octets for {count} values of {table}")
    if table in _BITS:
        number = int.from_bytes(body, "little")
        if number >> count:
            raise WireError("bits after the last value are set")
        return [bool(number >> index & 1) for index in range(count)]
    return [int.from_bytes(body[at : at + 2]) for at in range(0, len(body), 2)]


def octets(table: str, count: int) -> int:
    """Octets that values take."""
    return (count + 7) // 8 if table in _BITS else 2 * count
