"""A record once more through the shipped core: the same answers, or the difference by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sotdae_edge.core import policies
from sotdae_edge.core.gate import Gate
from sotdae_edge.record.chain import signature
from sotdae_edge.record.coding import Coder, pack_effects, text
from sotdae_edge.record.snapshot import restore, snapshot
from sotdae_edge.record.verify import Segment
from sotdae_shared.errors import SotdaeError, WireError

ABSENT = "not there"
"""A setting or state that only another version of the gate has."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the core answers otherwise than the record says."""

    segment: str
    entry: int
    at: float | None
    """Monotonic seconds of that start."""
    recorded: str
    now: str


@dataclass(slots=True)
class Replay:
    """Segments in order through the core. `calls` and `decisions` count what was compared."""

    calls: int = 0
    decisions: int = 0
    _gate: Gate | None = None

    def play(self, segment: Segment) -> Iterator[Difference]:
        """Yield the differences of one segment, as far as it holds; it begins from its own snapshot."""
        yield from self._begin(segment)
        coder = Coder()
        for number, value in enumerate(segment.values[1:], start=2):
            if self._gate is None or signature(value) is not None:
                continue
            try:
                at, event = coder.unpack(value)
                gate = self._gate
                effects = gate.tick(at) if event is None else gate.handle(event, at)
            except WireError as error:
                yield Difference(segment.name, number, None, str(error), "")
                return
            said, recorded = pack_effects(effects), value.get("do", [])
            self.calls += 1
            self.decisions += sum(name == "Decided" for name, _ in said)
            if text(said) != text(recorded):
                yield Difference(segment.name, number, at, text(recorded), text(said))

    def _begin(self, segment: Segment) -> Iterator[Difference]:
        header, before = segment.header, self._gate
        try:
            self._gate = restore(header.get("gate"))
        except WireError as error:
            self._gate = None
            yield Difference(segment.name, 1, None, str(error), "")
            return
        expected = self._expected(header, before)
        if expected is not None and text(expected) != text(header["gate"]):
            yield Difference(segment.name, 1, None, *_first_difference(header["gate"], expected))

    def _expected(self, header: dict[str, Any], before: Gate | None) -> dict[str, Any] | None:
        """Return what the snapshot must be: a gate just started, or the one that the segment before left."""
        gate = self._gate
        if gate is None or "lost" in header:
            return None
        if "memento" in header:
            site = policies.own(gate)
            try:
                return snapshot(Gate.start(site, gate.boot, gate.born, header["memento"]))
            except SotdaeError:
                # As the agent does: a memento that cannot be read is as none.
                return snapshot(Gate.start(site, gate.boot, gate.born))
        return None if before is None or before.boot != gate.boot else snapshot(before)


def _first_difference(recorded: dict[str, Any], expected: dict[str, Any]) -> tuple[str, str]:
    for name in (*expected, *recorded):
        there, here = (text(gate[name]) if name in gate else ABSENT for gate in (recorded, expected))
        if there != here:
            return f"gate.{name} = {there}", here
    return "gate, in another order", "gate"
