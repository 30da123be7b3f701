"""How far a segment holds: what a power cut left, and where the next one continues."""

from dataclasses import dataclass
from pathlib import Path

from sotdae_edge.record.chain import Chain
from sotdae_edge.record.coding import parse
from sotdae_edge.record.packing import MAX_BYTES, unpack
from sotdae_edge.whole import read_whole
from sotdae_shared.errors import WireError


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of the good part of a segment."""

    chain: Chain
    good_bytes: int
    torn: bool
    """Whether bytes follow that do not belong."""
    ended: bool
    """Whether the last good line is the signature that ends a segment."""

    @property
    def head(self) -> str | None:
        """The hash that the next segment names; None when not one line holds."""
        return self.chain.head.hex() if self.chain.count else None


def tail_of(path: Path) -> Tail:
    """Return where a file's good lines end. OSError if it cannot be read."""
    lines = unpack(read_whole(path, MAX_BYTES)).lines
    chain, good, ended = Chain(), 0, False
    while (end := lines.find(b"\n", good)) >= 0:
        try:
            value = parse(chain.open(lines[good:end]))
        except WireError:
            break
        good, ended = end + 1, value.get("end") is True
    return Tail(chain, good, good < len(lines), ended)
