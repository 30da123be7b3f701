"""The simulator's camera, looked at by a real player and by rude ones."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scene_kit import CAR, EMPTY

from sotdae_firmware_bridge.sim import rtsp_wire as wire
from sotdae_firmware_bridge.sim.draw import draw
from sotdae_firmware_bridge.sim.film import drawn
from sotdae_firmware_bridge.sim.rtsp import CameraServer
from sotdae_firmware_bridge.sim.view import SceneView
from sotdae_shared.errors import ConfigError, WireError

WET = replace(EMPTY, depth_cm=12.0)
PARKED = replace(WET, vehicles=(CAR,))
OPTIONS = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}


@contextlib.asynccontextmanager
async def serving(view: Callable[[], SceneView], clip: Path | None = None) -> AsyncIterator[CameraServer]:
    server = CameraServer(view, clip=clip)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.02)


async def ask(server: CameraServer, raw: bytes) -> bytes:
    """Send bytes and return what comes back until the server closes or the first answer is whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def watch(url: str, frames: int) -> list[np.ndarray]:
    """Play a stream with a real player; return its first pictures."""
    with av.open(url, options=OPTIONS, timeout=(10, 10)) as player:
        pictures = []
        for frame in player.decode(video=0):
            pictures.append(frame.to_ndarray(format="rgb24"))
            if len(pictures) == frames:
                break
        return pictures


def distance(picture: np.ndarray, view: SceneView) -> float:
    """Mean difference between a picture and a scene in the car's place."""
    return float(np.abs(picture.astype(int) - draw(view))[150:260, 190:330].mean())


def test_a_player_sees_the_car_that_is_parked_and_sees_it_leave() -> None:
    scene = [PARKED]

    async def run() -> tuple[np.ndarray, np.ndarray]:
        async with serving(lambda: scene[0]) as server:
            parked = await asyncio.to_thread(watch, server.url, 3)
            scene[0] = WET
            empty = await asyncio.to_thread(watch, server.url, 3)
            return parked[-1], empty[-1]

    parked, empty = asyncio.run(run())
    assert distance(parked, PARKED) < 6 < 20 < distance(parked, WET)
    assert distance(empty, WET) < 6 < 20 < distance(empty, PARKED)


def test_players_share_one_coder_and_nobody_watching_costs_nothing() -> None:
    async def run() -> None:
        async with serving(lambda: WET) as server:
            watching = [asyncio.to_thread(watch, server.url, 8) for _ in range(3)]
            pictures = await asyncio.gather(*watching)
            assert [len(each) for each in pictures] == [8, 8, 8]
            coded = server.shots
            assert coded < 3 * 8
            await until(lambda: not server._players)
            await until(lambda: not server._looked_at.is_set())
            rested = server.shots
            await ask(server, b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert server.shots == rested

    asyncio.run(run())


def test_a_late_player_starts_at_a_key_picture() -> None:
    film = drawn(lambda: WET)
    shots = [film.shoot(want_key=index == 4) for index in range(8)]
    assert [shot.key for shot in shots] == [True, False, False, False, True, False, False, False]
    assert shots[4].data.startswith(film.parameter_sets)
    film.close()


def test_a_clip_takes_the_scenes_place_and_loops(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    with av.open(str(clip), "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for level in range(0, 250, 25):
            picture = np.full((96, 128, 3), level, dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(stream.encode())

    async def run() -> list[np.ndarray]:
        async with serving(lambda: WET, clip) as server:
            return await asyncio.to_thread(watch, server.url, 24)

    levels = [picture.mean() for picture in asyncio.run(run())]
    assert len(levels) == 24
    assert sum(after < before - 50 for before, after in itertools.pairwise(levels)) >= 2


def test_a_clip_that_is_no_film_is_refused_at_the_start(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"not a film" * 50)
    with pytest.raises(ConfigError, match=r"bad\.mp4: is not a film"):
        asyncio.run(CameraServer(lambda: WET, clip=bad).start())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 200),
        (b"DESCRIBE rtsp://h/scene RTSP/1.0\r\nCSeq: 1\r\n\r\n", 200),
        (b"DESCRIBE rtsp://h/other RTSP/1.0\r\nCSeq: 1\r\n\r\n", 404),
        (b"RECORD rtsp://h/scene RTSP/1.0\r\nCSeq: 1\r\n\r\n", 405),
        (b"PLAY rtsp://h/scene RTSP/1.0\r\nCSeq: 1\r\n\r\n", 454),
        (b"SETUP rtsp://h/scene RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast\r\n\r\n", 461),
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999\r\n\r\n", 400),
        (b"OPTIONS rtsp://[bad RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400),
        (b"A" * 20_000 + b"\r\n\r\n", 400),
    ],
)
def test_every_request_gets_its_answer(raw: bytes, code: int) -> None:
    async def run() -> tuple[bytes, int]:
        async with serving(lambda: WET) as server:
            first = await ask(server, raw)
            assert b"200 OK" in await ask(server, b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n")
            return first, server.bad_requests

    first, bad = asyncio.run(run())
    assert first.startswith(f"RTSP/1.0 {code} ".encode())
    assert bad == (1 if code == 400 else 0)


def noise(path: Path) -> Path:
    """Ten pictures that cannot be packed: each is a key picture of some hundred kilobytes."""
    dice = np.random.default_rng(1)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=100, options={"preset": "ultrafast", "crf": "1", "g": "1"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for _ in range(10):
            picture = dice.integers(0, 256, (360, 640, 3), dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(stream.encode())
    return path


def test_a_player_that_never_reads_takes_no_more_memory(tmp_path: Path) -> None:
    clip = noise(tmp_path / "noise.mp4")

    async def run() -> None:
        async with serving(lambda: WET, clip) as server:
            with socket.socket() as rude:
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                rude.connect(("127.0.0.1", int(server.url.split(":")[2].split("/")[0])))
                for number, start in enumerate((f"SETUP {server.url}/track0", f"PLAY {server.url}")):
                    head = f"{start} RTSP/1.0\r\nCSeq: {number}\r\nTransport: RTP/AVP/TCP;unicast\r\n\r\n"
                    rude.sendall(head.encode())
                await until(lambda: any(player.behind for player in server._players))
                before, waits = server.shots, [p.writer.transport for p in server._players]
                await until(lambda: server.shots >= before + 20)
                assert [each.get_write_buffer_size() < 4 * 1024 * 1024 for each in waits] == [True]

    asyncio.run(run())


def test_a_player_that_vanishes_leaves_nothing_behind() -> None:
    async def run() -> None:
        async with serving(lambda: WET) as server:
            host, port = "127.0.0.1", int(server.url.split(":")[2].split("/")[0])
            _, writer = await asyncio.open_connection(host, port)
            transport = b"Transport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n"
            setup = b"SETUP rtsp://h/scene/track0 RTSP/1.0\r\nCSeq: 1\r\n" + transport
            writer.write(setup + b"PLAY rtsp://h/scene RTSP/1.0\r\nCSeq: 2\r\n\r\n")
            await until(lambda: server.shots > 0)
            writer.transport.abort()
            await until(lambda: not server._players)

    asyncio.run(run())


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@example(b"OPTIONS * RTSP/1.0\r\nCSeq: \xef\xbc\x91\r\n")
def test_any_bytes_are_a_request_or_a_wire_error(raw: bytes) -> None:
    for head in (raw, b"OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n" + raw):
        try:
            request = wire.parse_request(head)
            assert request.cseq >= 0
            assert 0 <= request.body_bytes <= wire.MAX_BODY_BYTES
        except WireError:
            pass


@given(st.text(max_size=80))
@example("RTP/AVP/TCP;unicast;interleaved=999-1000")
def test_any_transport_header_is_a_channel_or_none(text: str) -> None:
    channel = wire.channel_of(text)
    assert channel is None or 0 <= channel <= 254


@given(
    st.lists(
        st.binary(min_size=2, max_size=5000).map(lambda b: b"\x65" + b.replace(b"\x00", b"\x01")), max_size=4
    )
)
def test_fragments_put_together_are_the_units(units: list[bytes]) -> None:
    joined: list[bytes] = []
    packets = wire.payloads(b"".join(b"\x00\x00\x00\x01" + unit for unit in units))
    for payload, _ in packets:
        assert len(payload) <= 1400
        if payload[0] & 0x1F != 28:
            joined.append(payload)
        elif payload[1] & 0x80:
            joined.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:])
        else:
            joined[-1] += payload[2:]
    assert joined == units
    assert [last for _, last in packets] == [False] * (len(packets) - 1) + [True] * bool(packets)
