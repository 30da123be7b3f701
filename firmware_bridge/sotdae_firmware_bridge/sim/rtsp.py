"""The simulator's camera on the network: an RTSP server that codes only while somebody looks."""

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from sotdae_firmware_bridge.sim import rtsp_wire as wire
from sotdae_firmware_bridge.sim.film import Film, Shot, drawn, of_clip
from sotdae_firmware_bridge.sim.view import SceneView
from sotdae_shared.errors import WireError

Result = TypeVar("Result")
_log = logging.getLogger(__name__)

MAX_CLIENTS = 32
_IDLE_S = 60.0
"""A connection that neither asks nor plays for so long is closed."""
_BACKLOG_BYTES = 1024 * 1024
"""Two seconds of picture; a player further behind waits for the next key picture."""
_LATE_S = 1.0
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
_PATHS = ("/scene", "/scene/track0", "/scene/", "*")


class _Player:
    """One connection and what it has asked for."""

    def __init__(self, number: int, writer: asyncio.StreamWriter) -> None:
        self.session, self.writer = f"{number:08x}", writer
        self.channel: int | None = None
        self.playing = self.started = False
        self._seq, self._ssrc = 0, number

    @property
    def behind(self) -> bool:
        """Whether so much waits for this player that it is sent no more."""
        return self.writer.transport.get_write_buffer_size() > _BACKLOG_BYTES

    def send(self, shot: Shot, payloads: list[tuple[bytes, bool]]) -> None:
        self.started = not self.behind and (self.started or shot.key)
        if not self.started or self.channel is None or self.writer.is_closing():
            return
        timestamp = round(shot.at_s * wire.CLOCK_HZ)
        for payload, last in payloads:
            self._seq += 1
            self.writer.write(
                wire.rtp(
                    payload, last, seq=self._seq, timestamp=timestamp, ssrc=self._ssrc, channel=self.channel
                )
            )


class CameraServer:
    """Serves the drawn scene, or a clip in its place, at ``rtsp://host:port/scene`` over TCP."""

    def __init__(
        self, view: Callable[[], SceneView], host: str = "127.0.0.1", port: int = 0, clip: Path | None = None
    ) -> None:
        """Show what `view` tells at each picture; port 0 takes a free one."""
        self._view, self._host, self._port, self._clip = view, host, port, clip
        self._film: Film | None = None
        self._film_lock = threading.Lock()
        self._players: set[_Player] = set()
        self._numbers = itertools.count(1)
        self._looked_at = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.bad_requests = 0
        self.shots = 0
        """Pictures coded since the start; stands still while nobody looks."""

    @property
    def url(self) -> str:
        """Where to look; valid after `start`."""
        return f"rtsp://{self._host}:{self._port}/scene"

    async def start(self) -> None:
        """Listen. Raises OSError if the port is taken, ConfigError if the clip cannot be read."""
        if self._clip is not None:
            await self._open_film()
        self._server = await asyncio.start_server(
            self._accept, self._host, self._port, limit=wire.MAX_HEAD_BYTES
        )
        self._port = self._server.sockets[0].getsockname()[1]
        self._keep(asyncio.create_task(self._run(), name="camera-film"))

    async def stop(self) -> None:
        """Close every connection and free the film."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._close_film)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_film(self) -> bytes:
        """Return the film's parameter sets; makes the film if there is none."""
        return await asyncio.to_thread(lambda: self._with_film(lambda film: film.parameter_sets))

    def _with_film(self, use: Callable[[Film], Result]) -> Result:
        # A thread outlives the cancelled task that waits for it, so only the lock keeps two from meeting.
        with self._film_lock:
            if self._film is None:
                self._film = drawn(self._view) if self._clip is None else of_clip(self._clip)
            return use(self._film)

    def _close_film(self) -> None:
        with self._film_lock:
            if self._film is not None:
                self._film.close()
            self._film = None

    async def _run(self) -> None:
        """Show the film while somebody plays; a film that breaks ends the players, not the server."""
        while True:
            self._looked_at.clear()
            await self._looked_at.wait()
            try:
                await self._show()
            except Exception:  # noqa: BLE001 - the top of a task that must outlive one film
                _log.exception("the camera's film broke")
                await asyncio.to_thread(self._close_film)
                for player in self._players:
                    player.writer.close()

    async def _show(self) -> None:
        """Code and send at the film's own pace until nobody plays."""
        loop, zero_s = asyncio.get_running_loop(), None
        while playing := [player for player in self._players if player.playing]:
            want_key = not all(player.started or player.behind for player in playing)
            shot = await asyncio.to_thread(self._with_film, methodcaller("shoot", want_key))
            self.shots += 1
            now_s = loop.time()
            if zero_s is None or now_s - zero_s - shot.at_s > _LATE_S:
                zero_s = now_s - shot.at_s
            await asyncio.sleep(zero_s + shot.at_s - now_s)
            payloads = wire.payloads(shot.data)
            for player in playing:
                player.send(shot, payloads)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)
        player = _Player(next(self._numbers), writer)
        self._players.add(player)
        try:
            await self._converse(reader, player)
        except WireError:
            self.bad_requests += 1
            writer.write(wire.answer(400, 0))
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._players.discard(player)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, player: _Player) -> None:
        while True:
            async with asyncio.timeout(None if player.playing else _IDLE_S):
                request = await _next_request(reader)
            if request is None:
                continue
            player.writer.write(await self._serve(request, player))
            await player.writer.drain()
            if request.method == "TEARDOWN":
                return

    async def _serve(self, request: wire.Request, player: _Player) -> bytes:
        code = self._refusal(request, player)
        if code is not None:
            return wire.answer(code, request.cseq, {"Allow": _METHODS} if code == 405 else None)
        headers, body = {"Session": f"{player.session};timeout={int(_IDLE_S)}"}, b""
        match request.method:
            case "OPTIONS":
                headers = {"Public": _METHODS}
            case "DESCRIBE":
                headers = {"Content-Base": f"{self.url}/", "Content-Type": "application/sdp"}
                body = wire.sdp(await self._open_film())
            case "SETUP":
                player.channel = wire.channel_of(request.headers["transport"]) or 0
                pair = f"{player.channel}-{player.channel + 1}"
                headers["Transport"] = f"RTP/AVP/TCP;unicast;interleaved={pair}"
            case "PLAY":
                player.playing = True
                self._looked_at.set()
                headers["Range"] = "npt=now-"
            case "TEARDOWN":
                player.playing = False
        return wire.answer(200, request.cseq, headers, body)

    def _refusal(self, request: wire.Request, player: _Player) -> int | None:
        method, transport = request.method, request.headers.get("transport", "")
        refusals = (
            (505, request.version != "RTSP/1.0"),
            (453, len(self._players) > MAX_CLIENTS),
            (404, _path_of(request.url) not in _PATHS),
            (405, method not in _METHODS.split(", ")),
            (454, method == "PLAY" and player.channel is None),
            (461, method == "SETUP" and wire.channel_of(transport) is None),
        )
        return next((code for code, refused in refusals if refused), None)


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError as error:
        raise WireError(f"URL {url[:80]!r}: {error}") from error


async def _next_request(reader: asyncio.StreamReader) -> wire.Request | None:
    """Read one request, or skip one interleaved packet (a player's RTCP) and return None."""
    first = await reader.readexactly(1)
    if first == b"$":
        _, high, low = await reader.readexactly(3)
        await reader.readexactly(high << 8 | low)
        return None
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise WireError(f"request head over {wire.MAX_HEAD_BYTES} bytes") from error
    request = wire.parse_request(head)
    await reader.readexactly(request.body_bytes)
    return request
