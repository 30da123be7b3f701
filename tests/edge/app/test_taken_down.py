"""A kept policy that is taken off the board: the gate hears an empty message, and nothing comes of it."""

import asyncio
from collections.abc import AsyncIterator

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.app.ears import Ears
from sotdae_edge.core.events import BadPolicy, Event
from sotdae_edge.ports import Inbound
from sotdae_shared.messages import Kind


class Line:
    """A connection over which these bytes come."""

    session, acks = 1, 0

    def __init__(self, *raw: bytes) -> None:
        self.raw = raw

    def wake(self) -> None:
        """Nothing goes up here."""

    async def inbound(self) -> AsyncIterator[Inbound]:
        for each in self.raw:
            yield Inbound(Kind.POLICY, each, False, 1)


def test_an_empty_message_is_no_malformed_policy() -> None:
    async def story() -> list[Event]:
        queue: asyncio.Queue[tuple[Event, float]] = asyncio.Queue()
        await Ears(queue, SystemClock(), lambda _: None).listen(Line(b"", b" "))
        return [queue.get_nowait()[0] for _ in range(queue.qsize())]

    events = asyncio.run(story())
    assert [type(event) for event in events if isinstance(event, BadPolicy)] == [BadPolicy]
