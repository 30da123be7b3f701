"""A message that a store cannot take is parked; the hub goes on, and starts again."""

import asyncio
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hub_kit import START, HubProcess, Message, Pen
from need import until

from sotdae_hub.accounting import count_stores
from sotdae_hub.adapters.duckdb_metrics import DuckDbMetrics
from sotdae_hub.app import Stores, open_stores
from sotdae_hub.config import HubConfig
from sotdae_hub.core.ingest import Accepted, judge
from sotdae_hub.following import Follower
from sotdae_hub.ports import Arrival, Entry, Projection
from sotdae_provisioning.broker import NatsBroker
from sotdae_shared.messages import Kind


def _append(stores: Stores, *messages: Message) -> None:
    stores.journal.append([(Arrival(t, raw, False, START), judge(t, raw)) for t, raw, _ in messages])


def _append_poison(stores: Stores, pen: Pen) -> None:
    """Journal a count that no store can hold, as a hub without a bound for it would have."""
    good = pen.envelope(Kind.HEALTH, {"stage": "normal"})
    fields = json.loads(good.model_dump_json(by_alias=True))
    fields["body"]["pending"] = 10**400
    topic, raw = pen.address.up(Kind.HEALTH), json.dumps(fields).encode()
    envelope = good.model_copy(update={"body": good.body.model_copy(update={"pending": 10**400})})
    stores.journal.append([(Arrival(topic, raw, False, START), Accepted(envelope))])


def _append_all(stores: Stores) -> None:
    pen = Pen()
    _append(stores, pen.readings(), pen.event())
    _append_poison(stores, pen)
    _append(stores, pen.readings(), pen.event())


async def _follow(store: Projection, stores: Stores) -> None:
    follower = Follower(store, stores.journal, asyncio.Condition(), lambda store, entries: None)
    following = asyncio.create_task(follower.run())
    async with asyncio.timeout(20):
        while store.offset < stores.journal.head and not following.done():
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.wait([following])
    assert following.cancelled()


def _check(root: Path) -> None:
    account = count_stores(root)
    assert (account.stored, account.duplicated, account.quarantined) == (4, 0, 1)


def test_a_store_parks_what_it_cannot_take_and_goes_on(tmp_path: Path) -> None:
    with closing(open_stores(HubConfig(dir=tmp_path))) as stores:
        _append_all(stores)
        for store in stores.followers():
            asyncio.run(_follow(store, stores))
        assert stores.journal.counts() == (1, 0)
    _check(tmp_path)


def test_a_hub_starts_over_a_journal_with_what_it_cannot_read(tmp_path: Path, broker: NatsBroker) -> None:
    hub = HubProcess(tmp_path / "hub", broker.port)
    with closing(open_stores(HubConfig(dir=hub.directory))) as stores:
        _append_all(stores)
    hub.start()
    until(lambda: all(store["lag"] == 0 for store in hub.get("/health").json()["stores"]))
    assert hub.get("/health").json()["quarantined"] == 1
    hub.stop()
    _check(hub.directory)


def test_a_write_that_fails_midway_leaves_the_metrics_writable(tmp_path: Path) -> None:
    pen = Pen()
    first, second = (Entry(n, START, pen.envelope(Kind.HEALTH, {"stage": "normal"}), 0) for n in (1, 2))
    with closing(DuckDbMetrics(tmp_path / "metrics.duckdb")) as metrics:
        with pytest.raises(OverflowError):
            metrics.project([replace(first, gap_to=2**70)], 1)
        metrics.project([second], 2)
        assert (metrics.offset, metrics.rows) == (2, 1)
