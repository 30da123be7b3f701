"""A hub that answers from a World, with the shapes of sotdae_hub.views: what the console is tested against.

By hand: ``PYTHONPATH=tests python -m browser.fixture_hub 8123`` and open http://127.0.0.1:8123/.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files

import uvicorn
from browser.fixture_world import World
from fastapi import FastAPI, HTTPException
from fastapi.responses import Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

from sotdae_hub.adapters.clock import wall
from sotdae_hub.adapters.http import said_in_korean
from sotdae_hub.orders import Sent
from sotdae_hub.views import Nonce
from sotdae_shared.messages import CommandBody

Changes = asyncio.Queue[str]


class FixtureHub:
    """A World behind HTTP, running in a thread of its own so that a test can change it meanwhile."""

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        self.listeners: set[Changes] = set()
        self.server = uvicorn.Server(
            uvicorn.Config(
                self.app(),
                host="127.0.0.1",
                port=port,
                log_level="warning",
                timeout_graceful_shutdown=1,
                lifespan="off",
                date_header=False,  # a test that moves the page's clock is not set right by the hub
            )
        )
        self.loop = asyncio.new_event_loop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def publish(self, event: str, model: BaseModel) -> None:
        """Take a change into the world and send it to every console that listens, as the hub does."""
        self.world.take(model)
        chunk = f"event: {event}\ndata: {model.model_dump_json()}\n\n"
        for queue in tuple(self.listeners):
            self.loop.call_soon_threadsafe(queue.put_nowait, chunk)

    def app(self) -> FastAPI:
        app = FastAPI()
        world = self.world
        api = "/api/v1"

        def known(ident: str) -> str:
            if ident not in world.states:
                raise HTTPException(404, f"no facility {ident}")
            return ident

        app.get(f"{api}/facilities")(lambda: [state.facility for state in world.states.values()])
        app.get(f"{api}/facilities/{{ident}}/state")(lambda ident: world.states[known(ident)])
        app.get(f"{api}/facilities/{{ident}}/decisions")(lambda ident: world.decisions.get(known(ident), []))
        app.get(f"{api}/facilities/{{ident}}/events")(lambda ident: world.events.get(known(ident), []))
        app.get(f"{api}/incidents")(lambda: world.incidents)
        app.get(f"{api}/health")(world.health)
        app.get(f"{api}/policies/status")(lambda: world.policies)

        @app.get(f"{api}/facilities/{{ident}}/series")
        def series(ident: str, channel: str, seconds: int = 600, points: int = 300) -> object:
            return world.series(known(ident), channel, seconds, points)

        @app.get(f"{api}/facilities/{{ident}}/picture")
        def picture(ident: str) -> Response:
            if known(ident) not in world.pictures:
                raise HTTPException(404, "no picture")
            return Response(world.pictures[ident], media_type="image/jpeg")

        @app.post(f"{api}/facilities/{{ident}}/nonce")
        def nonce(ident: str) -> Nonce:
            if known(ident) not in world.nonces:
                raise HTTPException(504, f"{ident} did not answer within 5 s: ask again")
            return world.nonces[ident]

        @app.post(f"{api}/facilities/{{ident}}/commands", status_code=202)
        def command(ident: str, command: CommandBody) -> Sent:
            world.commands.append(command)
            return Sent(id=command.id, node=known(ident))

        @app.get(f"{api}/stream")
        async def stream() -> StreamingResponse:
            return StreamingResponse(self.changes(), media_type="text/event-stream")

        app.get("/said-ko.js")(said_in_korean)
        app.mount("/", StaticFiles(directory=str(files("sotdae_hub") / "console"), html=True))
        return app

    async def changes(self) -> AsyncIterator[str]:
        queue: Changes = asyncio.Queue()
        self.listeners.add(queue)
        try:
            yield ": connected\n\n"
            while True:
                yield await queue.get()
        finally:
            self.listeners.discard(queue)

    def run(self) -> None:
        """Serve until `server.should_exit`."""
        asyncio.set_event_loop(self.loop)
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.server.serve())
        self.loop.close()


@contextmanager
def serving(port: int = 0) -> Iterator[FixtureHub]:
    """Serve a fresh World on a free port (or the given one) for the length of the block."""
    hub = FixtureHub(World(wall()), port)
    thread = threading.Thread(target=hub.run)
    thread.start()
    while not hub.server.started and thread.is_alive():
        thread.join(0.02)
    try:
        yield hub
    finally:
        hub.server.should_exit = True
        hub.server.force_exit = True
        thread.join()


if __name__ == "__main__":
    FixtureHub(World(wall()), int(sys.argv[1])).run()
