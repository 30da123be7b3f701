"""Power cuts and refusing disks, on real files: what was durable stays, what was torn is set aside."""

import asyncio
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from disk_kit import disk_of
from edge.record.tape import TapedStory, closing, replayed, written
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.core.effects import Alarm
from sotdae_edge.record.files import RecordFiles, files_of
from sotdae_edge.record.journal import Journal
from sotdae_edge.record.key import device_key
from sotdae_edge.record.packing import unpack
from sotdae_edge.record.verify import check_all
from sotdae_shared.errors import LinkError

BUDGET = 1 << 30


def files(directory: Path) -> RecordFiles:
    return RecordFiles(directory / "record", directory / "device.key", BUDGET)


def left_open(directory: Path) -> Path:
    """Write a story and leave its segment open, as a power cut does."""
    writer = files(directory)
    writer.put(deque(closing()), durable=True)
    (path,) = files_of(directory / "record")
    assert path.suffix == ".jsonl"
    return path


def again(directory: Path) -> None:
    """Start anew and write another story."""
    writer = files(directory)
    writer.put(deque(closing()), durable=True)
    writer.close()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_power_cut_at_any_byte_costs_the_torn_entry_and_no_more(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        path = left_open(directory)
        raw = path.read_bytes()
        at = data.draw(st.integers(0, len(raw)))
        os.truncate(path, at)
        again(directory)
        whole = raw[:at].rfind(b"\n") + 1
        paths = files_of(directory / "record")
        segments = list(check_all(list(paths)))
        assert [segment.problems for segment in segments] == [[] for _ in segments]
        assert replayed(segments)[1] == []
        if whole:
            assert unpack(paths[0].read_bytes()).lines.startswith(raw[:whole])
            assert [segment.recovered for segment in segments] == [True, False]
        aside = path.with_suffix(".torn")
        assert (aside.read_bytes() if aside.exists() else b"") == raw[whole:at]


def test_a_power_cut_while_packing_leaves_one_whole_file(tmp_path: Path) -> None:
    path = left_open(tmp_path)
    path.with_suffix(".part").write_bytes(b"half of it")
    again(tmp_path)
    assert [segment.ok for segment in check_all(list(files_of(tmp_path / "record")))] == [True, True]
    plain = unpack(path.with_suffix(".rec").read_bytes()).lines
    path.write_bytes(plain)  # packed, and not yet removed
    again(tmp_path)
    paths = files_of(tmp_path / "record")
    assert [path.suffix for path in paths] == [".rec"] * 3
    assert all(segment.ok for segment in check_all(list(paths)))


@pytest.mark.parametrize("room", [10, 5_000, 12_345])
def test_what_a_full_disk_refuses_is_written_when_there_is_room(tmp_path: Path, room: int) -> None:
    writer, items = files(tmp_path), deque(closing())
    device_key(tmp_path / "device.key")
    with disk_of(room):
        for _ in range(3):
            with pytest.raises(LinkError):
                writer.put(items, durable=True)
    writer.put(items, durable=True)
    writer.close()
    segments = list(check_all(list(files_of(tmp_path / "record"))))
    assert [segment.problems for segment in segments] == [[]]
    assert replayed(segments)[0].calls == len(closing()) - 1


def test_a_full_disk_takes_no_more_into_memory(tmp_path: Path) -> None:
    writer = files(tmp_path)
    writer.put(deque(closing()[:2]), durable=False)
    waiting = deque(closing()[2:])
    with disk_of(10):
        with pytest.raises(LinkError):
            writer.put(waiting, durable=False)
        waiting.extend(closing()[2:])
        kept = len(waiting)
        with pytest.raises(LinkError):
            writer.put(waiting, durable=False)
        assert len(waiting) == kept


def test_a_place_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    writer, items = files(tmp_path / "disk"), deque(closing())
    (tmp_path / "disk").write_text("not a directory yet")
    with pytest.raises(LinkError):
        writer.put(items, durable=True)
    (tmp_path / "disk").unlink()
    writer.put(items, durable=True)
    writer.close()
    assert [segment.ok for segment in check_all(list(files_of(tmp_path / "disk" / "record")))] == [True]


@pytest.mark.parametrize("which", ["00000001.rec", "00000002.jsonl"])
@pytest.mark.parametrize("how", ["directory", "bad sector"])
def test_a_segment_that_cannot_be_read_does_not_end_the_record(tmp_path: Path, which: str, how: str) -> None:
    again(tmp_path)
    segment = tmp_path / "record" / which
    segment.unlink(missing_ok=True)
    if how == "directory":
        segment.mkdir()
    else:
        segment.symlink_to("/proc/self/mem")  # its first byte cannot be read: EIO
    writer = files(tmp_path)
    writer.put(deque(closing()), durable=True)
    writer.close()
    assert writer.unread == [which]
    number = int(which[:8]) + 1
    (segment,) = check_all([tmp_path / "record" / f"{number:08}.rec"])
    assert segment.ended
    assert len(segment.values) > 10


def test_a_newest_segment_that_cannot_be_read_is_missed_by_who_verifies(tmp_path: Path) -> None:
    again(tmp_path)
    (tmp_path / "record/00000002.jsonl").mkdir()
    for _ in range(2):  # it ends at once, and starts again
        writer = files(tmp_path)
        writer.put(deque(), durable=True)
        writer.close()
    writer.put(deque(closing()), durable=True)
    writer.close()
    first, last = check_all(list(files_of(tmp_path / "record")))
    assert first.ok
    assert any("does not continue" in problem for problem in last.problems)


def test_a_journal_tells_of_what_it_cannot_read(tmp_path: Path) -> None:
    again(tmp_path)
    (tmp_path / "record/00000002.jsonl").mkdir()
    told: list[Alarm] = []

    async def run() -> None:
        with ThreadPoolExecutor(1) as worker:
            journal = Journal(files(tmp_path), worker, SystemClock(), told.append)
            journal.begin(TapedStory().gate)
            task = asyncio.create_task(journal.run())
            async with asyncio.timeout(20):
                while not told:
                    await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())
    assert [(alarm.code, alarm.text) for alarm in told] == [
        ("record.unread", "00000002.jsonl of the record cannot be read: what it told is missing")
    ]


@pytest.mark.parametrize("damage", [b"", bytes(32), b"short", bytes(33)])
def test_a_damaged_device_key_is_said_with_its_mend_and_signs_nothing(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "key").write_bytes(damage)
    with pytest.raises(LinkError, match="put its copy back"):
        device_key(tmp_path / "key")


def test_pipes_in_the_place_of_key_and_segments_hold_nobody_up(tmp_path: Path) -> None:
    again(tmp_path)
    for name in ("record/00000001.rec", "device.key"):
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
    os.mkfifo(tmp_path / "record/00000002.jsonl")
    with pytest.raises(LinkError, match=r"device\.key"):
        again(tmp_path)
    (tmp_path / "device.key").unlink()
    again(tmp_path)
    (segment,) = check_all([tmp_path / "record/00000002.rec"])
    assert segment.ended


def test_files_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    again(tmp_path)
    strange = [tmp_path / "record" / name for name in ("notes.rec", "notes.jsonl", "0000000x.rec")]
    for path in strange:
        path.write_text("not a record")
    again(tmp_path)
    assert [segment.ok for segment in check_all(list(files_of(tmp_path / "record")))] == [True, True]
    assert all(path.read_text() == "not a record" for path in strange)


def test_the_device_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    made = device_key(path)
    assert device_key(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().hex() not in repr(made)
    path.write_bytes(b"short")
    with pytest.raises(LinkError, match="not 32 bytes"):
        device_key(path)


def test_a_quiet_day_is_small(tmp_path: Path) -> None:
    """Below 60 MB, judged by a minute at ten scans a second of instruments that are noisy."""
    story = TapedStory()
    for step in range(600):
        story.plant.radar = 0.3 + 0.01 * (step * 7 % 13)
        story.plant.pressure = 0.2 + 0.01 * (step * 5 % 11)
        story.run(0.1, every=0.1)
    (path,) = written(story.items, tmp_path)
    assert path.stat().st_size * 60 * 24 < 60 * 1024 * 1024
