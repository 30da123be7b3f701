import os
import random
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.adapters.state import MAX_BYTES, FileState
from sotdae_shared.errors import LinkError


def test_nothing_saved_is_none(tmp_path: Path) -> None:
    store = FileState(tmp_path / "state")
    assert store.load() is None
    assert store.corrupt == 0


@given(states=st.lists(st.binary(max_size=60), min_size=1, max_size=6))
def test_the_last_save_is_loaded_by_the_next_process(
    states: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("state") / "deep" / "state"
    for state in states:
        FileState(path).save(state)
        assert FileState(path).load() == state
    store = FileState(path)
    for state in states:
        store.save(state)
    assert FileState(path).load() == states[-1]


def test_a_write_torn_at_any_length_leaves_the_state_before_it(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for state in (b"first", b"second", b"third"):
        FileState(path).save(state)
    torn, whole = (tmp_path / "state.b"), (tmp_path / "state.b").read_bytes()
    for length in range(len(whole)):
        torn.write_bytes(whole[:length])
        store = FileState(path)
        assert store.load() == b"second"
        assert store.corrupt == 1
        assert not torn.exists()
    torn.write_bytes(whole)
    assert FileState(path).load() == b"third"
    assert len(list(tmp_path.glob("state.b.corrupt-*"))) == len(whole)


def test_any_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "state"
    FileState(path).save(b"before")
    FileState(path).save(b"after it")
    slot = tmp_path / "state.a"
    whole = slot.read_bytes()
    for bit in range(len(whole) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        slot.write_bytes(damaged)
        assert FileState(path).load() == b"before"


def test_after_a_torn_write_saving_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for state in (b"first", b"second"):
        FileState(path).save(state)
    (tmp_path / "state.a").write_bytes(b"torn")
    store = FileState(path)
    assert store.load() == b"first"
    store.save(b"fourth")
    store.save(b"fifth")
    assert FileState(path).load() == b"fifth"


def test_both_slots_corrupt_is_none_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for state in (b"first", b"second"):
        FileState(path).save(state)
    for name in ("state.a", "state.b"):
        (tmp_path / name).write_bytes(random.Random(7).randbytes(200))
    store = FileState(path)
    assert store.load() is None
    assert store.corrupt == 2
    store.save(b"anew")
    assert FileState(path).load() == b"anew"


def put_in_place(slot: Path, what: str) -> None:
    slot.unlink()
    match what:
        case "directory":
            slot.mkdir()
        case "pipe":
            os.mkfifo(slot)
        case "link to itself":
            slot.symlink_to(slot.name)
        case "link to nothing":
            slot.symlink_to("nowhere")
        case "device":
            slot.symlink_to("/proc/self/mem")  # its first byte cannot be read: as on a bad sector, EIO


@pytest.mark.parametrize("slot", ["state.a", "state.b"])
@pytest.mark.parametrize("what", ["directory", "pipe", "link to itself", "link to nothing", "device"])
def test_what_ails_one_slot_costs_neither_the_other_nor_the_saves_to_come(
    tmp_path: Path, slot: str, what: str
) -> None:
    for state in (b"first", b"second"):
        FileState(tmp_path / "state").save(state)
    put_in_place(tmp_path / slot, what)
    store = FileState(tmp_path / "state")
    assert store.load() == (b"first" if slot == "state.a" else b"second")
    assert store.corrupt == (what != "link to nothing")
    store.save(b"third")
    store.save(b"fourth")
    assert FileState(tmp_path / "state").load() == b"fourth"


def test_a_process_without_a_descriptor_left_sets_nothing_aside(tmp_path: Path) -> None:
    for state in (b"first", b"second"):
        FileState(tmp_path / "state").save(state)
    store = FileState(tmp_path / "state")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        with pytest.raises(LinkError, match="Too many open files"):
            store.load()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert (store.load(), store.corrupt) == (b"second", 0)


def test_an_old_slot_copied_over_the_new_one_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for state in (b"first", b"second"):
        FileState(path).save(state)
    (tmp_path / "state.b").write_bytes((tmp_path / "state.a").read_bytes())
    store = FileState(path)
    assert store.load() == b"second"
    assert store.corrupt == 1


def test_a_disk_that_refuses_is_a_link_error_and_the_state_stays(tmp_path: Path) -> None:
    store = FileState(tmp_path / "state")
    store.save(b"kept")
    (tmp_path / "state.a").mkdir()
    with pytest.raises(LinkError):
        store.save(b"new")
    (tmp_path / "state.a").rmdir()
    assert FileState(tmp_path / "state").load() == b"kept"
    with pytest.raises(LinkError, match="limit"):
        store.save(bytes(MAX_BYTES + 1))
