"""The gate's runner against a real Modbus site: acts, and survives a dead controller and disk."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from running_gate import running_gate, until
from simulated_site import Site, running_site

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app import recorder
from sotdae_edge.app.gate import GateApp
from sotdae_edge.config import FacilityConfig, GateConfig, StorageConfig
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Effect
from sotdae_edge.core.events import Event, HubHeard
from sotdae_edge.core.site import Person
from sotdae_edge.ports import Inbound
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import CommandBody, Kind
from sotdae_shared.signing import sign_command
from sotdae_shared.topics import Address

FACILITY = "GG-41113-UP-0007"
BOOT = "0123456789abcdef"
ADDRESS = Address(FacilityId(FACILITY), "gate-1")


def configured(tmp_path: Path) -> GateConfig:
    place = FacilityConfig(id=FACILITY, node="gate-1", name="Test", lat=37.2, lon=127.0)
    return GateConfig(facility=place, storage=StorageConfig(dir=tmp_path))


def signer() -> tuple[Person, Callable[[CommandBody], CommandBody]]:
    """Return a person of the city, and their hand."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    person = Person("kim-1", key.public_key().public_bytes_raw().hex(), "Kim", "city")

    def sign(order: CommandBody) -> CommandBody:
        return order.model_copy(update={"approvals": (sign_command(order, "kim-1", key),)})

    return person, sign


def close_order() -> CommandBody:
    return CommandBody(
        id="c-1", facility=FACILITY, actuator="barrier", target="close", reason="drill", issuer="city-room",
        seq=1, not_after=datetime.now(UTC) + timedelta(seconds=50), expect_state="open",
    )  # fmt: skip


@asynccontextmanager
async def running(
    tmp_path: Path, site: Site, store: FileState | None = None, people: tuple[Person, ...] = ()
) -> AsyncIterator[GateApp]:
    config = configured(tmp_path).model_copy(update={"roster": people})
    async with running_gate(tmp_path, site, config, store=store) as app:
        yield app


def test_it_feeds_the_watchdog_closes_on_water_and_remembers(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site, running(tmp_path, site) as app:
            await until(lambda: app.gate.state is State.OPEN)
            await site.until("sign_closed", lambda value: value == 0.0)
            site.simulator.depth(18.0)
            await until(lambda: app.gate.state is State.CLOSED)
            assert await site.value("limit_closed") == 1.0
            assert await site.value("sign_closed") == 1.0

    asyncio.run(story())
    assert b'"closed"' in (FileState(tmp_path / "state").load() or b"")


@pytest.mark.parametrize(
    ("after_due_s", "order"), [(-0.01, ["heard", "heard"]), (0.01, ["time", "heard", "time", "heard"])]
)
def test_what_was_heard_and_what_was_due_come_in_the_order_of_their_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_due_s: float, order: list[str]
) -> None:
    give = GateApp._give
    given: list[str] = []

    async def heard_late(app: GateApp, due: float) -> tuple[Event, float]:
        while app.clock.monotonic() <= due + 0.02:  # the machine stood still meanwhile
            await asyncio.sleep(0.01)
        return HubHeard(), due + after_due_s

    def watched(app: GateApp, event: Event | None, now: float) -> list[Effect]:
        given.append("time" if event is None else "heard")
        return give(app, event, now)

    async def story() -> None:
        async with running_site() as site, running(tmp_path, site) as app:
            await until(lambda: app.gate.state is State.OPEN)
            monkeypatch.setattr(GateApp, "_heard_until", heard_late)
            monkeypatch.setattr(GateApp, "_give", watched)
            await until(lambda: len(given) > 12)

    asyncio.run(story())
    begun = given.index("heard") + 1  # what was waited for before is given first
    assert given[begun : begun + len(order)] == order


@pytest.mark.slow
def test_a_controller_that_dies_in_mid_travel_is_closed_after_its_return(tmp_path: Path) -> None:
    async def story() -> list[str]:
        states = []
        async with running_site() as site, running(tmp_path, site) as app:
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.depth(18.0)
            await until(lambda: app.gate.state is State.LOWERING)
            site.simulator.fault("controller", "power", True)
            await until(lambda: app.gate.state is not State.LOWERING)
            states.append(app.gate.state)
            await until(lambda: "controller.silent" in app.gate.alarms.active)
            site.simulator.restore()
            await until(lambda: app.gate.state is State.CLOSED)
            await until(lambda: "controller.silent" not in app.gate.alarms.active)
        return states

    assert asyncio.run(story()) == [State.CLEARING]


class SlowState(FileState):
    """A disk that takes its time, or refuses."""

    error: Exception | None = None

    def save(self, state: bytes) -> None:
        if self.error is not None:
            raise self.error
        super().save(state)


class NotingState(FileState):
    """A disk that notes, at each save, whether the controller had been told to close the warnings by then."""

    told: Callable[[], bool]

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seen: list[tuple[bool, bytes]] = []

    def save(self, state: bytes) -> None:
        self.seen.append((self.told(), state))
        super().save(state)


def test_closing_the_warnings_waits_for_no_disk(tmp_path: Path) -> None:
    store = NotingState(tmp_path / "state")

    async def story() -> None:
        async with running_site() as site:
            store.told = lambda: site.simulator.scene.orders.warn_closed
            async with running(tmp_path, site, store) as app:
                await until(lambda: app.gate.state is State.OPEN)
                await until(lambda: not store.told())
                site.simulator.depth(18.0)
                await until(lambda: app.gate.state is State.CLEARING)

    asyncio.run(story())
    told = [closed for closed, state in store.seen if b'"pre_warn"' in state]
    assert told
    assert all(told)


class HangingState(FileState):
    """A disk that hangs with the state of a road that floods, until it is let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked, self.go = threading.Event(), threading.Event()

    def save(self, state: bytes) -> None:
        if b'"pre_warn"' in state:
            self.asked.set()
            self.go.wait(30.0)
        super().save(state)


def test_a_stop_while_the_state_is_saved_swallows_no_decision(tmp_path: Path) -> None:
    store = HangingState(tmp_path / "state")

    async def story() -> None:
        async with running_site() as site, running(tmp_path, site, store) as app:
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.depth(18.0)
            await until(store.asked.is_set)
            asyncio.get_running_loop().call_soon(store.go.set)  # after the stop, which comes before any turn

    asyncio.run(story())
    with closing(SqliteOutbox(tmp_path / "outbox.db", ADDRESS, "fedcba9876543210")) as outbox:
        said = [row.raw for row in outbox.unsent(500)]
    assert any(b'"state":"pre_warn"' in raw and b'"kind":"decision"' in raw for raw in said)


def test_an_outbox_that_hangs_is_noticed_and_the_reports_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "COUNT_S", 0.2)
    go = threading.Event()

    async def story() -> None:
        async with running_site() as site, running(tmp_path, site) as app:
            await until(lambda: app.gate.state is State.OPEN and not app.recorder.waiting)
            app.recorder.worker.submit(go.wait, 60.0)  # as a write that never comes back
            await until(lambda: "ladder.storage_failing" in app.gate.alarms.active)
            asyncio.get_running_loop().call_soon(go.set)

    asyncio.run(story())


def test_a_state_that_cannot_be_saved_does_not_keep_the_gate_open(tmp_path: Path) -> None:
    store = SlowState(tmp_path / "state")
    store.error = LinkError("read-only file system")

    async def story() -> set[str]:
        async with running_site() as site, running(tmp_path, site, store) as app:
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.depth(18.0)
            await until(lambda: app.gate.state is State.CLOSED)
            await until(lambda: not app.recorder.waiting)
            rows = app.recorder.outbox.unsent(200)
            return {row.raw.decode() for row in rows if row.kind is Kind.EVENT}

    assert any("state.unsaved" in text and "read-only" in text for text in asyncio.run(story()))


def test_a_disk_that_takes_the_state_again_gets_what_it_refused(tmp_path: Path) -> None:
    store = SlowState(tmp_path / "state")
    store.error = LinkError("read-only file system")

    async def story() -> None:
        async with running_site() as site, running(tmp_path, site, store) as app:
            await until(lambda: app.gate.state is State.OPEN and "state.unsaved" in app.watched.active)
            store.error = None
            await until(lambda: app.keeper.unsaved is None and not app.watched.active)

    asyncio.run(story())
    assert b'"open"' in (FileState(tmp_path / "state").load() or b"")


class SlowDevice:
    """A controller behind a line that takes its time for every answer."""

    def __init__(self, site: Site, seconds: float) -> None:
        self.site, self.seconds = site, seconds

    async def read(self):  # type: ignore[no-untyped-def]
        points = await self.site.gate.read()
        await asyncio.sleep(self.seconds)
        return points

    async def write(self, values) -> None:  # type: ignore[no-untyped-def]
        await self.site.gate.write(values)


@pytest.mark.slow
def test_a_slow_line_still_shows_the_water_but_never_a_clear_lane(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site, running(tmp_path, site) as app:
            app.device = SlowDevice(site, 0.4)  # type: ignore[assignment]
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.depth(18.0)
            await until(lambda: app.gate.state is State.CLEARING)
            assert await site.value("sign_closed") == 1.0
            await until(lambda: "controller.slow" in app.watched.active)
            await until(lambda: app.gate.state is State.HELD_OPEN)
            assert await site.value("limit_open") == 1.0
            assert "gate.held_open" in app.gate.alarms.active

    asyncio.run(story())


@pytest.mark.slow
def test_an_outbox_that_fails_does_not_end_the_gate(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site, running(tmp_path, site) as app:
            await until(lambda: app.gate.state is State.OPEN)

            def refuse() -> None:
                raise LinkError("disk I/O error")

            app.recorder.outbox.stats = refuse  # type: ignore[method-assign,assignment]
            site.simulator.depth(18.0)
            await until(lambda: app.gate.state is State.CLOSED)

    asyncio.run(story())


class Uplink:
    """A connection over which anybody may send."""

    session, acks = 1, 0

    def __init__(self, inbound: list[Inbound]) -> None:
        self.waiting = inbound

    def wake(self) -> None:
        """Nothing goes up here."""

    async def inbound(self) -> AsyncIterator[Inbound]:
        for each in self.waiting:
            yield each
        await asyncio.Event().wait()


def told(app: GateApp) -> list[str]:
    """Return what has been committed so far, as text."""
    return [row.raw.decode() for row in app.recorder.outbox.unsent(500)]


def test_junk_without_end_leaves_few_records_and_a_signed_close_is_still_heard(tmp_path: Path) -> None:
    person, approval_of = signer()
    junk = [
        Inbound(Kind.COMMAND, b"{}", False, 1),
        Inbound(Kind.QUERY, b'{"id":"q","query":"birth"}', False, 1),
    ]
    close = approval_of(close_order())
    inbound = [*(junk * 500), Inbound(Kind.COMMAND, close.model_dump_json().encode(), False, 1)]

    async def story() -> list[str]:
        async with running_site() as site, running(tmp_path, site, people=(person,)) as app:
            await until(lambda: app.gate.state is State.OPEN)
            listening = asyncio.create_task(app.ears.listen(Uplink(inbound)))
            await until(lambda: app.gate.state is State.PRE_WARN)
            await until(lambda: "orders.flood" in app.watched.active)
            listening.cancel()
            # What was decided is said when it was done: the state changes before.
            await until(lambda: any("close by" in text for text in told(app)))
            return told(app)

    said = asyncio.run(story())
    assert sum("malformed" in text for text in said) + sum('"re":"q"' in text for text in said) <= 30


@pytest.mark.slow
def test_a_disk_that_refuses_is_a_rung_of_the_ladder_and_ends_with_it(tmp_path: Path) -> None:
    store = SlowState(tmp_path / "state")
    store.error = LinkError("read-only file system")

    async def story() -> None:
        async with running_site() as site, running(tmp_path, site, store) as app:
            await until(lambda: "ladder.storage_failing" in app.gate.alarms.active)
            assert app.gate.state is State.OPEN
            store.error = None
            await until(lambda: app.gate.standing.rungs == ())
            await until(lambda: "ladder.storage_failing" not in app.gate.alarms.active)

    asyncio.run(story())
