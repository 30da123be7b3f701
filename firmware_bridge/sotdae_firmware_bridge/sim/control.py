"""The simulator's own door: one JSON object a line, one answer a line. Not part of the site."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sotdae_firmware_bridge.sim.simulator import Simulator, VehicleAction
from sotdae_firmware_bridge.sim.water import HOMES
from sotdae_shared.errors import LinkError, WireError

MAX_LINE = 256 * 1024
"""Longest request, in bytes: a series of some thousand points."""
MAX_POINTS = 5_000
TIMEOUT_S = 2.0

DepthCm = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]
RateCmMin = Annotated[float, Field(ge=-1_000, le=1_000, allow_inf_nan=False)]
StageCm = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
SeriesS = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Word = Annotated[str, Field(max_length=32)]


class _Op(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Plain(_Op):
    op: Literal["state", "view", "restore", "release"]


class _Rain(_Op):
    op: Literal["rain"]
    mm_h: Annotated[float, Field(ge=0, le=500, allow_inf_nan=False)]


class _Inflow(_Op):
    op: Literal["inflow"]
    cm_min: RateCmMin


class _Depth(_Op):
    op: Literal["depth"]
    cm: DepthCm


class _River(_Op):
    op: Literal["river"]
    cm: StageCm | None = None
    cm_min: RateCmMin = 0.0


class _Series(_Op):
    op: Literal["series"]
    points: Annotated[list[tuple[SeriesS, DepthCm]], Field(min_length=1, max_length=MAX_POINTS)]


class _Vehicle(_Op):
    op: Literal["vehicle"]
    action: VehicleAction
    ignore: bool = False


class _Fault(_Op):
    op: Literal["fault"]
    device: Word
    kind: Word
    on: bool = True


class _Home(_Op):
    op: Literal["home"]
    n: Annotated[int, Field(ge=1, le=HOMES)]
    depth_cm: DepthCm


class _Key(_Op):
    op: Literal["key"]
    on: bool


_Request = Annotated[
    _Plain | _Rain | _Inflow | _Depth | _River | _Series | _Vehicle | _Fault | _Home | _Key,
    Field(discriminator="op"),
]
_REQUEST: TypeAdapter[_Op] = TypeAdapter(_Request)


def apply(simulator: Simulator, line: bytes) -> dict[str, Any]:
    """Do what a line asks; return the answer's fields.

    Raises:
        WireError: if the line is no request, or asks for what is not possible.
    """
    try:
        request = _REQUEST.validate_json(line)
        fields = request.model_dump()
        result = getattr(simulator, fields.pop("op"))(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise WireError(f"{place}: {first['msg']}") from error
    except ValueError as error:
        raise WireError(str(error)) from error
    if result is None:
        return {}
    return result if isinstance(result, dict) else asdict(result)


def answer(simulator: Simulator, line: bytes) -> bytes:
    """Answer line to any line."""
    try:
        fields = {"ok": True, **apply(simulator, line)}
    except WireError as error:
        fields = {"ok": False, "error": str(error)}
    return json.dumps(fields).encode() + b"\n"


class ControlServer:
    """Serves the control door on loopback."""

    def __init__(self, simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> None:
        """Prepare; a port of 0 becomes a free one."""
        self._simulator = simulator
        self._host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.bad_lines = 0

    async def start(self) -> None:
        """Listen. Raises LinkError if the port is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self.port, limit=MAX_LINE)
        except OSError as error:
            raise LinkError(f"control port {self._host}:{self.port}: {error}") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._server is None:
            return
        self._server.close()
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()  # who does not read would hold up the end
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while line := await self._line(reader):
                reply = answer(self._simulator, line)
                self.bad_lines += reply.startswith(b'{"ok": false')
                writer.write(reply)
                await writer.drain()
        except ConnectionError:
            pass  # the peer has gone; nothing is owed
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        """Next line; a line past the limit ends the connection, for its end cannot be known."""
        try:
            return await reader.readline()
        except ValueError:
            self.bad_lines += 1
            return b""


class SimControl:
    """Client of the control door; connects when first used."""

    def __init__(self, host: str, port: int) -> None:
        """Prepare; nothing is sent yet."""
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def call(self, op: str, **args: Any) -> dict[str, Any]:
        """Ask for one operation and return its answer.

        Raises:
            LinkError: if the simulator does not answer in time.
            WireError: if it refuses, with its reason.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    line = await self._exchange(json.dumps({"op": op, **args}).encode() + b"\n")
            except (OSError, TimeoutError, ValueError) as error:
                self._drop()
                raise LinkError(f"simulator at {self._host}:{self._port}: {error}") from error
            except BaseException:
                self._drop()
                raise
        reply: dict[str, Any] = json.loads(line)
        if not reply.pop("ok"):
            raise WireError(reply["error"])
        return reply

    async def close(self) -> None:
        """Drop the connection."""
        self._drop()

    async def _exchange(self, request: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=MAX_LINE)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the connection was closed")
        return line

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
