"""Pictures come newest first, and a camera that fails is tried again."""

import asyncio
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from scene_kit import EMPTY

from sotdae_edge.vision.snapshot import MAX_BYTES, jpeg, write
from sotdae_edge.vision.source import AvSource, Frame, Latest
from sotdae_firmware_bridge.sim.rtsp import CameraServer
from sotdae_shared.errors import ConfigError, LinkError

SCENE = replace(EMPTY, depth_cm=5.0)


def film(path: Path, count: int) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(count):
            picture = np.full((48, 64, 3), level * 20, dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(stream.encode())
    return path


def test_a_file_is_read_at_its_pace_and_ends(tmp_path: Path) -> None:
    pauses: list[float] = []
    clock = iter(range(1000))
    source = AvSource(str(film(tmp_path / "clip.mp4", 8)), lambda: next(clock), pauses.append)
    levels = [frame.picture.mean() for frame in source.frames()]
    assert len(levels) == 8
    assert levels == sorted(levels)
    assert len(pauses) == 8


def test_a_camera_whose_name_is_not_utf_8_is_watched(tmp_path: Path) -> None:
    path, name = film(tmp_path / "clip.mp4", 3), "남문교".encode("euc-kr")
    raw = path.read_bytes()
    assert raw.count(b"Lavf") >= 1
    at = raw.index(b"Lavf")
    path.write_bytes(raw[:at] + name + raw[at + len(name) :])
    assert len(list(AvSource(str(path), time.monotonic, lambda _: None).frames())) == 3


def test_a_file_that_is_not_there_is_a_link_error() -> None:
    with pytest.raises(LinkError, match=r"camera /no/such\.mp4"):
        next(AvSource("/no/such.mp4", time.monotonic, time.sleep).frames())


def test_a_password_never_reaches_a_message() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"rtsp://user:secret@127.0.0.1:{unused.getsockname()[1]}/scene"
        with pytest.raises(LinkError) as caught:
            next(AvSource(url, time.monotonic, time.sleep).frames())
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_the_end_of_a_live_stream_is_a_failure_and_it_comes_back() -> None:
    problems: list[str] = []

    async def run() -> tuple[Frame | None, Frame | None]:
        server = CameraServer(lambda: SCENE)
        await server.start()
        port = int(server.url.split(":")[2].split("/")[0])
        latest = Latest(AvSource(server.url, time.monotonic, time.sleep), random.Random(7), problems.append)
        latest.start()
        first = await asyncio.to_thread(latest.take, 20.0)
        await server.stop()
        async with asyncio.timeout(30):
            while not problems:
                await asyncio.sleep(0.02)
        await asyncio.to_thread(latest.take, 0.0)
        again = CameraServer(lambda: replace(SCENE, night=1.0), port=port)
        await again.start()
        second = await asyncio.to_thread(latest.take, 30.0)
        latest.stop()
        await again.stop()
        await asyncio.to_thread(latest._thread.join, 20)
        assert not latest._thread.is_alive()
        return first, second

    first, second = asyncio.run(run())
    assert first is not None
    assert second is not None
    assert second.mono > first.mono
    assert second.picture.mean() < 0.7 * first.picture.mean()


class Row:
    """A source that hands out a given row of steps: pictures, or errors to raise."""

    def __init__(self, *steps: Frame | Exception) -> None:
        self.steps = list(steps)

    def frames(self) -> Iterator[Frame]:
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, Exception):
                raise step
            yield step


def picture(mono: float) -> Frame:
    return Frame(mono, np.zeros((2, 2, 3), dtype=np.uint8))


def test_only_the_newest_picture_is_kept() -> None:
    latest = Latest(Row(picture(1.0), picture(2.0), picture(3.0)), random.Random(1), lambda _: None)
    latest.start()
    latest._thread.join(10)
    frame = latest.take(0.0)
    assert frame is not None
    assert frame.mono == 3.0
    assert latest.take(0.0) is None
    assert latest.over


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (LinkError("camera x: timed out"), "camera x: timed out"),
        (KeyError("stride"), "camera: KeyError: 'stride'"),  # what nobody foresaw
    ],
)
def test_a_failure_is_told_and_the_next_try_goes_on(failure: Exception, words: str) -> None:
    told: list[str] = []
    latest = Latest(Row(failure, picture(2.0)), random.Random(1), told.append)
    latest.start()
    frame = latest.take(10.0)
    assert told == [words]
    assert frame is not None
    assert frame.mono == 2.0


def test_what_a_person_must_mend_ends_the_reading() -> None:
    latest = Latest(
        Row(ConfigError("camera", ["no picamera2"]), picture(2.0)), random.Random(1), lambda _: None
    )
    latest.start()
    latest._thread.join(10)
    assert latest.over
    assert latest.failure is not None


@pytest.mark.parametrize("size", [(360, 640), (1080, 1920), (4, 4)])
def test_a_snapshot_is_small_whatever_the_picture(size: tuple[int, int], tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert len(jpeg(noise)) <= MAX_BYTES
    path = tmp_path / "latest.jpg"
    write(noise, path)
    write(noise, path)
    assert path.read_bytes().startswith(b"\xff\xd8")
    assert [each.name for each in tmp_path.iterdir()] == ["latest.jpg"]


def test_a_snapshot_that_cannot_be_written_is_a_link_error(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="snapshot"):
        write(np.zeros((4, 4, 3), dtype=np.uint8), tmp_path / "absent" / "latest.jpg")
