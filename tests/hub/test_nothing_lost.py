"""A real hub on a real broker: every message that was sent is in exactly one row, whatever is killed."""

import asyncio
import random
from pathlib import Path

from hub_kit import HOMES, HubProcess, Message, Pen, Sender
from need import until

from sotdae_provisioning.broker import NatsBroker
from sotdae_shared.messages import Class, Kind


def _keys(messages: list[Message]) -> set[tuple[str, str, str, int]]:
    return {message[2] for message in messages}


def _projected(hub: HubProcess) -> bool:
    health = hub.get("/health").json()
    return all(store["lag"] == 0 for store in health["stores"])


def test_delivers_each_message_once_and_counts_it(broker: NatsBroker, hub: HubProcess) -> None:
    messages = Pen().mix(60)
    asyncio.run(Sender(broker.port).deliver(messages))
    until(lambda: _projected(hub))
    hub.stop()
    account = hub.account()
    assert (account["stored"], account["distinct"], account["duplicated"]) == (
        len(messages),
        len(messages),
        0,
    )
    assert account["dropped"] == account["quarantined"] == 0


def test_sending_again_stores_nothing_twice_and_is_acked_again(broker: NatsBroker, hub: HubProcess) -> None:
    messages = Pen().mix(20)
    asyncio.run(Sender(broker.port).deliver(messages))
    asyncio.run(Sender(broker.port).deliver(messages))
    until(lambda: hub.get("/health").json()["duplicates"] >= len(messages))
    until(lambda: _projected(hub))
    hub.stop()
    assert hub.account()["stored"] == len(messages)


def test_kill_at_random_times_loses_and_doubles_nothing(broker: NatsBroker, hub: HubProcess) -> None:
    rng = random.Random(7)
    gate, homes = Pen(), Pen(HOMES, "00000000000000bb")
    gate_messages, home_messages = gate.mix(800), homes.mix(400)

    async def scene() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(Sender(broker.port).deliver(gate_messages))
            group.create_task(Sender(broker.port, HOMES).deliver(home_messages))
            for _ in range(3):
                await asyncio.sleep(rng.uniform(0.1, 0.8))
                hub.kill()
                await asyncio.to_thread(hub.start)

    asyncio.run(scene())
    until(lambda: _projected(hub))
    hub.stop()
    account = hub.account()
    sent = len(_keys(gate_messages) | _keys(home_messages))
    assert (account["distinct"], account["duplicated"]) == (sent, 0)


def test_a_hub_that_loses_is_noticed(broker: NatsBroker, tmp_path: Path) -> None:
    hub = HubProcess(tmp_path / "lossy", broker.port, "--fault", "drop-after-ack=0.3")
    hub.start()
    messages = Pen().mix(40)
    asyncio.run(Sender(broker.port).deliver(messages))
    until(lambda: _projected(hub))
    hub.stop()
    assert hub.account()["distinct"] < len(messages)


def test_gaps_count_as_dropped_and_unreadable_bodies_as_quarantined(
    broker: NatsBroker, hub: HubProcess
) -> None:
    pen = Pen()
    messages = [pen.readings(), pen.gap(10), pen.readings()]
    topic, raw, key = pen.event()
    messages.append((topic, raw.replace(b'"priority":3', b'"priority":99'), key))
    asyncio.run(Sender(broker.port).deliver(messages))
    until(lambda: _projected(hub))
    completeness = hub.get(f"/facilities/{pen.address.facility}/state").json()["completeness"]
    assert completeness == {"stored": 2, "dropped": 10, "missing": 0, "tail_unknown": False}
    assert hub.get("/health").json()["quarantined"] == 1
    hub.stop()
    account = hub.account()
    sums = {name: account[name] for name in ("stored", "distinct", "dropped", "quarantined")}
    assert sums == {"stored": 2, "distinct": 2, "dropped": 10, "quarantined": 1}


def test_noise_is_counted_and_the_hub_lives(broker: NatsBroker, hub: HubProcess) -> None:
    pen = Pen()
    good = pen.event()
    until(lambda: hub.get("/health").json()["broker"] == "connected")  # noise is not sent again

    async def scene() -> None:
        sender = Sender(broker.port)
        async with sender.connect() as client:
            for topic, payload in (
                (pen.address.up(Kind.EVENT), b""),
                (pen.address.up(Kind.EVENT), b"\x00\xff" * 100),
                (pen.address.up(Kind.EVENT), b"[" * 100_000),
                (pen.address.up(Kind.EVENT), bytes(550_000)),
                (pen.address.up(Kind.EVENT).replace("gate-7", "gate-8"), good[1]),
                ("sotdae/v1/41113/nowhere/gate-7/up/event", good[1]),
                (pen.address.state, b"{}"),
            ):
                await client.publish(topic, payload, qos=1)
        await sender.deliver([good])

    asyncio.run(scene())
    until(lambda: hub.get("/health").json()["rejected"] == 7)
    until(lambda: _projected(hub))
    hub.stop()
    assert hub.account()["stored"] == 1


def test_a_new_node_is_asked_who_it_is_until_it_says(broker: NatsBroker, hub: HubProcess) -> None:
    pen, sender = Pen(), Sender(broker.port)
    until(lambda: hub.get("/health").json()["broker"] == "connected")

    async def scene() -> None:
        async with sender.connect() as client:
            await client.subscribe(pen.address.all_down, qos=1)
            listening = asyncio.create_task(sender.listen(client))
            topic, raw, _ = pen.health()
            await client.publish(topic, raw, qos=1)
            async with asyncio.timeout(10):
                await sender.asked.wait()
                await sender.heard.wait()
            listening.cancel()
        await sender.deliver(
            [pen.birth(name="고색지하차도", lat=37.25, lon=126.98, thresholds={"close_cm": 15})]
        )

    asyncio.run(scene())
    assert sender.queries[0]["query"] == "birth"
    until(lambda: _projected(hub))
    state = hub.get(f"/facilities/{pen.address.facility}/state").json()
    assert (state["facility"]["name"], state["thresholds"]["close_cm"]) == ("고색지하차도", 15)
    assert state["facility"]["link"]["status"] == "online"


def test_acks_name_only_what_is_durable(broker: NatsBroker, hub: HubProcess) -> None:
    pen = Pen()
    first, _lost, third = pen.event(), pen.event(), pen.event()
    sender = Sender(broker.port)
    asyncio.run(sender.deliver([first, third]))
    assert all(ack.cls is Class.SAFETY and ack.upto == 1 for ack in sender.acks[-1:])
    assert sender.acks[-1].ranges in ((), ((3, 3),))
    state = hub.get(f"/facilities/{pen.address.facility}/state").json()
    assert state["completeness"]["missing"] == 1
