"""The hub's own health, and live updates."""

from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from sotdae_hub.adapters.api.access import Gatekeeper, problems
from sotdae_hub.fanout import Fanout
from sotdae_hub.views import Health

BEAT_S = 10.0
"""A comment this often keeps a quiet stream from looking dead."""


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


def routes(health: Callable[[], Health], fanout: Fanout, gate: Gatekeeper) -> APIRouter:
    """Return /health and /stream."""
    operator = [Depends(gate.operator())]
    router = APIRouter(tags=["hub"], responses=problems(401, 403))

    @router.get("/health", operation_id="get_health", dependencies=operator)
    def get_health() -> Health:
        """How the hub itself does."""
        return health()

    @router.get(
        "/stream",
        operation_id="stream",
        dependencies=operator,
        response_class=EventStream,
        responses={
            200: {"description": "Events `state`, `decision`, `event`, `incident`, `health`, `resync`."}
        },
    )
    async def stream() -> EventStream:
        """Live updates. Each event's data has the shape of its noun; on `resync` ask everything afresh."""
        return EventStream(_lines(fanout), headers={"Cache-Control": "no-store"})

    return router


async def _lines(fanout: Fanout) -> AsyncIterator[str]:
    yield ": connected\n\n"
    async for update in fanout.watch(BEAT_S):
        yield f"event: {update.name}\ndata: {update.json}\n\n" if update else ": beat\n\n"
