"""The journal on a real file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hub_kit import GATE, START, Message, Pen
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_hub.adapters.journal import REJECTED_KEPT, SqliteJournal
from sotdae_hub.core.ingest import judge
from sotdae_hub.ports import Arrival, Receipt
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import UP_KINDS


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal(tmp_path / "journal.sqlite3")) as journal:
        yield journal


def append(journal: SqliteJournal, *messages: Message) -> Receipt:
    return journal.append([(Arrival(t, raw, False, START), judge(t, raw)) for t, raw, _ in messages])


def _state(storage: str) -> Message:
    body = {"status": "online", "session": "s", "storage": storage, "boots": []}
    return GATE.state, json.dumps(body).encode(), ("", "", "", 0)


def test_reads_back_what_it_was_given_in_order(journal: SqliteJournal) -> None:
    messages = Pen().mix(10)
    receipt = append(journal, *messages)
    entries, upto = journal.read(0, 1000, UP_KINDS)
    assert [entry.envelope.key for entry in entries] == [key for *_, key in messages]
    assert receipt.head == upto == len(messages) == journal.head


def test_pages_name_the_offset_up_to_which_they_are_complete(journal: SqliteJournal) -> None:
    append(journal, *Pen().mix(30))
    events = frozenset({"event"})
    seen, after = [], 0
    while after < journal.head:
        entries, after = journal.read(after, 2, events)  # type: ignore[arg-type]
        seen += [entry.offset for entry in entries]
    assert len(seen) == len(set(seen)) == 6


def test_a_duplicate_is_not_stored_but_acked_again(journal: SqliteJournal) -> None:
    message = Pen().event()
    append(journal, message)
    receipt = append(journal, message, message)
    assert (receipt.stored, receipt.duplicates) == (0, 2)
    assert [(address, ack.upto) for address, ack in receipt.acks] == [(GATE, 1)]


def test_what_it_holds_survives_reopening(tmp_path: Path) -> None:
    pen = Pen()
    first, _, third = pen.event(), pen.event(), pen.event()
    with closing(SqliteJournal(tmp_path / "j")) as journal:
        append(journal, first, third)
        before = journal.tally(GATE.facility)
    with closing(SqliteJournal(tmp_path / "j")) as journal:
        assert journal.tally(GATE.facility) == before
        assert before.missing == 1
        receipt = append(journal, third)
        assert receipt.duplicates == 1
        assert receipt.acks[0][1].ranges == ((3, 3),)


def test_a_gap_counts_only_what_is_not_stored(journal: SqliteJournal) -> None:
    pen = Pen()
    kept = pen.readings()
    late = Pen().gap(10)  # the sender evicted 1 to 10, but 1 had arrived and its ack was lost
    append(journal, kept, late)
    assert (journal.tally(GATE.facility).stored, journal.tally(GATE.facility).dropped) == (1, 9)


def test_a_lost_disk_leaves_the_tail_unknown_for_good(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path / "j")) as journal:
        append(journal, _state("d1"), Pen().event(), _state("d1"))
        assert not journal.tally(GATE.facility).tail_unknown
        append(journal, _state("d2"))
        assert journal.tally(GATE.facility).tail_unknown
    with closing(SqliteJournal(tmp_path / "j")) as journal:
        append(journal, _state("d2"))
        assert journal.tally(GATE.facility).tail_unknown


def test_rejected_noise_is_bounded(journal: SqliteJournal) -> None:
    noise = ("sotdae/v1/x", b"x" * 100_000, ("", "", "", 0))
    receipt = append(journal, *[noise] * (REJECTED_KEPT + 50))
    assert receipt.rejected == REJECTED_KEPT + 50
    assert journal.counts() == (0, REJECTED_KEPT)


def test_a_batch_that_fails_leaves_nothing_and_claims_nothing(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j")
    pen = Pen()
    append(journal, pen.event())
    with closing(sqlite3.connect(tmp_path / "j", isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        lost = pen.event()
        with pytest.raises(LinkError, match="disk full"):
            append(journal, lost)
        assert journal.tally(GATE.facility).stored == 1
        other.execute("DROP TRIGGER full")
    receipt = append(journal, lost)
    assert (receipt.stored, receipt.acks[0][1].upto) == (1, 2)
    journal.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 29), max_size=60), st.integers(1, 7))
def test_any_order_and_repetition_stores_each_once(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], size: int
) -> None:
    pen = Pen()
    messages = [pen.event() for _ in range(30)]
    sent = [messages[index] for index in order]
    with closing(SqliteJournal(tmp_path_factory.mktemp("j") / "j")) as journal:
        stored = sum(append(journal, *sent[at : at + size]).stored for at in range(0, len(sent), size))
        entries, _ = journal.read(0, 1000, UP_KINDS)
    assert stored == len(entries) == len(set(order))
    assert {entry.envelope.seq for entry in entries} == {index + 1 for index in order}
