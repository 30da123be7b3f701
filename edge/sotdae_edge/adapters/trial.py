"""A trial of the line to the broker: round trips, and what the broker lets this node hear."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import aiomqtt

from sotdae_edge.broker import connected
from sotdae_edge.stopping import unless_stopped
from sotdae_shared.errors import LinkError
from sotdae_shared.topics import Address

REFUSED = 128
"""SUBACK: the broker does not let this node listen (MQTT 3.1.1, 3.9.3)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came in while the node asked for everything."""

    granted: bool
    """Whether the broker said yes; some say yes and then pass on nothing."""
    strangers: int
    """Messages of other nodes that came: a hole in the broker's rights."""


async def round_trips(
    host: str, port: int, address: Address, tls: ssl.SSLContext | None, count: int
) -> list[float]:
    """Return the seconds of `count` round trips. LinkError if the broker cannot be had.

    Each is a SUBSCRIBE to the node's own orders and its answer: it reaches the broker and nobody else.
    """
    loop, took_s = asyncio.get_running_loop(), []
    with _said(host, port):
        async with connected(host, port, address.node, clean_session=True, tls_context=tls) as client:
            for _ in range(count):
                began = loop.time()
                granted = await unless_stopped(client.subscribe(address.all_down, qos=1))
                took_s.append(loop.time() - began)
                if not _granted(granted):
                    raise LinkError(f"the broker does not let {address.node} listen on {address.all_down}")
    return took_s


async def eavesdrop(
    host: str, port: int, address: Address, tls: ssl.SSLContext | None, seconds: float
) -> Heard:
    """Ask for everything, listen for some seconds, and count what is not this node's. LinkError: no broker.

    What arrives counts, not what is said: brokers grant subscriptions that they never serve.
    """
    strangers = 0
    with _said(host, port):
        async with connected(host, port, address.node, clean_session=True, tls_context=tls) as client:
            try:
                granted = _granted(await unless_stopped(client.subscribe("#", qos=0)))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        async for message in client.messages:
                            strangers += not message.topic.value.startswith(address.base + "/")
            except aiomqtt.MqttError:
                return Heard(False, strangers)  # who asks for too much is cut off: that is a no
    return Heard(granted, strangers)


def _granted(codes: object) -> bool:
    listed = codes if isinstance(codes, tuple | list) else ()
    return bool(listed) and all((c if isinstance(c, int) else c.value) < REFUSED for c in listed)


@contextlib.contextmanager
def _said(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        raise LinkError(f"broker {host} port {port}: {error}") from error
