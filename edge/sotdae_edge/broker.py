"""A line to an MQTT broker: opened and left cleanly, and opened again for as long as it is wanted."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiomqtt

from sotdae_edge.stopping import unless_stopped
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import LinkError

TIMEOUT_S = 5.0
"""Longest wait for one answer of the broker; also how a refused client certificate shows."""
KEEPALIVE_S = 15
LEAVE_S = 2.0
"""Longest wait for the broker when leaving."""

_library_log = logging.getLogger(__name__).getChild("library")
_library_log.setLevel(logging.ERROR)  # its warnings repeat what its users count


async def stay(
    connection: Callable[[], Awaitable[None]], backoff: Backoff, failed: Callable[[BaseException], None]
) -> None:
    """Connect until cancelled; `failed` is told why each connection ended."""
    while True:
        try:
            await unless_stopped(connection())
        # ValueError: a host name that cannot be one, from the configuration.
        except* (aiomqtt.MqttError, LinkError, OSError, ValueError) as group:
            failed(_leaf(group))
        await asyncio.sleep(backoff.wait_s())


@contextlib.asynccontextmanager
async def connected(host: str, port: int, identity: str, **settings: Any) -> AsyncIterator[aiomqtt.Client]:
    """Connect with MQTT 3.1.1 and leave at the end; `settings` go to the library's client."""
    client = aiomqtt.Client(
        host, port, identifier=identity, protocol=aiomqtt.ProtocolVersion.V311, timeout=TIMEOUT_S,
        keepalive=KEEPALIVE_S, logger=_library_log, **settings,
    )  # fmt: skip
    # Connecting goes on in a thread of the library: a cancellation must wait for it, or a socket leaks.
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
        yield client
    finally:
        await asyncio.wait([entering])
        client.timeout = LEAVE_S
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


def _leaf(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
