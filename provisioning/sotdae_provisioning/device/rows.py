"""A list of boxes as a table: read from CSV, and the rows that are not good written back. Pure.

A cell that a spreadsheet would run as a formula (OWASP: CSV injection) is refused when it is read, and made
text by an apostrophe when it is written.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.identity import address_from
from sotdae_shared.topics import Address

WANTED = ("facility", "node", "serial")
COLUMNS = (*WANTED, "name", "key")
REASON = "reason"
MAX_BYTES = 16 * 1024 * 1024
MAX_CELL = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What begins a formula in a spreadsheet, full-width forms too."""
_KEY = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


@dataclass(frozen=True, slots=True)
class Row:
    """One box of the list: the maker's serial number becomes this node."""

    line: int
    address: Address
    serial: str
    name: str
    """What people call the place; may be empty."""
    key: str | None = None
    """SHA-256 of the box's key in hexadecimal, as the box showed it; None where nobody noted it."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be worked on, as it was written, and why."""

    line: int
    cells: Mapping[str, str]
    reason: str


def read_rows(raw: bytes, source: str) -> tuple[list[Row], list[Bad]]:
    """Return the good rows of a CSV file and the bad ones; a bad row never hides a good one.

    Raises:
        ConfigError: if the whole file cannot be read, or a column is missing.
    """
    rows: dict[tuple[Address, str], Row] = {}
    bad: list[Bad] = []
    nodes: dict[str, int] = {}
    serials: dict[str, int] = {}
    for line, cells in _cells(raw, source):
        try:
            row = _row(line, cells)
            if (row.address, row.serial) in rows:
                raise WireError(f"the same box stands on line {rows[row.address, row.serial].line}")
            _once(nodes, row.address.node, line, "node")
            _once(serials, row.serial, line, "serial")
        except WireError as error:
            bad.append(Bad(line, cells, str(error)))
        else:
            rows[row.address, row.serial] = row
    return list(rows.values()), bad


def serial_from(text: str) -> str:
    """Return a maker's serial number that has been checked. WireError: what is wanted."""
    if _SERIAL.fullmatch(text) is None:
        raise WireError(f"serial {text[:40]!r}: want letters, digits and . _ / -, at most 64")
    return text


def key_from(text: str) -> str:
    """Return the SHA-256 of a key as a box showed it, checked. WireError: what is wanted."""
    if _KEY.fullmatch(text.strip().lower()) is None:
        raise WireError(f"key {text[:70]!r}: want the 64 hexadecimal digits that the box showed")
    return text.strip().lower()


def written(bad: Iterable[Bad]) -> str:
    """Return bad rows as CSV with the reason beside each; mended, the same file can be given again."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*COLUMNS, REASON])
    for each in sorted(bad, key=lambda one: one.line):
        cells = [each.cells.get(column, "") for column in COLUMNS]
        table.writerow([inert(cell) for cell in [*cells, f"line {each.line}: {each.reason}"]])
    return out.getvalue()


def inert(cell: str) -> str:
    """Return a cell that every spreadsheet takes for text."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in cell)[:MAX_CELL]
    return f"'{plain}" if plain.lstrip().startswith(FORMULA) else plain


def _once(seen: dict[str, int], value: str, line: int, what: str) -> None:
    if value in seen:
        raise WireError(f"{what} {value} stands on line {seen[value]} too, for another box")
    seen[value] = line


def _row(line: int, cells: Mapping[str, str]) -> Row:
    for column in COLUMNS:
        text = cells.get(column, "")
        if text.lstrip("'").startswith(FORMULA):
            raise WireError(f"{column} begins like a formula: {text[:1]!r}; write it as plain text")
        if len(text) > MAX_CELL or not text.isprintable():
            raise WireError(f"{column}: want one line of at most {MAX_CELL} printable characters")
    address = address_from(cells["facility"], cells["node"])
    key = key_from(cells["key"]) if cells.get("key") else None
    return Row(line, address, serial_from(cells["serial"]), cells.get("name", ""), key)


def _cells(raw: bytes, source: str) -> Iterator[tuple[int, dict[str, str]]]:
    table = csv.reader(io.StringIO(_text(raw, source), newline=""))
    try:
        head = [name.strip().lower() for name in next(table, [])]
        missing = [column for column in WANTED if column not in head]
        if missing:
            want = ",".join(COLUMNS)
            raise ConfigError(source, [f"first line: {', '.join(missing)} is missing; want {want}"])
        for words in table:
            if any(words):
                padded = [word.strip(" ") for word in words] + [""] * (len(head) - len(words))
                yield table.line_num, dict(zip(head, padded, strict=False))
    except csv.Error as error:
        raise ConfigError(source, [f"line {table.line_num}: {error}; save it as plain CSV"]) from error


def _text(raw: bytes, source: str) -> str:
    """Return the text: UTF-8, or what a Korean spreadsheet saves when it is asked for plain CSV."""
    if len(raw) > MAX_BYTES:
        raise ConfigError(source, [f"larger than {MAX_BYTES // 2**20} MiB; give it in parts"])
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(source, ["neither UTF-8 nor CP949; save it as CSV UTF-8"])
