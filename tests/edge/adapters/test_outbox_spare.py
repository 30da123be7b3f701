"""While the disk refuses, messages go through memory, once each, and the next start sends what is left."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from wire_samples import ADDRESS, BOOT, event, telemetry

from sotdae_edge.adapters.outbox import SparedOutbox, SqliteOutbox
from sotdae_edge.ports import Item
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import AckBody, Class, Header

SPARE, NEXT = "00000000000000ee", "00000000000000ff"


class Disk(SqliteOutbox):
    """A disk that may take nothing: neither rows nor acks."""

    full = False

    def put(self, items: Sequence[Item]) -> list[Header]:
        self._look()
        return super().put(items)

    def ack(self, ack: AckBody) -> int:
        self._look()
        return super().ack(ack)

    def _look(self) -> None:
        if self.full:
            raise LinkError("outbox: database or disk is full")


class Pair:
    """Both files, and the outbox over them."""

    def __init__(self, directory: Path, boot: str = BOOT, spare: str = SPARE) -> None:
        self.memory = directory / "memory.db"
        self.disk = Disk(directory / "outbox.db", ADDRESS, boot)
        begun = self.memory.exists()
        self.box = SparedOutbox(self.disk, lambda: SqliteOutbox(self.memory, ADDRESS, spare), begun=begun)

    def keys(self) -> list[tuple[str, int]]:
        return [(row.header.boot, row.header.seq) for row in self.box.unsent(100)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    with closing(pair.box):
        yield pair


def ack(boot: str, upto: int) -> AckBody:
    return AckBody(boot=boot, cls=Class.SAFETY, upto=upto)


def test_a_disk_that_died_keeps_nobody_from_connecting_and_hearing_what_is_in_memory(pair: Pair) -> None:
    pair.box.put([event(1)])
    pair.disk._db.close()  # nothing of it can be read or written any more
    with pytest.raises(LinkError):
        pair.box.boots()
    pair.box.put([event(2)])
    assert pair.box.boots() == (BOOT, SPARE)
    assert pair.keys() == [(SPARE, 1)]


def test_a_disk_that_works_has_no_spare(pair: Pair) -> None:
    pair.box.put([event(1)])
    assert pair.keys() == [(BOOT, 1)]
    assert pair.box.boots() == (BOOT,)
    assert not pair.memory.exists()


def test_what_the_disk_refuses_goes_first_and_is_acked_while_it_refuses(pair: Pair) -> None:
    pair.box.put([event(1), event(2)])
    pair.disk.full = True
    pair.box.put([event(3)])
    pair.box.put([event(4), telemetry(5)])
    assert pair.keys() == [(SPARE, 1), (SPARE, 2), (SPARE, 1), (BOOT, 1), (BOOT, 2)]
    assert pair.box.boots() == (BOOT, SPARE)
    assert (pair.box.stats().pending, pair.box.stats().safety) == (5, 4)
    assert pair.box.ack(ack(SPARE, 2)) == 2
    with pytest.raises(LinkError):
        pair.box.ack(ack(BOOT, 2))
    pair.disk.full = False
    assert pair.box.ack(ack(BOOT, 2)) == 2
    assert pair.box.stats().safety == 0


def test_a_disk_with_room_again_takes_what_comes_next(pair: Pair) -> None:
    pair.disk.full = True
    pair.box.put([event(1)])
    pair.disk.full = False
    assert [(each.boot, each.seq) for each in pair.box.put([event(2)])] == [(BOOT, 1)]
    assert pair.keys() == [(SPARE, 1), (BOOT, 1)]


def test_the_next_start_sends_what_is_left_in_memory(tmp_path: Path) -> None:
    with closing(Pair(tmp_path).box) as box:
        assert isinstance(box._disk, Disk)
        box._disk.full = True
        box.put([event(1)])
    again = Pair(tmp_path, NEXT, "00000000000000aa")
    with closing(again.box):
        assert again.keys() == [(SPARE, 1)]
        assert again.box.ack(ack(SPARE, 1)) == 1
        assert again.keys() == []


def test_rows_on_disk_are_paged_without_the_spare(pair: Pair) -> None:
    pair.box.put([event(n) for n in range(5)])
    pair.disk.full = True
    pair.box.put([event(9)])
    first = pair.box.unsent(3)
    assert [(row.header.boot, row.header.seq) for row in first] == [(SPARE, 1), (BOOT, 1), (BOOT, 2)]
    rest = pair.box.unsent(9, (BOOT, "safety", 2))
    assert [row.header.seq for row in rest] == [3, 4, 5]
    assert len(pair.box.unsent(1)) == 1
