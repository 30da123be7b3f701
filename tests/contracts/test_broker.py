"""What Sotdae asks of any broker, on real ones."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
from need import require_binary, until

from sotdae_provisioning.broker import Broker, MosquittoBroker, NatsBroker
from sotdae_shared.errors import LinkError
from sotdae_shared.wire import MAX_BYTES

KINDS: dict[str, type[Broker]] = {"nats": NatsBroker, "mosquitto": MosquittoBroker}


@pytest.fixture(params=list(KINDS))
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "mosquitto":
        require_binary("mosquitto")
    broker = KINDS[request.param](tmp_path / "state", sync=True)
    broker.start()
    asyncio.run(broker.wait_ready())
    yield broker
    broker.stop()
    assert not broker.alive


def _client(
    broker: Broker, name: str, *, clean: bool = True, will: aiomqtt.Will | None = None
) -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1", broker.port, identifier=name, clean_session=clean, will=will, timeout=5
    )


async def _next(client: aiomqtt.Client, timeout_s: float = 5.0) -> aiomqtt.Message:
    async with asyncio.timeout(timeout_s):
        return await anext(aiter(client.messages))


def test_delivers_the_largest_message_whole(broker: Broker) -> None:
    async def scene() -> None:
        async with _client(broker, "hear") as hear, _client(broker, "say") as say:
            await hear.subscribe("sotdae/#", qos=1)
            payload = bytes(range(256)) * (MAX_BYTES // 256)
            await say.publish("sotdae/x", payload, qos=1)
            assert (await _next(hear)).payload == payload

    asyncio.run(scene())


def test_retained_state_greets_a_newcomer_and_says_that_it_is_old(broker: Broker) -> None:
    async def scene() -> None:
        async with _client(broker, "say") as say:
            await say.publish("sotdae/state", b"online", qos=1, retain=True)
        async with _client(broker, "hear") as hear:
            await hear.subscribe("sotdae/#", qos=1)
            message = await _next(hear)
            assert (message.payload, message.retain) == (b"online", True)

    asyncio.run(scene())


def test_the_will_speaks_for_a_client_that_vanished(broker: Broker) -> None:
    async def scene() -> None:
        async with _client(broker, "hear") as hear:
            await hear.subscribe("sotdae/#", qos=1)
            will = aiomqtt.Will("sotdae/state", b"offline", qos=1)
            async with _client(broker, "say", will=will) as say:
                say._client.socket().close()  # the line is cut, nobody says goodbye
                assert (await _next(hear)).payload == b"offline"
                say._disconnected.cancel()

    asyncio.run(scene())


def test_a_clean_session_gets_nothing_that_was_said_while_it_was_away(broker: Broker) -> None:
    async def scene() -> None:
        async with _client(broker, "gate") as gate:
            await gate.subscribe("sotdae/down", qos=1)
        async with _client(broker, "hub") as hub:
            await hub.publish("sotdae/down", b"open!", qos=0)
            async with _client(broker, "gate") as gate:
                await gate.subscribe("sotdae/down", qos=1)
                await hub.publish("sotdae/down", b"now", qos=0)
                assert (await _next(gate)).payload == b"now"

    asyncio.run(scene())


def test_retained_state_survives_kill_and_restart(broker: Broker) -> None:
    async def say() -> None:
        async with _client(broker, "say") as client:
            await client.publish("sotdae/state", b"online", qos=1, retain=True)

    async def hear() -> None:
        await broker.wait_ready()
        async with _client(broker, "hear") as client:
            await client.subscribe("sotdae/#", qos=1)
            assert (await _next(client)).payload == b"online"

    asyncio.run(say())
    if isinstance(broker, MosquittoBroker):  # it saves after its answer
        saved = broker.state / "mosquitto.db"
        until(lambda: saved.exists() and b"sotdae/state" in saved.read_bytes())
    broker.kill()
    assert not broker.alive
    broker.start()
    asyncio.run(hear())


def test_a_broker_that_cannot_start_says_why(broker: Broker, tmp_path: Path) -> None:
    second = type(broker)(tmp_path / "second", broker.port)
    second.start()
    try:
        until(lambda: not second.alive)
        with pytest.raises(LinkError, match=r"(?i)address already in use|is not ready"):
            asyncio.run(second.wait_ready())
    finally:
        second.stop()


def test_its_port_is_given_to_nobody_else_while_it_does_not_run(broker: Broker, tmp_path: Path) -> None:
    broker.stop()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", broker.port))
    broker.start()
    asyncio.run(broker.wait_ready())
    gone = type(broker)(tmp_path / "gone")
    port = gone.port
    del gone
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
