"""A memento reaches the disk, now or later, and a disk that hangs holds nobody up."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.keeping import Keeper
from sotdae_shared.errors import LinkError


class Disk(FileState):
    """A state file whose disk can hang or refuse."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.whole, self.refuses, self.writes = threading.Event(), False, 0
        self.whole.set()

    def save(self, state: bytes) -> None:
        self.writes += 1
        self.whole.wait(30)
        if self.refuses:
            raise LinkError("state: read-only file system")
        super().save(state)


def kept(path: Path) -> object:
    return json.loads(FileState(path).load() or b"null")


def test_what_is_saved_is_on_disk(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as saver:
        keeper = Keeper(Disk(tmp_path / "state"), saver)
        asyncio.run(keeper.save({"n": 1}))
    assert (keeper.unsaved, keeper.conditions()) == (None, [])
    assert kept(tmp_path / "state") == {"n": 1}


def test_a_disk_that_hangs_gathers_no_queue_and_gets_the_last_word(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "state")

    async def story(keeper: Keeper) -> None:
        disk.whole.clear()
        for number in range(20):
            await keeper.save({"n": number}, 0.01)
        await keeper.retry()
        assert disk.writes == 1
        (alarm,) = keeper.conditions()
        assert alarm.code == "state.unsaved"
        disk.whole.set()
        await keeper.retry()
        assert (keeper.unsaved, keeper.conditions()) == (None, [])

    with ThreadPoolExecutor(1) as saver:
        asyncio.run(story(Keeper(disk, saver)))
    assert kept(tmp_path / "state") == {"n": 19}
    assert disk.writes == 2


def test_a_disk_that_refuses_is_tried_again(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "state")

    async def story(keeper: Keeper) -> None:
        disk.refuses = True
        await keeper.save({"n": 1})
        assert "read-only" in keeper.conditions()[0].text
        disk.refuses = False
        await keeper.retry()
        assert keeper.conditions() == []

    with ThreadPoolExecutor(1) as saver:
        asyncio.run(story(Keeper(disk, saver)))
    assert kept(tmp_path / "state") == {"n": 1}


def test_a_problem_that_is_over_before_anybody_asked_is_told_once(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "state")

    async def story(keeper: Keeper) -> None:
        disk.whole.clear()
        await keeper.save({"n": 1}, 0.01)
        disk.whole.set()
        await keeper.retry()
        assert keeper.unsaved is None
        assert [condition.text for condition in keeper.conditions()] == ["slower than 10 ms; acting anyway"]
        assert keeper.conditions() == []

    with ThreadPoolExecutor(1) as saver:
        asyncio.run(story(Keeper(disk, saver)))


def test_a_stop_while_the_disk_hangs_is_obeyed(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "state")

    async def story(keeper: Keeper) -> None:
        disk.whole.clear()
        saving = asyncio.create_task(keeper.save({"n": 1}, 30.0))
        await asyncio.sleep(0)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        disk.whole.set()

    with ThreadPoolExecutor(1) as saver:
        asyncio.run(story(Keeper(disk, saver)))
