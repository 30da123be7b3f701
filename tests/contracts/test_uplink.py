"""What the edge's uplink promises, on every broker that Sotdae runs with."""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from need import require_binary
from wire_lab import HOST, Line, MiniHub, eventually
from wire_samples import ADDRESS, BODIES, BOOT, clip, event, telemetry

from sotdae_edge.adapters import mqtt
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.ports import Inbound, Item
from sotdae_provisioning.broker import Broker, MosquittoBroker, NatsBroker
from sotdae_shared import wire
from sotdae_shared.errors import WireError
from sotdae_shared.messages import AckBody, Class, CommandBody, Kind

OLD = "aaaaaaaaaaaaaaaa"
COMMAND = BODIES[Kind.COMMAND]


class Node:
    """An outbox with its uplink and worker thread, as the runner wires them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.worker = ThreadPoolExecutor(1)
        self.outbox = SqliteOutbox(path, ADDRESS, BOOT)
        self.uplink: MqttUplink
        self.task: asyncio.Task[None]

    def had_an_older_boot(self, items: list[Item], **options: int) -> None:
        self.outbox.close()
        with contextlib.closing(SqliteOutbox(self.path, ADDRESS, OLD, **options)) as old:  # type: ignore[arg-type]
            old.put(items)
        self.outbox = SqliteOutbox(self.path, ADDRESS, BOOT)

    async def put(self, *items: Item) -> None:
        await asyncio.get_running_loop().run_in_executor(self.worker, self.outbox.put, items)
        self.uplink.wake()

    @contextlib.asynccontextmanager
    async def running(
        self, port: int, *, resend_s: float = 5.0, rate: float = 200.0
    ) -> AsyncIterator["Node"]:
        self.uplink = MqttUplink(
            HOST, port, ADDRESS, self.outbox, worker=self.worker, identity=ADDRESS.node,
            rng=random.Random(3), resend_s=resend_s, backlog_rate_per_s=rate,
        )  # fmt: skip
        self.task = asyncio.create_task(self.uplink.run(), name="uplink")
        try:
            yield self
        finally:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not [task for task in left if task.get_name().startswith("uplink")]

    async def connected(self) -> None:
        await eventually(lambda: self.uplink.connected)

    async def pending(self) -> int:
        stats = await asyncio.get_running_loop().run_in_executor(self.worker, self.outbox.stats)
        return stats.pending

    async def drained(self) -> None:
        async with asyncio.timeout(20):
            while await self.pending():
                await asyncio.sleep(0.01)

    async def next(self, timeout_s: float = 20.0) -> Inbound:
        async with asyncio.timeout(timeout_s):
            return await anext(self.uplink.inbound())


@pytest.fixture(params=[NatsBroker, MosquittoBroker], ids=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param is MosquittoBroker:
        require_binary("mosquitto")
    broker: Broker = request.param(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path / "outbox.db")
    yield node
    node.worker.shutdown()
    node.outbox.close()


Scene = Callable[[], Coroutine[None, None, None]]


def play(broker: Broker, scene: Scene) -> None:
    async def whole() -> None:
        await broker.wait_ready()
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(whole())


def command(name: str) -> bytes:
    assert isinstance(COMMAND, CommandBody)
    return wire.encode_down(COMMAND.model_copy(update={"id": name}))


def name_of(inbound: Inbound) -> str:
    body = wire.decode_down(inbound.kind, inbound.raw)
    assert isinstance(body, CommandBody)
    return body.id


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="asyncio.wait_for loses no cancellation there")
def test_it_stops_though_the_broker_answers_its_first_word_at_that_moment(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        async with node.running(broker.port):
            answers: list[asyncio.Task[object]] = []
            while not answers:  # the library waits for the answer in a task of its own
                await asyncio.sleep(0)
                tasks = asyncio.all_tasks()
                answers = [
                    task for task in tasks if getattr(task.get_coro(), "__qualname__", "") == "Event.wait"
                ]
            while not answers[0].done():
                await asyncio.sleep(0)
            node.task.cancel()
            _, going_on = await asyncio.wait([node.task], timeout=10.0)
            assert not going_on, "the uplink went on after it was told to stop"

    play(broker, scene)


def test_rows_go_once_safety_first_and_leave_by_the_hubs_ack(broker: Broker, node: Node) -> None:
    node.outbox.put([clip(50), *(telemetry(n) for n in range(30)), *(event(n) for n in range(30))])

    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub, node.running(broker.port):
            await node.drained()
            own = [(BOOT, "safety", n) for n in range(1, 31)] + [(BOOT, "telemetry", n) for n in range(1, 31)]
            assert hub.order == [*own, (BOOT, "bulk", 1)]
            assert set(hub.heard.values()) == {1}
            await node.put(event(99))
            await node.drained()
            assert hub.order[-1] == (BOOT, "safety", 31)
            assert node.uplink.counters["acked"] == 62

    play(broker, scene)


def test_a_row_that_the_broker_took_stays_and_goes_again_until_the_hub_acks(
    broker: Broker, node: Node
) -> None:
    async def scene() -> None:
        hub = MiniHub(broker.port, acking=False)
        async with hub.listening(), node.running(broker.port, resend_s=0.1):
            await node.connected()
            await node.put(event(1), telemetry(1))
            await eventually(
                lambda: hub.heard[BOOT, "safety", 1] >= 3 and hub.heard[BOOT, "telemetry", 1] >= 3
            )
            assert await node.pending() == 2
            hub.acking = True
            await node.drained()
            # What was under way at the ack still arrives; after a later row has come, nothing more does.
            await node.put(event(2))
            await node.drained()
            before = hub.heard[BOOT, "safety", 1]
            await node.put(event(3))
            await node.drained()
            assert hub.heard[BOOT, "safety", 1] == before

    play(broker, scene)


def test_nothing_is_lost_while_the_broker_is_killed_and_restarted(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        hub = MiniHub(broker.port)
        async with node.running(broker.port, resend_s=0.5):
            async with hub.listening():
                await node.put(*(event(n) for n in range(20)))
                await node.drained()
            for number in range(20):
                await node.put(event(number), telemetry(number))
                if number == 5:
                    broker.kill()
            await eventually(lambda: not node.uplink.connected)
            assert await node.pending() > 0
            broker.start()
            await broker.wait_ready()
            async with hub.listening():
                await node.drained()
            assert node.uplink.session >= 2
        safety = [seq for _, cls, seq in hub.order if cls == "safety"]
        assert sorted(safety) == list(range(1, 41))
        assert sorted(seq for _, cls, seq in hub.order if cls == "telemetry") == list(range(1, 21))

    play(broker, scene)


def test_live_rows_go_before_the_backlog_of_older_boots(broker: Broker, node: Node) -> None:
    node.had_an_older_boot([event(n) for n in range(60)])
    node.outbox.put([telemetry(n) for n in range(40)])

    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub, node.running(broker.port, rate=100):
            await eventually(lambda: (OLD, "safety", 1) in hub.heard)
            await node.put(event(1))
            await node.drained()
            boots = [boot for boot, _, _ in hub.order]
            assert boots[:40] == [BOOT] * 40
            assert hub.order.index((BOOT, "safety", 1)) < hub.order.index((OLD, "safety", 60))
            assert sorted(seq for boot, _, seq in hub.order if boot == OLD) == list(range(1, 61))
            assert node.outbox.boots() == (BOOT,)

    play(broker, scene)


def test_safety_overtakes_a_queue_of_telemetry_larger_than_the_window(broker: Broker, node: Node) -> None:
    node.outbox.put([telemetry(n, readings=5) for n in range(3 * mqtt.WINDOW)])

    async def scene() -> None:
        hub = MiniHub(broker.port, acking=False)
        async with hub.listening(), node.running(broker.port, resend_s=1):
            await eventually(lambda: len(hub.order) >= mqtt.WINDOW)
            assert all(cls == "telemetry" and seq <= mqtt.WINDOW for _, cls, seq in hub.order)
            await node.put(event(1))
            await eventually(lambda: (BOOT, "safety", 1) in hub.heard)
            assert len(hub.order) <= mqtt.WINDOW + 1
            hub.acking = True
            await node.drained()
            assert len(hub.order) == 3 * mqtt.WINDOW + 1

    play(broker, scene)


def test_an_ack_makes_room_for_the_next_rows_without_waiting_to_resend(broker: Broker, node: Node) -> None:
    node.outbox.put([telemetry(n) for n in range(3 * mqtt.WINDOW)])

    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub, node.running(broker.port, resend_s=600):
            await node.drained()
            assert len(hub.order) == 3 * mqtt.WINDOW
            assert set(hub.heard.values()) == {1}

    play(broker, scene)


def test_gap_markers_travel_and_are_acked_like_rows(broker: Broker, node: Node) -> None:
    node.had_an_older_boot([telemetry(n) for n in range(50)], telemetry_budget_bytes=1_000)

    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub, node.running(broker.port):
            await node.drained()
            assert hub.order[0] == (OLD, "telemetry", 1)
            assert len(hub.order) < 50

    play(broker, scene)


def test_presence_names_its_session_and_the_will_speaks_when_the_line_is_cut(
    broker: Broker, node: Node
) -> None:
    async def scene() -> None:
        async with Line(broker.port).laid() as line, MiniHub(broker.port).listening() as hub:
            async with node.running(line.port):
                await eventually(lambda: len(hub.states) == 1)
                line.cut()
                await eventually(lambda: len(hub.states) == 2)
                await eventually(lambda: node.uplink.session == 0)
                line.mend()
                await eventually(lambda: hub.states[-1].status == "online")
            await eventually(lambda: hub.states[-1].status == "offline")
            first, second = hub.states[0].session, hub.states[-1].session
            assert first != second
            told = [(s.status, s.session) for s in hub.states]
            assert told == [("online", first), ("offline", first), ("online", second), ("offline", second)]
            assert {(s.storage, s.boots) for s in hub.states} == {(node.outbox.storage, (BOOT,))}
            # Retained: a hub that starts now is told too.
            await hub.client.unsubscribe(f"{ADDRESS.base}/up/#")
            await hub.client.subscribe(f"{ADDRESS.base}/up/#", qos=1)
            await eventually(lambda: len(hub.states) == 5)
            assert hub.states[-1].status == "offline"

    play(broker, scene)


def test_a_node_that_is_stopped_before_its_first_word_is_answered_says_that_it_leaves(
    broker: Broker, node: Node
) -> None:
    async def scene() -> None:
        async with Line(broker.port).laid() as line, MiniHub(broker.port).listening() as hub:
            line.swallows = b"\x40"  # PUBACK
            async with node.running(line.port):
                await eventually(lambda: hub.states)
                assert node.uplink.session == 0
            await eventually(lambda: hub.states[-1].status == "offline")

    play(broker, scene)


def test_orders_given_during_a_cut_are_never_delivered_later(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        async with (
            Line(broker.port).laid() as line,
            MiniHub(broker.port).listening() as hub,
            node.running(line.port),
        ):
            await node.connected()
            await hub.say("command", command("before"))
            before = await node.next()
            line.cut()
            await eventually(lambda: not node.uplink.connected)
            await hub.say("command", command("during"))
            await hub.say("command", command("during"), qos=1)
            line.mend()
            await node.connected()
            await hub.say("command", command("after"))
            after = await node.next()
            assert [name_of(before), name_of(after)] == ["before", "after"]
            assert before.session < after.session == node.uplink.session
            assert (before.retained, before.kind) == (False, Kind.COMMAND)

    play(broker, scene)


def test_a_retained_order_is_marked_as_such(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub:
            await hub.say("command", command("old"), qos=1, retain=True)
            async with node.running(broker.port):
                assert (await node.next()).retained

    play(broker, scene)


def test_a_policy_that_was_kept_is_heard_and_one_that_cannot_be_read_too(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub:
            await hub.say("policy", b'{"version": 1}', qos=1, retain=True)
            async with node.running(broker.port):
                kept = await node.next()
                await hub.say("policy", b"\xff", qos=1)
                live = await node.next()
        assert (kept.kind, kept.raw, kept.retained) == (Kind.POLICY, b'{"version": 1}', True)
        assert (live.kind, live.raw, live.retained) == (Kind.POLICY, b"\xff", False)

    play(broker, scene)


def test_bad_downs_are_counted_and_the_next_order_comes_through(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        node.outbox.put([event(1)])
        hub = MiniHub(broker.port, acking=False)
        async with hub.listening():
            retained = wire.encode_down(AckBody(boot=BOOT, cls=Class.SAFETY, upto=1))
            await hub.say("ack", retained, qos=1, retain=True)
            async with node.running(broker.port):
                await node.connected()
                await hub.say("ack", b"\xff\x00 not json", qos=1)
                await hub.say("ack", b'{"boot": "x", "class": "safety", "upto": -1}', qos=1)
                await hub.say(
                    "ack", b'{"boot": "%s", "class": "safety", "upto": %d}' % (OLD.encode(), 2**70), qos=1
                )
                await hub.say("command", command("x").replace(b"barrier", b"barrier\\u0000" * 9000), qos=1)
                await hub.say("command", b"{}" + b" " * wire.MAX_BYTES, qos=1)
                await hub.say("query", b'{"id": "q", "query": "nonce", "extra": 1}', qos=1)
                await hub.say("dance", b"{}", qos=1)
                await hub.say("ack/deeper", b"{}", qos=1)
                # What is sent once may overtake what a broker keeps until it is taken.
                await eventually(lambda: node.uplink.counters["bad_down"] == 9)
                await hub.say("command", command("good"))
                for _ in range(2):  # an order that cannot be read is refused by the runner, with a record
                    with pytest.raises(WireError):
                        wire.decode_down(Kind.COMMAND, (await node.next()).raw)
                assert name_of(await node.next()) == "good"
                assert node.uplink.counters["bad_down"] == 9
                assert node.uplink.session == 1
                assert await node.pending() == 1

    play(broker, scene)


def test_a_runner_that_does_not_listen_loses_the_oldest_orders_only(broker: Broker, node: Node) -> None:
    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub, node.running(broker.port):
            await node.connected()
            for number in range(mqtt.INBOUND_LIMIT + 6):
                await hub.say("command", command(f"c{number}"), qos=1)
            await eventually(lambda: node.uplink.counters["inbound_dropped"] == 6)
            assert name_of(await node.next()) == "c6"

    play(broker, scene)


def test_the_largest_pictures_arrive_whole(broker: Broker, node: Node) -> None:
    node.outbox.put([clip(300_000) for _ in range(4)])

    async def scene() -> None:
        async with MiniHub(broker.port).listening() as hub, node.running(broker.port):
            await node.drained()
            assert [seq for _, _, seq in hub.order] == [1, 2, 3, 4]

    play(broker, scene)
