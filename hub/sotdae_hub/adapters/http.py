"""The hub's HTTP server: /api/v1, and the console at /."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from sotdae_hub.adapters.api import facilities, incidents, live, policies
from sotdae_hub.adapters.api.access import Gatekeeper
from sotdae_hub.desk import Desk
from sotdae_hub.fanout import Fanout
from sotdae_hub.forgetting import StillHeardError, UnknownNodeError
from sotdae_hub.orders import Orders, SilentError, UnheardError, UnreadableError, UnreleasedError
from sotdae_hub.policies import Policies, PolicyConflictError, UnknownPolicyError, UntrustedPolicyError
from sotdae_hub.views import Health
from sotdae_shared import korean
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.korean.words import WORDS

_STATUS: dict[type[Exception], int] = {
    LinkError: 503,
    PolicyConflictError: 409,
    SilentError: 504,
    UnheardError: 409,
    UnknownNodeError: 404,
    StillHeardError: 409,
    UnknownPolicyError: 404,
    UnreadableError: 502,
    UnreleasedError: 409,
    UntrustedPolicyError: 422,
}
CONSOLE = Path(__file__).parents[1] / "console"


def hub_version() -> str:
    """Return the installed version."""
    try:
        return version("sotdae")
    except PackageNotFoundError:
        return "0"


def create_app(
    *,
    desk: Desk,
    orders: Orders,
    rules: Policies,
    fanout: Fanout,
    gate: Gatekeeper,
    health: Callable[[], Health],
    wall: Callable[[], datetime],
) -> FastAPI:
    """Put the API together."""
    app = FastAPI(
        title="Sotdae hub",
        version=hub_version(),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page runs another server's script, as whoever looks
        redoc_url=None,
    )
    if gate.open_loopback:  # whoever asks is the operator, so a foreign page must not ask through a browser
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    api = APIRouter(prefix="/api/v1")
    api.include_router(facilities.routes(desk, orders, gate, wall))
    api.include_router(incidents.routes(desk, gate))
    api.include_router(policies.routes(rules, gate))
    api.include_router(live.routes(health, fanout, gate))
    app.include_router(api)
    for error, status in _STATUS.items():
        app.add_exception_handler(error, _answer(status))
    app.add_exception_handler(RequestValidationError, _not_understood)
    if (CONSOLE / "index.html").exists():
        app.get("/said-ko.js", include_in_schema=False)(said_in_korean)
        app.mount("/", StaticFiles(directory=CONSOLE, html=True), name="console")
    return app


def said_in_korean() -> Response:
    """Return the Korean of what parts say, as a module of the console: the table stands once, in `shared`."""
    entries = [each._asdict() for each in korean.ENTRIES]
    bounds = {"most": korean.MOST, "deepest": korean.DEEPEST}
    parts = {"bounds": bounds, "entries": entries, "words": WORDS}
    lines = (f"export const {name} = {json.dumps(part, ensure_ascii=False)};" for name, part in parts.items())
    return Response("\n".join(lines), media_type="text/javascript")


def _answer(status: int) -> Callable[[Request, Exception], JSONResponse]:
    def answer(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status)

    return answer


async def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong without repeating what came: NaN, half characters and octets are no JSON."""
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": [_problem(each) for each in problems]}, 422)


def _problem(detail: dict[str, Any]) -> dict[str, Any]:
    place = [part if isinstance(part, int) else _shown(str(part)) for part in detail["loc"]]
    return {"type": detail["type"], "loc": place, "msg": _shown(detail["msg"])}


def _shown(text: str) -> str:
    return text.encode(errors="replace").decode()[:200]


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else starts.

    Raises:
        ConfigError: if the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
    except OSError as error:
        server.close()
        raise ConfigError("http", [f"http.port: {host}:{port} cannot be had: {error}"]) from error
    return server


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the runner has its own."""

    def __init__(self, app: FastAPI) -> None:
        """Serve an app; watchers that do not leave are cut after a second."""
        self.answering = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1, access_log=False
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self.answering.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
