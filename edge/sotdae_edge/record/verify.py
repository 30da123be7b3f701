"""Whether a segment holds: every line follows, every signature is the device's, nothing is torn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sotdae_edge.record.chain import Chain, signature
from sotdae_edge.record.coding import parse
from sotdae_edge.record.packing import unpack
from sotdae_edge.record.snapshot import restore, site_sha256
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.signing import verify as signature_holds


@dataclass(slots=True)
class Segment:
    """What a file holds, as far as it holds."""

    name: str
    header: dict[str, Any] = field(default_factory=dict)
    values: list[dict[str, Any]] = field(default_factory=list)
    """Every good line as JSON, the header first. Entry numbers count them from 1."""
    problems: list[str] = field(default_factory=list)
    first_bad: int | None = None
    """Number of the first entry that does not hold."""
    torn: bool = False
    ended: bool = False
    recovered: bool = False
    """Whether its end was signed at the next start: what followed the last signature was open till then."""
    signed_to: int = 0
    """Number of the last entry that a good signature covers."""
    head: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. A segment without its end may still be one that is being written."""
        return not self.problems

    def fault(self, number: int, what: str) -> None:
        """Note that an entry does not hold."""
        self.first_bad = number if self.first_bad is None else self.first_bad
        self.problems.append(f"entry {number}: {what}")


def read_segment(path: Path, public: str | None = None) -> Segment:
    """Check one file. `public` is the device's key; without it the key named inside is believed.

    Raises:
        LinkError: if the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LinkError(f"{path}: {error.strerror}") from error
    return check(path.name, raw, public)


def check(name: str, raw: bytes, public: str | None = None) -> Segment:
    """Check the bytes of one file. Never raises: whatever is wrong is in the segment's problems."""
    unpacked, segment = unpack(raw), Segment(name)
    _check_lines(segment, unpacked.lines, public)
    if unpacked.problem is not None:
        if segment.first_bad is None:
            segment.first_bad = len(segment.values) + 1
        segment.problems.append(unpacked.problem)
    return segment


def check_all(paths: list[Path], public: str | None = None) -> Iterator[Segment]:
    """Check files in order, and that each continues the one before. Raises LinkError."""
    before: Segment | None = None
    for path in paths:
        segment = read_segment(path, public)
        if before is not None and segment.header and segment.header.get("prev") != before.head:
            segment.fault(1, f"does not continue {before.name}")
        before = segment
        yield segment


def _check_lines(segment: Segment, lines: bytes, public: str | None) -> None:
    chain, start = Chain(), 0
    while (end := lines.find(b"\n", start)) >= 0:
        number = chain.count + 1
        signed = chain.signed()
        try:
            value = parse(chain.open(lines[start:end]))
            if number == 1:
                _check_header(segment, value, public)
        except WireError as error:
            segment.fault(number, str(error))
            return
        segment.values.append(value)
        segment.head = chain.head.hex()
        _check_signature(segment, value, number, signed)
        start = end + 1
        if segment.ended and start < len(lines):
            segment.fault(number + 1, "stands after the end")
            return
    if start < len(lines):
        segment.torn = True
        segment.fault(chain.count + 1, f"is torn ({len(lines) - start} bytes)")
    elif not segment.values:
        segment.fault(1, "is missing")


def _check_header(segment: Segment, value: dict[str, Any], public: str | None) -> None:
    device, head = value.get("device"), value.get("gate")
    if value.get("record") != 1 or not isinstance(device, str):
        raise WireError("no beginning of a record that this version reads")
    if public is not None and device != public:
        raise WireError(f"was written by the device {device:.16}, not by {public:.16}")
    if value.get("site_sha256") != site_sha256(restore(head).site):
        raise WireError("the site's settings do not have the hash that is named")
    segment.header = value


def _check_signature(segment: Segment, value: dict[str, Any], number: int, signed: bytes) -> None:
    found = signature(value)
    if found is None:
        return
    if signature_holds(segment.header["device"], signed, found):
        segment.signed_to = number - 1
        segment.ended = value.get("end") is True
        segment.recovered = value.get("recovered") is True
    else:
        segment.fault(number, "the signature is not the device's")
