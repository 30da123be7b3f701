"""What the enrolment office stated for this box, kept twice: in the folder of its papers, and with the state.

The agent alone writes the second copy. So papers brought back from a backup lower nothing, and neither does
a lost state. What holds is judged by signature, never by the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sotdae_edge.ports import StateStore
from sotdae_edge.whole import read_whole
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.floor import Floor, highest, raised
from sotdae_shared.sealed import MAX_BYTES, Said, unseal

ROOT = Path("current") / "root.pem"


@dataclass(slots=True)
class Statements:
    """Floor and deny list of one facility's box. Methods block; the stores are this object's alone."""

    papers: Path
    """The folder that `sotdae device` keeps."""
    facility: str
    floors: StateStore
    lists: StateStore
    problems: list[str] = field(default_factory=list)
    """What was wrong with what lay there when it was last read: one line each, for an alarm."""

    def floor(self) -> Floor | None:
        """Return the highest floor that holds; None where there is none, which is not the same as zero."""
        self.problems = []
        stated = self._stated(Floor, self.floors)
        mine = [(raw, floor) for raw, floor in stated if floor.facility == self.facility]
        self.problems += [f"a floor of {floor.facility}" for raw, floor in stated if (raw, floor) not in mine]
        held = None
        for raw, floor in mine:
            try:
                held = raised(held, floor)
            except WireError as error:
                self.problems.append(str(error))
            else:
                self._keep(self.floors, raw)
        return highest(floor for _, floor in mine)

    def deny_list(self) -> DenyList | None:
        """Return the newest deny list that holds and is not below the floor; None where there is none."""
        floor, held = self.floor(), None
        for raw, found in self._stated(DenyList, self.lists):
            if floor is not None and found.version < floor.deny:
                self.problems.append(f"deny list {found.version} is below the floor {floor.deny}")
            elif held is not None and found.version < held.version:
                self.problems.append(f"deny list {found.version} after {held.version} is refused")
            else:
                held = found
                self._keep(self.lists, raw)
        return held

    def _stated(self, kind: type[Said], store: StateStore) -> list[tuple[bytes, Said]]:
        """Return what holds: first what this box has taken before, then what lies in its papers."""
        found: list[tuple[bytes, Said]] = []
        try:
            root = read_whole(self.papers / ROOT, MAX_BYTES)
        except OSError as error:
            self.problems.append(f"{self.papers / ROOT}: {error.strerror}")
            return found
        for raw in self._raw(kind, store):
            try:
                found.append((raw, unseal(kind, raw, root)))
            except WireError as error:
                self.problems.append(str(error))
        return found

    def _raw(self, kind: type[Said], store: StateStore) -> Iterator[bytes]:
        try:
            kept = store.load()
        except LinkError as error:
            self.problems.append(str(error))
            kept = None
        if store.corrupt:
            self.problems.append("a kept statement was corrupt and set aside")
        if kept is not None:
            yield kept
        path = self.papers / f"{kind.KIND}.json"
        try:
            raw = read_whole(path, MAX_BYTES + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problems.append(f"{path}: {error.strerror}")
            return
        if raw != kept:
            yield raw

    def _keep(self, store: StateStore, raw: bytes) -> None:
        try:
            if store.load() != raw:
                store.save(raw)
        except LinkError as error:
            self.problems.append(str(error))
