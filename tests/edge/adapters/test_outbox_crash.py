"""The outbox under kill -9 and on a disk that refuses: a real process, a real file."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from wire_samples import ADDRESS, BOOT

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_shared import wire
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Class

WRITER = Path(__file__).with_name("outbox_writer.py")
TESTS = Path(__file__).parents[2]


def start_writer(path: Path, boot: str, limit_bytes: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(path), boot, str(limit_bytes)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(TESTS)},
    )  # fmt: skip


def printed(lines: Iterable[str]) -> dict[Class, int]:
    """Return the highest seq that the writer was told is committed, of each class."""
    highest = dict.fromkeys(Class, 0)
    for line in lines:
        if line.endswith("\n") and not line.startswith("refused"):
            for word in line.split():
                name, seq = word.split(":")
                highest[Class(name)] = int(seq)
    return highest


def waiting(box: SqliteOutbox, boot: str, cls: Class) -> list[int]:
    """Return every seq that waits, each gap written out."""
    found: list[int] = []
    last = None
    while rows := box.unsent(500, last):
        last = (rows[-1].header.boot, rows[-1].header.cls.value, rows[-1].header.seq)
        for row in rows:
            if (row.header.boot, row.header.cls) == (boot, cls):
                body = wire.decode(row.raw).body
                found += range(row.header.seq, getattr(body, "to", row.header.seq) + 1)
    return found


@pytest.mark.parametrize("commits", [1, 37, 90])
def test_killed_in_the_middle_of_writing_nothing_committed_is_lost(tmp_path: Path, commits: int) -> None:
    path = tmp_path / "outbox.db"
    with start_writer(path, BOOT) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(commits)]
        writer.kill()
        lines += writer.stdout.readlines()
    told = printed(lines)
    assert told[Class.SAFETY] >= 2 * commits

    box = SqliteOutbox(path, ADDRESS, BOOT, ledger=True)
    assert not box.recovered_from_corruption
    for cls in (Class.SAFETY, Class.TELEMETRY):
        seqs = waiting(box, BOOT, cls)
        # Without a gap or a double, and at most one commit more than the writer could still tell.
        assert seqs == list(range(1, len(seqs) + 1))
        assert told[cls] <= len(seqs) <= told[cls] + 3
    ledger = {c.cls: c.messages for c in SqliteOutbox.ledger(path)}
    assert ledger == {cls: len(seqs) for cls in Class if (seqs := waiting(box, BOOT, cls))}
    box.close()


def test_killed_again_and_again_the_boot_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    reached = 0
    for _ in range(3):
        with start_writer(path, BOOT) as writer:
            assert writer.stdout is not None
            first = printed([writer.stdout.readline()])
            assert first[Class.SAFETY] > reached
            writer.kill()
            reached = max(printed(writer.stdout.readlines())[Class.SAFETY], first[Class.SAFETY])
    box = SqliteOutbox(path, ADDRESS, BOOT)
    seqs = waiting(box, BOOT, Class.SAFETY)
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) >= reached
    box.close()


def test_a_full_disk_refuses_the_whole_batch_and_keeps_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with start_writer(path, BOOT, limit_bytes=300_000) as writer:
        out, errors = writer.communicate()
    lines = out.splitlines(keepends=True)
    assert lines[-1].startswith("refused outbox"), errors
    told = printed(lines)
    box = SqliteOutbox(path, ADDRESS, BOOT)
    assert waiting(box, BOOT, Class.SAFETY) == list(range(1, told[Class.SAFETY] + 1))
    assert waiting(box, BOOT, Class.TELEMETRY) == list(range(1, told[Class.TELEMETRY] + 1))
    box.close()


def test_a_place_that_cannot_hold_a_file_is_a_link_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LinkError):
        SqliteOutbox(tmp_path / "file" / "outbox.db", ADDRESS, BOOT)
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(LinkError):
        SqliteOutbox(tmp_path / "outbox.db", ADDRESS, BOOT)
