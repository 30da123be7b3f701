"""A power cut in the middle of a commit: the outbox holds exactly the commits that were whole."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import ADDRESS, BOOT, event

from sotdae_edge.adapters.outbox import SqliteOutbox


@dataclass(frozen=True)
class Written:
    """The files of an outbox as a power cut finds them: nothing is closed, nothing is checkpointed."""

    main: bytes
    wal: bytes
    commits: tuple[tuple[int, int], ...]
    """(length of the journal, last number) after each commit."""

    def whole(self, length: int) -> int:
        """Return the last number of the last commit that lies within so much of the journal."""
        return max((number for size, number in self.commits if size <= length), default=0)

    def survives(self, cut: int, after: bytes = b"") -> None:
        """Open what a cut leaves, with `after` in place of the rest, and write on."""
        with TemporaryDirectory() as name:
            path = Path(name) / "outbox.db"
            path.write_bytes(self.main)
            path.with_name("outbox.db-wal").write_bytes(self.wal[:cut] + after)
            with closing(SqliteOutbox(path, ADDRESS, BOOT)) as box:
                held = [row.header.seq for row in box.unsent(500)]
                assert held == list(range(1, self.whole(cut) + 1))
                assert not box.recovered_from_corruption
                assert [header.seq for header in box.put([event(99)])] == [len(held) + 1]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    directory = tmp_path_factory.mktemp("torn")
    path, wal = directory / "outbox.db", directory / "outbox.db-wal"
    commits = []
    with closing(SqliteOutbox(path, ADDRESS, BOOT)) as box:
        for count in range(1, 8):
            number = box.put([event(n) for n in range(count)])[-1].seq
            commits.append((wal.stat().st_size, number))
        yield Written(path.read_bytes(), wal.read_bytes(), tuple(commits))
    shutil.rmtree(directory)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_torn_anywhere_with_anything_in_place_of_the_rest(written: Written, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(written.wal)))
    garbage = data.draw(st.one_of(st.just(b""), st.binary(max_size=64), st.just(bytes(8192))))
    written.survives(cut, garbage)


def test_torn_at_either_side_of_each_commit(written: Written) -> None:
    for size, _ in written.commits:
        for cut in (size - 1, size, min(size + 1, len(written.wal))):
            written.survives(cut)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_torn_all_along_the_last_commit(written: Written) -> None:
    (before, _), (end, _) = written.commits[-2:]
    for cut in range(before, end + 1, 13):  # no part of a frame is a multiple of it
        written.survives(cut)
