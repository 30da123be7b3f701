"""Who gets a policy first: rings of nodes, the same on every start."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A node of a facility that takes policies."""

    facility: str
    node: str

    def __str__(self) -> str:
        """Name it in one word."""
        return f"{self.facility}/{self.node}"


def rings_of(
    version: int, members: Iterable[Member], percents: Sequence[float], canary: Collection[str] = ()
) -> dict[Member, int]:
    """Return each node's ring, 0 first. All nodes of a facility are in one ring.

    Facilities stand in the order of a hash over version and id, so that no facility is always the first
    to try; `percents` cut this order, the first at one facility or more. `canary` goes before all others.
    """
    nodes = set(members)
    chosen = {node.facility for node in nodes} & set(canary)
    rest = sorted({node.facility for node in nodes} - chosen, key=lambda facility: _rank(version, facility))
    cuts = sorted({ceil(len(rest) * percent / 100) for percent in percents} - {0})
    first = 1 if chosen else 0
    ring = dict.fromkeys(chosen, 0)
    for at, facility in enumerate(rest):
        ring[facility] = first + sum(cut <= at for cut in cuts)
    return {node: ring[node.facility] for node in sorted(nodes)}


def _rank(version: int, facility: str) -> bytes:
    return sha256(f"{version}:{facility}".encode()).digest()
