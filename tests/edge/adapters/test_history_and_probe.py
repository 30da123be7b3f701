"""Recorded levels from a file, and whether a camera answers."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sotdae_edge.adapters.history import read_history
from sotdae_edge.adapters.probe import RtspProbe
from sotdae_shared.errors import ConfigError
from sotdae_shared.units import Flag


def test_history_keeps_each_time_and_is_not_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("time,level_cm\n2018-06-03T18:00:00Z,6.25\n2018-06-03T18:05:00Z,8.61\n")
    body = read_history(path)
    assert [reading.value for reading in body.readings] == [6.25, 8.61]
    assert body.readings[0].at == datetime(2018, 6, 3, 18, 0, tzinfo=UTC)
    assert all(reading.flag is Flag.NOT_EVALUATED for reading in body.readings)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "time,level_cm\n",
        "when,level_cm\n2018-06-03T18:00:00Z,1\n",
        "time,level_cm\nyesterday,1\n",
        "time,level_cm\n2018-06-03T18:00:00Z,deep\n",
        "time,level_cm\n2018-06-03T18:00:00,1\n",
        "time,level_cm\n2018-06-03T18:00:00Z,nan\n",
        "time,level_cm\n2018-06-03T18:00:00Z\n",
    ],
)
def test_a_file_that_is_not_history_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "h.csv"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_history(path)


async def served(answer: bytes | None) -> bool:
    """Ask a server that gives `answer`, or nothing at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await RtspProbe().alive(f"rtsp://127.0.0.1:{port}/arm")


@pytest.mark.parametrize(
    ("answer", "alive"),
    [
        (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", True),
        (b"RTSP/1.0 401 Unauthorized\r\n\r\n", True),
        (b"RTSP/1.0 500 Oh\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"x" * 10_000, False),
        (b"", False),
        (None, False),
    ],
)
def test_only_rtsp_that_says_ok_is_alive(answer: bytes | None, alive: bool) -> None:
    assert asyncio.run(served(answer)) is alive


def test_nobody_there_and_nonsense_are_not_alive() -> None:
    async def ask() -> list[bool]:
        probe = RtspProbe()
        strange = ("rtsp://h:99999/x", "rtsp://[::1/x", "rtsp://a..b/x")
        urls = ("rtsp://127.0.0.1:1/arm", "nonsense", "rtsp://", *strange)
        return [await probe.alive(url) for url in urls]

    assert asyncio.run(ask()) == [False] * 6
