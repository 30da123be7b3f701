"""The hub's runner: the one place where its parts are put together."""

import asyncio
import logging
import random
import socket
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from sotdae_hub.adapters.api.access import Gatekeeper
from sotdae_hub.adapters.clock import monotonic_s, wall
from sotdae_hub.adapters.duckdb_metrics import DuckDbMetrics
from sotdae_hub.adapters.http import Server, create_app, hub_version
from sotdae_hub.adapters.journal import SqliteJournal
from sotdae_hub.adapters.last_values import SqliteLastValues
from sotdae_hub.adapters.mqtt import MqttLine
from sotdae_hub.adapters.policies import SqlPolicies
from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.adapters.release_key import load_release_key
from sotdae_hub.adapters.tls import context
from sotdae_hub.config import LEDGER, HubConfig
from sotdae_hub.core.ingest import Verdict
from sotdae_hub.desk import Desk, portraits_of
from sotdae_hub.ending import end
from sotdae_hub.fanout import Fanout
from sotdae_hub.following import Follower
from sotdae_hub.herald import Herald
from sotdae_hub.links import Links
from sotdae_hub.orders import Orders
from sotdae_hub.policies import Policies
from sotdae_hub.ports import Arrival, Entry, LastValues, MetricsStore, Projection
from sotdae_hub.releasing import Releaser
from sotdae_hub.spreading import Spreader
from sotdae_hub.views import Health, StoreHealth
from sotdae_hub.writing import Writer
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.messages import MAX_COUNT

log = logging.getLogger(__name__)

TICK_S = 1.0
HEALTH_S = 5.0
AGAIN_S = 1.0
AWAY = "move it away with the files of its name beside it"


@dataclass(slots=True)
class Stores:
    """The hub's files, opened; closed in order at the end."""

    journal: SqliteJournal
    metrics: MetricsStore
    last: LastValues
    records: SqlRecords
    policies: SqlPolicies

    def followers(self) -> tuple[Projection, ...]:
        """Return the stores that follow the journal."""
        return (self.metrics, self.last, self.records)

    def close(self) -> None:
        """Write everything and let go."""
        with ExitStack() as all_of_them:  # whatever one of them says
            all_of_them.callback(self.policies.close)
            for store in self.followers():
                all_of_them.callback(store.close)
            all_of_them.callback(self.journal.close)


def open_stores(config: HubConfig) -> Stores:
    """Open or create every file. LinkError if one cannot be used, ConfigError if the directory cannot."""
    root = config.dir
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(str(root), [f"cannot be made or entered: {error.strerror}"]) from error
    with ExitStack() as undo:  # of what is open where a later one cannot be
        keep = undo.enter_context
        with _mended_by(f"bring it back from a backup, or {AWAY}: what a store had not read yet is lost"):
            journal = keep(closing(SqliteJournal(root / "journal.sqlite3")))
        with _mended_by(f"{AWAY}: it is made anew from the journal"):
            metrics = keep(closing(_open_metrics(config)))
            last = keep(closing(SqliteLastValues(root / "last.sqlite3")))
        with _mended_by(f"bring it back from a backup, or {AWAY}: all but policies and looks is made anew"):
            records = keep(closing(SqlRecords(root / "records.sqlite3", root / "pictures")))
            policies = keep(closing(SqlPolicies(root / "records.sqlite3")))
        stores = Stores(journal, metrics, last, records, policies)
        _go_on_above(stores)
        undo.pop_all()
    return stores


@contextmanager
def _mended_by(remedy: str) -> Iterator[None]:
    """Say in one line what mends a file that cannot be opened."""
    try:
        yield
    except LinkError as error:
        raise LinkError(f"{' '.join(str(error).split())}; if it is damaged, {remedy}") from error


def _go_on_above(stores: Stores) -> None:
    """Let a journal that is new or from a backup go on where the stores are: they would take it for read."""
    journal, ahead = stores.journal, max(store.offset for store in stores.followers())
    if ahead > MAX_COUNT:
        raise LinkError(f"a store says that it is at {ahead}: move away the one that is damaged")
    if ahead > journal.head:
        log.error("the journal ends at %d, a store at %d: it goes on there", journal.head, ahead)
        journal.begin_above(ahead)


def _open_metrics(config: HubConfig) -> MetricsStore:
    settings = config.metrics
    if settings.kind == "duckdb":
        return DuckDbMetrics(config.dir / "metrics.duckdb")
    from sotdae_hub.adapters.influx import InfluxMetrics  # noqa: PLC0415 - an extra of its own

    return InfluxMetrics(settings.url, settings.org, settings.bucket, settings.token(), config.dir / LEDGER)


@dataclass(slots=True)
class Hub:
    """A hub over open stores; `run` ends when `stop` is set, and leaves nothing half written."""

    config: HubConfig
    stores: Stores
    rng: random.Random
    lose: Callable[[Entry], bool] | None = None
    """Fault injection, see Follower."""
    started_at: datetime = field(default_factory=wall)
    grew: asyncio.Condition = field(default_factory=asyncio.Condition)
    fanout: Fanout = field(default_factory=Fanout)
    line: MqttLine = field(init=False)
    links: Links = field(init=False)
    desk: Desk = field(init=False)
    herald: Herald = field(init=False)
    orders: Orders = field(init=False)
    writer: Writer = field(init=False)
    spreader: Spreader = field(init=False)
    releaser: Releaser | None = None

    def __post_init__(self) -> None:
        """Put the parts together; nothing runs yet."""
        config, stores = self.config, self.stores
        tls = None if config.broker.tls is None else partial(context, config.broker.tls)
        self.line = MqttLine(config.broker.host, config.broker.port, wall, self.rng, tls=tls)
        self.links = Links(config.silent_after_s, monotonic_s, stores.records.twins())
        expected = portraits_of(config.facilities)
        self.desk = Desk(stores.journal, stores.metrics, stores.last, stores.records, self.links, expected)
        born = {(birth.facility, birth.node) for birth in stores.records.births()}
        self.herald = Herald(self.desk, self.fanout, self.links, self.line.send_soon, self.rng, born)
        self.orders = Orders(self.line, self.links, self.rng, config.release is not None)
        if (own := config.release) is not None:
            private = load_release_key(own.key)
            self.releaser = Releaser(stores.records, self.orders, own.name, private, self.rng, wall)
        self.writer = Writer(
            stores.journal, self.line.arrivals, self.line.send_soon, self._noticed, self.grew
        )
        with _mended_by("bring records.sqlite3 back from a backup"):
            self.spreader = Spreader(
                stores.policies, stores.records, self.links, self.line, wall, monotonic_s,
                lambda: stores.journal.head, config.silent_after_s, self.started_at,
            )  # fmt: skip

    def _noticed(self, batch: list[tuple[Arrival, Verdict]]) -> None:
        self.herald.noticed(batch)
        self.orders.noticed(batch)

    def _written(self, store: Projection, entries: Sequence[Entry]) -> None:
        self.herald.written(store, entries)
        if self.releaser is not None:
            self.releaser.written(store, entries)

    async def run(self, server: socket.socket, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until `stop`; call `ready` once requests are answered."""
        http = Server(self.app())
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(http.serve([server]), name="http")
            tasks = [group.create_task(run, name=name) for name, run in self._tasks()]
            try:
                await http.answering.wait()
                ready()
                await _first(stop.wait(), serving)
                self.fanout.close()
                http.should_exit = True
                await serving
            finally:  # also where one of them failed: a group cancels the others only once
                await end(tasks)
        # A cancelled task may have left a commit running in a worker thread.
        await asyncio.get_running_loop().shutdown_default_executor()

    def _tasks(self) -> Iterable[tuple[str, Coroutine[Any, Any, None]]]:
        yield "mqtt", self.line.run()
        yield "writer", self.writer.run()
        for store in self.stores.followers():
            follower = Follower(store, self.stores.journal, self.grew, self._written, self.lose)
            yield f"follow-{store.name}", follower.run()
        yield "presence", self._tick()
        yield "herald", _again("herald", self.herald.run)
        yield "policies", _again("policies", self.spreader.run)
        if self.releaser is not None:
            yield "release", _again("release", self.releaser.run)
        yield "health", _again("health", self._tell_health)

    def app(self) -> FastAPI:
        """Return the HTTP application."""
        gate = Gatekeeper(self.config.tokens, self.config.http.open, self.stores.records, wall)
        rules = Policies(self.spreader, self.config.policy)
        return create_app(
            desk=self.desk,
            orders=self.orders,
            rules=rules,
            fanout=self.fanout,
            gate=gate,
            health=self.health,
            wall=wall,
        )

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.herald.touch(self.links.tick())

    async def _tell_health(self) -> None:
        while True:
            await asyncio.sleep(HEALTH_S)
            if self.fanout.watched:
                with suppress(LinkError):  # a journal that cannot be read: the writer tells of it
                    self.fanout.publish("health", await asyncio.to_thread(self.health))

    def health(self) -> Health:
        """Return how the hub itself does."""
        head = self.stores.journal.head
        quarantined, _ = self.stores.journal.counts()
        connected = self.line.connected
        return Health(
            status="ok" if connected and not self.writer.counters.refusing else "degraded",
            version=hub_version(),
            started_at=self.started_at,
            broker="connected" if connected else "disconnected",
            broker_since=self.line.changed_at,
            journal=head,
            stores=tuple(
                StoreHealth(
                    name=store.name, offset=store.offset, lag=max(0, head - store.offset), rows=store.rows
                )
                for store in self.stores.followers()
            ),
            quarantined=quarantined,
            rejected=self.writer.counters.rejected,
            duplicates=self.writer.counters.duplicates,
        )


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of the API, as a hub with empty stores serves it."""
    with tempfile.TemporaryDirectory() as directory:
        config = HubConfig(dir=Path(directory))
        stores = open_stores(config)
        try:
            return Hub(config, stores, random.Random(0)).app().openapi()  # noqa: S311
        finally:
            stores.close()


async def _again(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part without which all that comes in is kept. Should it fail, it begins anew."""
    while True:
        try:
            await run()
        except Exception as error:
            log.error("%s failed and begins anew: %s", name, error, exc_info=error)
        await asyncio.sleep(AGAIN_S)


async def _first(stop: Coroutine[Any, Any, Any], serving: asyncio.Task[None]) -> None:
    stopping = asyncio.ensure_future(stop)
    await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
