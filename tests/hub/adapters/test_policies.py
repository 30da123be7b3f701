"""Policies and their roll-outs on a real database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hub_kit import GATE, START, Message, Pen
from rollout_kit import TRUST, policy

from sotdae_hub.adapters.policies import SqlPolicies
from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.core.rings import Member
from sotdae_hub.core.rollout import Rollout, State, abort, resume
from sotdae_hub.ports import Entry, KeptRollout
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.policy import unsigned
from sotdae_shared.topics import Address
from sotdae_shared.wire import decode

MEMBER, OTHER = Member(GATE.facility, GATE.node), Member("GG-41135-UP-0001", "gate-9")
APART = frozenset({"GG-41113-UP-0003", "GG-41113-UP-0002"})
BEGUN = Rollout(policy(7), {MEMBER: 0, OTHER: 1}, abort_percent=2.5, soak_s=30.0, left_out=APART)
LATER = START + timedelta(minutes=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlPolicies]:
    with closing(SqlPolicies(tmp_path / "records.sqlite3")) as store:
        yield store


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqlRecords]:
    """The same file, through the writer of the records."""
    with closing(SqlRecords(tmp_path / "records.sqlite3", tmp_path / "pictures")) as records:
        yield records


def file(records: SqlRecords, *messages: Message) -> None:
    first = records.offset + 1
    entries = [Entry(first + index, START, decode(raw), 0) for index, (_, raw, _) in enumerate(messages)]
    records.project(entries, records.offset + len(entries))


def judged(pen: Pen, verdict: str | None, because: tuple[str, ...] = ("why",), **more: Any) -> Message:
    body = {"decision": "policy", "command": "policy-7", "verdict": verdict, "because": because, **more}
    return pen.decision("OPEN", "OPEN", None, **body)


def test_what_is_published_is_found_again_with_its_signatures(tmp_path: Path, store: SqlPolicies) -> None:
    assert store.rollouts() == []
    store.publish(BEGUN, START)
    store.publish(Rollout(policy(5, ("41135",)), {}, 5.0, 0.0), START)
    with closing(SqlPolicies(tmp_path / "records.sqlite3")) as again:
        five, seven = again.rollouts()
    assert seven == KeptRollout(BEGUN, START, START)
    assert unsigned(seven.rollout.policy, TRUST) is None
    assert five.rollout.ring_of == {}


def test_what_was_published_before_anybody_could_be_left_out_is_kept(
    tmp_path: Path, store: SqlPolicies
) -> None:
    store.publish(replace(BEGUN, left_out=frozenset()), START)
    with closing(sqlite3.connect(tmp_path / "records.sqlite3")) as db, db:
        db.execute("DROP TABLE policy_forgotten")
        db.execute("ALTER TABLE twin DROP COLUMN journal_offset")
        db.execute("ALTER TABLE policy_rollout DROP COLUMN left_out")
        db.execute("UPDATE alembic_version SET version_num = '0003'")
    with closing(SqlPolicies(tmp_path / "records.sqlite3")) as again:
        assert again.rollouts() == [KeptRollout(replace(BEGUN, left_out=frozenset()), START, START)]


def test_words_of_before_the_journal_ordered_them_keep_their_meaning(
    tmp_path: Path, store: SqlPolicies, records: SqlRecords
) -> None:
    file(records, Pen().health())
    with closing(sqlite3.connect(tmp_path / "records.sqlite3")) as db, db:
        for table in ("twin", "policy_forgotten"):
            db.execute(f"ALTER TABLE {table} DROP COLUMN journal_offset")
        for later_us in (-1, 1):
            db.execute(
                "INSERT INTO policy_forgotten (facility, node, at, by, reason)"
                " SELECT facility, node, heard_at + ?, 'desk', 'gone' FROM twin",
                (later_us,),
            )
        db.execute("UPDATE alembic_version SET version_num = '0005'")
    with closing(SqlPolicies(tmp_path / "records.sqlite3")) as again:
        (twin,) = records.twins()
        assert [twin.offset <= word.offset for word in again.forgotten()] == [False, True]


def test_a_step_is_kept_with_its_reason(store: SqlPolicies) -> None:
    store.publish(BEGUN, START)
    stopped = abort(Rollout(**{**plain(BEGUN), "ring": 1}), "ring 2: 1 of 1 refuse")
    store.save(stopped, LATER)
    assert store.rollouts() == [KeptRollout(stopped, START, LATER)]
    store.resume(resume(stopped), START)
    (kept,) = store.rollouts()
    assert (kept.rollout.state, kept.rollout.ring, kept.rollout.why) == (State.RUNNING, 1, "")


def plain(rollout: Rollout) -> dict[str, Any]:
    names = ("policy", "ring_of", "abort_percent", "soak_s", "left_out")
    return {name: getattr(rollout, name) for name in names}


def test_a_version_that_is_there_leaves_all_as_it_was(store: SqlPolicies) -> None:
    store.publish(BEGUN, START)
    with pytest.raises(LinkError, match="UNIQUE"):
        store.publish(Rollout(policy(7, ("41135",)), {}, 5.0, 0.0), LATER)
    assert store.rollouts() == [KeptRollout(BEGUN, START, START)]


def test_the_newest_verdict_of_a_node_counts_whatever_came_first(
    store: SqlPolicies, records: SqlRecords
) -> None:
    pen = Pen()
    refused = judged(pen, "refused", ("too high", "too low"))
    accepted = judged(pen, "accepted")
    file(records, accepted)
    file(records, refused)
    assert store.verdicts()[(MEMBER, 7)].refused is None
    file(records, judged(pen, "refused", ("too high", "too low")))
    assert store.verdicts()[(MEMBER, 7)].refused == "too high; too low"


def test_no_other_decision_is_a_verdict(store: SqlPolicies, records: SqlRecords) -> None:
    pen = Pen()
    file(
        records,
        judged(pen, None),
        judged(pen, "refused", command=None),
        judged(pen, "refused", command="policy-x"),
        judged(pen, "refused", command="policy-9999999999999999"),
        judged(pen, "refused", decision="command"),
    )
    assert store.verdicts() == {}


def test_going_on_forgets_who_refused_but_not_who_accepted(store: SqlPolicies, records: SqlRecords) -> None:
    store.publish(BEGUN, START)
    far = Pen(Address(FacilityId(OTHER.facility), OTHER.node))
    file(
        records, judged(Pen(), "refused"), judged(far, "accepted"), judged(far, "refused", command="policy-5")
    )
    store.resume(resume(abort(BEGUN, "stop")), LATER)
    assert set(store.verdicts()) == {(OTHER, 7), (OTHER, 5)}
