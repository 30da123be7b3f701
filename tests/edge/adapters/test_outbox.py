import errno
import fcntl
import os
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import ADDRESS, BODIES, BOOT, STAMP, clip, event, telemetry

from sotdae_edge.adapters.outbox import READ_BYTES, InUseError, SqliteOutbox
from sotdae_edge.ports import Item, Row
from sotdae_shared import wire
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import DOWN_KINDS, AckBody, Class, GapBody, Kind

OLD, OLDER = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
Open = Callable[..., SqliteOutbox]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    boxes: dict[str, SqliteOutbox] = {}

    def opener(boot: str = BOOT, name: str = "outbox.db", **options: object) -> SqliteOutbox:
        if name in boxes:
            boxes[name].close()
        boxes[name] = SqliteOutbox(tmp_path / name, ADDRESS, boot, **options)  # type: ignore[arg-type]
        return boxes[name]

    yield opener
    for box in boxes.values():
        box.close()


def keys(rows: list[Row]) -> list[tuple[str, str, int]]:
    return [(row.header.boot, row.header.cls.value, row.header.seq) for row in rows]


def spans(rows: list[Row]) -> list[tuple[str, int, int]]:
    """(kind, first, last) of each row, from its own bytes."""
    found = []
    for row in rows:
        message = wire.decode(row.raw)
        found.append((message.kind.value, message.seq, getattr(message.body, "to", message.seq)))
    return found


def test_a_row_is_the_encoded_message_with_its_seq(opened: Open) -> None:
    box = opened()
    header = box.put([event(41)])[0]
    (row,) = box.unsent(10)
    message = wire.decode(row.raw)
    assert (row.header, row.kind, header.seq) == (header, Kind.EVENT, 1)
    assert (message.node, message.boot, message.seq, message.body.data) == ("gate-7", BOOT, 1, {"n": 41})
    assert (message.at, message.clock, message.mono_ms) == (STAMP.at, STAMP.clock, STAMP.mono_ms)


def test_each_class_counts_by_itself_without_gaps(opened: Open) -> None:
    box = opened()
    headers = box.put([event(1), telemetry(1), event(2), clip(10), telemetry(2)])
    assert [(h.cls, h.seq) for h in headers] == [
        (Class.SAFETY, 1), (Class.TELEMETRY, 1), (Class.SAFETY, 2), (Class.BULK, 1), (Class.TELEMETRY, 2),
    ]  # fmt: skip


def test_seq_is_not_reused_after_everything_was_acked_and_reopened(opened: Open) -> None:
    first = opened()
    first.put([event(1), event(2)])
    assert first.ack(AckBody(boot=BOOT, cls=Class.SAFETY, upto=2)) == 2
    first.close()
    assert opened().put([event(3)])[0].seq == 3


def test_every_kind_that_starts_at_a_node_can_be_put_and_no_other(opened: Open) -> None:
    box = opened()
    for kind, body in BODIES.items():
        if kind in (Kind.GAP, *DOWN_KINDS):
            with pytest.raises(WireError):
                box.put([Item(kind, body, STAMP)])
        else:
            box.put([Item(kind, body, STAMP)])
    assert box.stats().pending == 6


def test_a_message_too_large_for_the_wire_is_refused_with_its_whole_batch(opened: Open) -> None:
    box = opened()
    huge = Item(
        Kind.REPORT, BODIES[Kind.REPORT].model_copy(update={"data": {"x": "y" * wire.MAX_BYTES}}), STAMP
    )
    with pytest.raises(WireError, match="the limit is"):
        box.put([event(1), huge])
    assert box.unsent(10) == []
    assert box.put([event(2)])[0].seq == 1


def test_sending_order_is_this_boot_first_then_safety_of_older_boots(opened: Open) -> None:
    for boot in (OLDER, OLD, BOOT):
        box = opened(boot)
        box.put([clip(5), telemetry(1), telemetry(2), event(1)])
    classes = [("safety", 1), ("telemetry", 1), ("telemetry", 2), ("bulk", 1)]
    own = [(BOOT, name, seq) for name, seq in classes]
    old = [(boot, "safety", 1) for boot in (OLDER, OLD)]
    old += [(boot, "telemetry", seq) for boot in (OLDER, OLD) for seq in (1, 2)]
    old += [(boot, "bulk", 1) for boot in (OLDER, OLD)]
    assert keys(box.unsent(100)) == own + old
    assert box.boots() == (BOOT, OLDER, OLD)


@pytest.mark.parametrize("page", [1, 2, 3, 5])
def test_pages_by_position_give_every_row_once(opened: Open, page: int) -> None:
    for boot in (OLDER, OLD, BOOT):
        box = opened(boot)
        box.put([clip(5), telemetry(1), telemetry(2), event(1), event(2)])
    seen: list[tuple[str, str, int]] = []
    while rows := box.unsent(page, seen[-1] if seen else None):
        seen += keys(rows)
    assert seen == keys(box.unsent(100))
    assert len(seen) == 15


def test_a_page_goes_on_after_a_stream_that_was_acked_meanwhile(opened: Open) -> None:
    opened(OLD).put([event(1)])
    box = opened()
    box.put([event(1), telemetry(1)])
    box.ack(AckBody(boot=OLD, cls=Class.SAFETY, upto=1))
    assert keys(box.unsent(9, (BOOT, "safety", 1))) == [(BOOT, "telemetry", 1)]
    assert box.unsent(9, (OLD, "safety", 1)) == []


def test_one_read_is_bounded_in_bytes_but_never_empty(opened: Open) -> None:
    box = opened()
    box.put([clip(299_000) for _ in range(5)])
    rows = box.unsent(100)
    assert 1 <= len(rows) < 5
    assert sum(len(row.raw) for row in rows) <= READ_BYTES
    assert len(box.unsent(1)) == 1


def test_reading_the_queue_uses_the_index(opened: Open, tmp_path: Path) -> None:
    opened().put([event(1)])
    read = "SELECT seq, kind, raw FROM message WHERE stream = 1 AND seq > 0 ORDER BY seq LIMIT 5"
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN {read}").fetchall()
    assert "USING INDEX" in plan[0][3]
    assert not any("TEMP B-TREE" in step[3] for step in plan)


def test_an_ack_deletes_its_prefix_and_ranges_of_its_boot_and_class_only(opened: Open) -> None:
    opened(OLD).put([event(n) for n in range(1, 4)])
    box = opened()
    box.put([event(n) for n in range(1, 11)] + [telemetry(1), telemetry(2)])
    gone = box.ack(AckBody(boot=BOOT, cls=Class.SAFETY, upto=2, ranges=((4, 5), (9, 9), (50, 60))))
    assert gone == 5
    left = [seq for boot, cls, seq in keys(box.unsent(99)) if (boot, cls) == (BOOT, "safety")]
    assert left == [3, 6, 7, 8, 10]
    assert box.stats().pending == 5 + 2 + 3


def test_acks_of_unknown_boots_and_of_the_future_delete_nothing_else(opened: Open) -> None:
    box = opened()
    box.put([event(1)])
    assert box.ack(AckBody(boot=OLD, cls=Class.SAFETY, upto=9)) == 0
    assert box.ack(AckBody(boot=BOOT, cls=Class.SAFETY, upto=2**53 - 1)) == 1
    assert keys(box.unsent(9)) == []
    assert box.put([event(2)])[0].seq == 2
    assert keys(box.unsent(9)) == [(BOOT, "safety", 2)]


def test_a_boot_is_forgotten_when_its_last_row_is_acked(opened: Open) -> None:
    opened(OLD).put([event(1), telemetry(1)])
    box = opened()
    box.ack(AckBody(boot=OLD, cls=Class.SAFETY, upto=1))
    assert box.boots() == (BOOT, OLD)
    box.ack(AckBody(boot=OLD, cls=Class.TELEMETRY, upto=1))
    assert box.boots() == (BOOT,)


# Budgets


def test_safety_is_never_evicted(opened: Open) -> None:
    box = opened(telemetry_budget_bytes=1, bulk_budget_bytes=1)
    box.put([event(n) for n in range(200)])
    assert box.stats().dropped == 0
    assert len(box.unsent(500)) == 200


def test_the_oldest_telemetry_becomes_one_gap_that_fills_its_seqs(opened: Open) -> None:
    box = opened(telemetry_budget_bytes=3_000)
    for number in range(1, 101):
        box.put([telemetry(number)])
    found = spans(box.unsent(500))
    kind, first, last = found[0]
    assert (kind, first) == ("gap", 1)
    assert found[1:] == [("telemetry", seq, seq) for seq in range(last + 1, 101)]
    assert box.stats().dropped == last
    assert box.stats().pending_bytes <= 3_000
    assert box.unsent(1)[0].header.cls is Class.TELEMETRY


def test_old_boots_are_evicted_before_this_one_and_bulk_has_its_own_budget(opened: Open) -> None:
    opened(OLD).put([telemetry(n) for n in range(5)])
    box = opened(telemetry_budget_bytes=1_500, bulk_budget_bytes=100_000)
    box.put([telemetry(n) for n in range(5)])
    assert spans(box.unsent(5)) == [("telemetry", seq, seq) for seq in range(1, 6)]
    assert spans(box.unsent(9)[5:])[0][0] == "gap"
    box.put([clip(60_000), clip(60_000)])
    assert [row.kind for row in box.unsent(99) if row.header.cls is Class.BULK] == [Kind.GAP, Kind.CLIP]


def test_gap_and_dropped_count_survive_a_restart(opened: Open) -> None:
    box = opened(telemetry_budget_bytes=1_000)
    box.put([telemetry(n) for n in range(20)])
    before, stats = spans(box.unsent(99)), box.stats()
    box.close()
    again = opened(OLD, telemetry_budget_bytes=1_000)
    assert (spans(again.unsent(99)), again.stats()) == (before, stats)


def test_an_ack_of_part_of_a_gap_leaves_the_rest_accounted_for(opened: Open) -> None:
    box = opened(telemetry_budget_bytes=1)
    box.put([telemetry(n) for n in range(10)])
    assert spans(box.unsent(9)) == [("gap", 1, 10)]
    box.ack(AckBody(boot=BOOT, cls=Class.TELEMETRY, upto=3, ranges=((6, 7),)))
    assert spans(box.unsent(9)) == [("gap", 4, 5), ("gap", 8, 10)]
    box.ack(AckBody(boot=BOOT, cls=Class.TELEMETRY, upto=10))
    assert box.unsent(9) == []


_steps = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 6)),
    st.tuples(st.just("ack"), st.integers(0, 40)),
    st.tuples(st.just("range"), st.tuples(st.integers(1, 40), st.integers(0, 8))),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_steps, max_size=25))
def test_every_seq_is_waiting_once_dropped_once_or_acked(
    steps: list[tuple[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("law") / "outbox.db"

    def reopen() -> SqliteOutbox:
        return SqliteOutbox(path, ADDRESS, BOOT, telemetry_budget_bytes=1_200)

    box, put, acked = reopen(), 0, set[int]()
    for name, value in steps:
        if name == "put":
            assert isinstance(value, int)
            headers = box.put([telemetry(n) for n in range(value)])
            assert [h.seq for h in headers] == list(range(put + 1, put + value + 1))
            put += value
        elif name == "restart":
            box.close()
            box = reopen()
        else:
            upto, ranges = (value, ()) if isinstance(value, int) else (0, ((value[0], sum(value)),))  # type: ignore[index,call-overload]
            # A hub can only hold what was committed.
            upto, ranges = min(upto, put), tuple((a, min(b, put)) for a, b in ranges if a <= put)
            box.ack(AckBody(boot=BOOT, cls=Class.TELEMETRY, upto=upto, ranges=ranges))
            acked |= {*range(1, upto + 1), *(seq for a, b in ranges for seq in range(a, b + 1))}
        waiting = [seq for _, first, last in spans(box.unsent(999)) for seq in range(first, last + 1)]
        assert waiting == [seq for seq in range(1, put + 1) if seq not in acked]
        assert box.stats().pending == len(box.unsent(999))
        assert box.stats().pending_bytes <= 1_200
    box.close()


# Ledger


def test_the_ledger_remembers_every_commit_independent_of_acks_and_evictions(
    opened: Open, tmp_path: Path
) -> None:
    box = opened(ledger=True, telemetry_budget_bytes=500)
    box.put([event(1), event(2), *(telemetry(n) for n in range(30))])
    box.ack(AckBody(boot=BOOT, cls=Class.SAFETY, upto=2))
    box.close()
    opened(OLD, ledger=True).put([event(3)])
    counted = {(c.boot, c.cls, c.kind): c.messages for c in SqliteOutbox.ledger(tmp_path / "outbox.db")}
    assert counted == {
        (BOOT, Class.SAFETY, Kind.EVENT): 2,
        (BOOT, Class.TELEMETRY, Kind.TELEMETRY): 30,
        (OLD, Class.SAFETY, Kind.EVENT): 1,
    }
    assert {c.node for c in SqliteOutbox.ledger(tmp_path / "outbox.db")} == {"gate-7"}


def test_a_file_without_a_ledger_says_so(opened: Open, tmp_path: Path) -> None:
    opened().put([event(1)])
    with pytest.raises(LinkError, match="ledger"):
        SqliteOutbox.ledger(tmp_path / "outbox.db")
    with pytest.raises(LinkError):
        SqliteOutbox.ledger(tmp_path / "absent.db")


# Corruption


def test_a_new_disk_is_a_new_incarnation_and_the_same_file_is_not(opened: Open, tmp_path: Path) -> None:
    box = opened()
    assert len(box.storage) == 16
    box.close()
    assert opened(OLD).storage == box.storage
    assert opened(name="other.db").storage != box.storage
    assert opened(name="third.db", new_id=lambda: "0123456789abcdef").storage == "0123456789abcdef"


@pytest.mark.parametrize("damage", ["garbage", "torn page", "truncated", "header", "empty"])
def test_a_corrupt_file_is_set_aside_and_a_new_one_works(opened: Open, tmp_path: Path, damage: str) -> None:
    box = opened()
    for start in range(0, 600, 100):
        box.put([telemetry(n) for n in range(start, start + 100)])
    storage = box.storage
    box.close()
    path = tmp_path / "outbox.db"
    data = bytearray(path.read_bytes())
    if damage == "garbage":
        data[:] = random.Random(1).randbytes(len(data))
    elif damage == "torn page":
        data[4096 * 3 : 4096 * 6] = bytes(4096 * 3)
    elif damage == "truncated":
        del data[len(data) // 2 :]
    elif damage == "empty":
        del data[:]
    else:
        data[:16] = b"not a database!!"
    path.write_bytes(data)
    again = opened(OLD)
    assert again.recovered_from_corruption
    assert again.storage != storage
    assert again.put([event(1)])[0].seq == 1
    assert (tmp_path / "outbox.db.corrupt-1").read_bytes() == bytes(data)


@pytest.mark.parametrize(
    ("written", "rotten"),
    [
        (b"CREATE TABLE message (", b"CREATE TABLE m \x80sage ("),
        (b"upto INTEGER", b"uptp INTEGER"),
        (b"CREATE TRIGGER count_insert", b"CREATE TRIGGER count_\xff\xfesert"),
        (BOOT.encode() + b"safety", BOOT.encode() + b"safetz"),
        (BOOT.encode() + b"safety", b"'" + BOOT[1:].encode() + b"safety"),
        (b"dropped", b"dropqed"),
    ],
    ids=["a name that is no text", "another column", "no trigger", "no class", "no boot", "no count"],
)
def test_a_file_whose_pages_fit_but_whose_words_are_not_an_outboxs_is_set_aside(
    opened: Open, tmp_path: Path, written: bytes, rotten: bytes
) -> None:
    box = opened()
    box.put([event(1), telemetry(2)])
    box.close()
    path = tmp_path / "outbox.db"
    before, found, after = path.read_bytes().rpartition(written)
    assert found
    path.write_bytes(before + rotten + after)
    again = opened()
    assert again.recovered_from_corruption
    assert again.put([event(1)])[0].seq == 1
    assert rotten in (tmp_path / "outbox.db.corrupt-1").read_bytes()


def test_a_second_corruption_does_not_overwrite_the_first(opened: Open, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / "outbox.db").write_bytes(b"damage %d" % number * 100)
        opened(OLD).close()
    assert (tmp_path / "outbox.db.corrupt-1").read_bytes().startswith(b"damage 1")
    assert (tmp_path / "outbox.db.corrupt-2").read_bytes().startswith(b"damage 2")


def test_corruption_while_running_goes_on_without_reusing_a_seq(opened: Open, tmp_path: Path) -> None:
    box = opened()
    box.put([event(n) for n in range(50)])
    storage = box.storage
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = tmp_path / "outbox.db"
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\x99" * (path.stat().st_size - 100))
    headers = [box.put([event(n)])[0] for n in range(3)]
    assert [h.seq for h in headers] == [51, 52, 53]
    assert box.recovered_from_corruption
    assert box.storage != storage


def rot(path: Path, whole_page: bool) -> None:
    """Damage the file at the first row's kind: one letter alone, or all of its page."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = db.execute("PRAGMA page_size").fetchone()
    found = re.search(rb'event.{1,4}\{"v"', path.read_bytes(), re.DOTALL)
    assert found is not None
    with path.open("r+b") as file:
        file.seek(found.start() // size * size if whole_page else found.start())
        file.write(b"\x99" * (size if whole_page else 1))


@pytest.mark.parametrize(("first", "whole_page"), [("unsent", True), ("unsent", False), ("ack", True)])
def test_rows_that_rot_while_running_are_set_aside_though_new_ones_are_taken(
    opened: Open, tmp_path: Path, first: str, whole_page: bool
) -> None:
    box = opened()
    box.put([event(n) for n in range(500)])
    rot(tmp_path / "outbox.db", whole_page)
    assert box.put([event(500)])[0].seq == 501
    assert not box.recovered_from_corruption
    if first == "ack":
        box.ack(AckBody(boot=BOOT, cls=Class.SAFETY, upto=400))
    box.unsent(1000)
    assert box.recovered_from_corruption
    assert box.put([event(501)])[0].seq == 502
    assert keys(box.unsent(1000)) == [(BOOT, "safety", 502)]


def test_gap_bodies_on_disk_are_ordinary_messages(opened: Open) -> None:
    box = opened(telemetry_budget_bytes=1)
    box.put([telemetry(1)])
    message = wire.decode(box.unsent(1)[0].raw)
    assert message.body == GapBody(to=1, reason="budget")
    assert message.at == STAMP.at


def test_a_disk_without_locks_refuses_but_is_not_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(LinkError, match="No locks available") as caught:
        SqliteOutbox(tmp_path / "outbox.db", ADDRESS, BOOT)
    assert not isinstance(caught.value, InUseError)


def test_a_pipe_in_the_place_of_the_lock_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "outbox.db.lock")
    with pytest.raises(LinkError, match=r"outbox\.db"):
        SqliteOutbox(tmp_path / "outbox.db", ADDRESS, BOOT)


def test_a_second_writer_on_the_same_file_is_refused(opened: Open, tmp_path: Path) -> None:
    box = opened()
    with pytest.raises(LinkError, match="in use"):
        SqliteOutbox(tmp_path / "outbox.db", ADDRESS, OLD)
    assert box.put([event(1)])[0].seq == 1
