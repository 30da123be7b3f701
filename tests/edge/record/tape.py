"""Stories on record: a gate whose every call is noted, and segments written by the real files."""

from collections import deque
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.core.plant import SITE
from edge.core.watched import Watched

from sotdae_edge.core.effects import Effect
from sotdae_edge.core.events import Event
from sotdae_edge.core.gate import Gate
from sotdae_edge.record.again import Difference, Replay
from sotdae_edge.record.coding import Entry
from sotdae_edge.record.files import Opening, RecordFiles, files_of
from sotdae_edge.record.snapshot import site_sha256, snapshot
from sotdae_edge.record.verify import Segment, check_all

Item = Opening | Entry


def opening(gate: Gate, **more: Any) -> Opening:
    """Return a beginning as the journal makes it."""
    return Opening({"site_sha256": site_sha256(gate.site), **more, "gate": snapshot(gate)})


@dataclass
class Taped:
    """A gate whose calls are noted; everything else is the gate's own."""

    gate: Gate
    items: list[Item]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gate, name)

    def handle(self, event: Event, now: float) -> list[Effect]:
        return self._note(event, now, self.gate.handle(event, now))

    def tick(self, now: float) -> list[Effect]:
        return self._note(None, now, self.gate.tick(now))

    def _note(self, event: Event | None, now: float, effects: list[Effect]) -> list[Effect]:
        self.items.append(Entry(now, event, effects))
        return effects


@dataclass
class TapedStory(Watched):
    """A watched story on tape."""

    items: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._tape()

    def restart(self, boot: str = "fedcba9876543210") -> None:
        super().restart(boot)
        self._tape()

    def _tape(self) -> None:
        gate = self.gate
        self.items.append(opening(gate, memento=self.memento))
        self.gate = Taped(gate, self.items)  # type: ignore[assignment]

    def rotate(self) -> None:
        """Begin a new segment in the middle of everything."""
        self.items.append(opening(self.gate.gate))  # type: ignore[attr-defined]


def written(items: list[Item], directory: Path, budget_bytes: int = 1 << 30) -> list[Path]:
    """Write items and end the record."""
    files = RecordFiles(directory / "record", directory / "device.key", budget_bytes)
    files.put(deque(items), durable=True)
    files.close()
    return list(files_of(directory / "record"))


def replayed(segments: list[Segment]) -> tuple[Replay, list[Difference]]:
    """Run segments through the core."""
    run = Replay()
    return run, [difference for segment in segments for difference in run.play(segment)]


def round_trip(items: list[Item]) -> tuple[list[Segment], Replay, list[Difference]]:
    """Write, check and replay."""
    with TemporaryDirectory() as directory:
        segments = list(check_all(written(items, Path(directory))))
    return segments, *replayed(segments)


@cache
def closing() -> tuple[Item, ...]:
    """A short story: a gate opens its eyes, water comes, the arm comes down."""
    story = TapedStory(SITE)
    story.run(1.0)
    story.close()
    story.run(1.0)
    return tuple(story.items)
