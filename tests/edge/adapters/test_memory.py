"""The directory in memory is one, ours alone, and the same at the next start."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sotdae_edge.adapters import memory
from sotdae_edge.adapters.memory import directory_in_memory, left_in_memory


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(memory, "SHARED", tmp_path / "shm")
    (tmp_path / "shm").mkdir()
    return tmp_path / "shm"


def test_it_is_the_same_at_each_start_and_another_for_another_gate(shared: Path, tmp_path: Path) -> None:
    first = directory_in_memory(tmp_path / "a")
    (first / "outbox.db").write_text("kept")
    assert directory_in_memory(tmp_path / "a") == first
    assert directory_in_memory(tmp_path / "b") != first
    assert len(list(shared.iterdir())) == 2
    assert stat.S_IMODE(first.stat().st_mode) == 0o700


@pytest.mark.parametrize("how", ["a file", "a link", "open to others"])
def test_what_somebody_else_put_there_is_not_used(shared: Path, tmp_path: Path, how: str) -> None:
    place = directory_in_memory(tmp_path / "a")
    if how == "open to others":
        place.chmod(0o777)
    else:
        place.rmdir()
        place.write_text("in the way") if how == "a file" else place.symlink_to(tmp_path)
    found = directory_in_memory(tmp_path / "a")
    assert found != place
    assert found.is_dir()
    shutil.rmtree(found)


def test_what_an_earlier_start_left_is_found(shared: Path, tmp_path: Path) -> None:
    assert not left_in_memory(tmp_path / "a", "outbox.db")
    (directory_in_memory(tmp_path / "a") / "outbox.db").write_text("kept")
    assert left_in_memory(tmp_path / "a", "outbox.db")


@contextmanager
def bound_by_rights() -> Iterator[None]:
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_what_may_not_be_entered_was_not_left_by_us(shared: Path, tmp_path: Path) -> None:
    place = memory.place_in_memory(tmp_path / "a")
    place.mkdir(mode=0)
    with bound_by_rights():
        with pytest.raises(PermissionError):
            (place / "outbox.db").exists()
        assert not left_in_memory(tmp_path / "a", "outbox.db")
