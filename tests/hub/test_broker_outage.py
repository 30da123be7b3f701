"""The broker dies and returns: the hub finds it again, and what was waiting arrives."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hub_kit import HubProcess, Pen, Sender
from need import require_binary, until

from sotdae_provisioning.broker import Broker, MosquittoBroker, NatsBroker


@contextmanager
def running(broker: Broker) -> Iterator[Broker]:
    broker.start()
    asyncio.run(broker.wait_ready())
    try:
        yield broker
    finally:
        broker.stop()


@pytest.mark.parametrize("kind", ["nats", "mosquitto"])
def test_delivers_everything_over_a_broker_that_was_killed(kind: str, tmp_path: Path) -> None:
    if kind == "mosquitto":
        require_binary("mosquitto")
    made = NatsBroker(tmp_path / "b") if kind == "nats" else MosquittoBroker(tmp_path / "b")
    with running(made) as broker:
        hub = HubProcess(tmp_path / "hub", broker.port)
        hub.start()
        pen = Pen()
        before, after = pen.mix(20), pen.mix(20)
        asyncio.run(Sender(broker.port).deliver(before))
        broker.kill()
        until(lambda: hub.get("/health").json()["broker"] == "disconnected")
        assert hub.get("/health").json()["status"] == "degraded"
        broker.start()
        asyncio.run(broker.wait_ready())
        asyncio.run(Sender(broker.port).deliver([*before[-5:], *after]))
        until(lambda: all(store["lag"] == 0 for store in hub.get("/health").json()["stores"]))
        hub.stop()
        account = hub.account()
        assert (account["stored"], account["duplicated"]) == (len(before) + len(after), 0)


def test_a_hub_starts_without_a_broker_and_says_so(tmp_path: Path) -> None:
    broker = NatsBroker(tmp_path / "b")
    hub = HubProcess(tmp_path / "hub", broker.port)
    hub.start()
    assert hub.get("/health").json()["broker"] == "disconnected"
    with running(broker):
        asyncio.run(Sender(broker.port).deliver([Pen().event()]))
        assert hub.get("/health").json()["broker"] == "connected"
        hub.stop()


def test_a_second_hub_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path / "hub", 1)
    hub.start()
    second = HubProcess(tmp_path / "hub", 1)
    with pytest.raises(AssertionError, match="did not start"):
        second.start()
    hub.stop()
    assert "metrics" in hub.log.read_text()
    assert second.process is not None
    assert second.process.wait(10) == 1
    assert second.process.stdout is not None
    second.process.stdout.close()
