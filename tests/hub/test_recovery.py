"""A crash between the commits of two stores: each goes on from where it was itself."""

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hub_kit import START, Message, Pen
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_hub.accounting import count_stores
from sotdae_hub.app import Stores, open_stores
from sotdae_hub.config import HubConfig
from sotdae_hub.core.ingest import judge
from sotdae_hub.ports import Arrival, Projection


@contextmanager
def stores_at(root: Path) -> Iterator[Stores]:
    with closing(open_stores(HubConfig(dir=root))) as stores:
        yield stores


def _append(stores: Stores, messages: list[Message]) -> None:
    stores.journal.append([(Arrival(t, raw, False, START), judge(t, raw)) for t, raw, _ in messages])


def _follow(store: Projection, stores: Stores, page: int) -> None:
    entries, upto = stores.journal.read(store.offset, page, store.kinds)
    store.project(entries, upto)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_stores_that_stopped_at_different_places_end_alike(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = random.Random(seed)
    root = tmp_path_factory.mktemp("hub")
    messages = Pen().mix(40)
    for start in range(0, len(messages), 25):
        with stores_at(root) as stores:  # each turn is a start of the hub, ended at a random place
            _append(stores, messages[max(0, start - 5) : start + 25])
            for _ in range(rng.randrange(4)):
                _follow(rng.choice(stores.followers()), stores, rng.randint(1, 20))
    with stores_at(root) as stores:
        for store in stores.followers():
            while store.offset < stores.journal.head:
                _follow(store, stores, 50)
    account = count_stores(root)
    assert (account.stored, account.distinct, account.duplicated) == (len(messages), len(messages), 0)


def test_accounting_sees_a_double(tmp_path: Path) -> None:
    messages = Pen().mix(5)
    with stores_at(tmp_path) as stores:
        _append(stores, messages)
        for store in stores.followers():
            entries, upto = stores.journal.read(0, 1000, store.kinds)
            store.project(entries, upto)
        telemetry, upto = stores.journal.read(0, 1000, stores.metrics.kinds)
        stores.metrics.project(telemetry[:1], upto)  # as a store without its own offset would
    account = count_stores(tmp_path)
    assert (account.stored, account.duplicated) == (len(messages) + 1, 1)
