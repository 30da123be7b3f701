"""The gate's side of the camera witness: a real RTSP camera, a real worker, and its violent ends."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scene_kit import CAR, EMPTY

from sotdae_edge.adapters.eyes import DRAWN_ZONE, ChildEyes, Trouble, Unkept, parse_line
from sotdae_edge.config import CameraConfig
from sotdae_edge.ports import Eyes, Seen
from sotdae_firmware_bridge.sim.draw import ARM_ZONE
from sotdae_firmware_bridge.sim.rtsp import CameraServer
from sotdae_shared.errors import WireError

WET = replace(EMPTY, depth_cm=18.0, rain_mm_h=40.0, sign="closed", flasher=True, night=0.3)
PARKED = replace(WET, vehicles=(CAR,))


class Scene:
    """A camera whose scene a test can change."""

    def __init__(self) -> None:
        self.view = WET


@contextlib.asynccontextmanager
async def looking(tmp_path: Path) -> AsyncIterator[tuple[Scene, ChildEyes, AsyncIterator[Seen]]]:
    scene = Scene()
    server = CameraServer(lambda: scene.view)
    await server.start()
    eyes = ChildEyes(CameraConfig(url=server.url, every_s=5.0), tmp_path / "latest.jpg", random.Random(5))
    try:
        async with asyncio.timeout(60), contextlib.aclosing(eyes.sightings()) as sightings:
            yield scene, eyes, sightings
    finally:
        await server.stop()
    assert eyes.child_pid is None or not psutil.pid_exists(eyes.child_pid)


async def see(sightings: AsyncIterator[Seen], occupied: bool) -> Seen:
    async for seen in sightings:
        if seen.occupied == occupied:
            return seen
    raise AssertionError("the camera fell silent")


def test_a_car_under_the_arm_is_seen_and_so_is_its_leaving(tmp_path: Path) -> None:
    async def run() -> None:
        async with looking(tmp_path) as (scene, eyes, sightings):
            clear = await see(sightings, False)
            scene.view = PARKED
            parked = await see(sightings, True)
            scene.view = WET
            left = await see(sightings, False)
            assert clear.mono < parked.mono < left.mono
            assert (clear.model, eyes.problem, eyes.restarts, eyes.bad_lines) == ("armzone", None, 0, 0)
            clip = eyes.picture(100.0)
            assert clip is not None
            assert clip.data.startswith(b"\xff\xd8")
            assert eyes.picture(100.0 + 4.9) is None

    asyncio.run(run())


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_dies_is_started_again(blow: signal.Signals, tmp_path: Path) -> None:
    async def run() -> None:
        async with looking(tmp_path) as (scene, eyes, sightings):
            await see(sightings, False)
            first = eyes.child_pid
            assert first is not None
            os.kill(first, blow)
            scene.view = PARKED
            await see(sightings, True)
            assert eyes.child_pid != first
            assert eyes.restarts == 1
            assert eyes.problem is None

    asyncio.run(run())


def test_a_camera_that_goes_away_is_told_and_the_worker_lives_on(tmp_path: Path) -> None:
    async def run() -> None:
        server = CameraServer(lambda: WET)
        await server.start()
        port = int(server.url.split(":")[2].split("/")[0])
        eyes = ChildEyes(CameraConfig(url=server.url), tmp_path / "latest.jpg", random.Random(5))
        async with asyncio.timeout(60), contextlib.aclosing(eyes.sightings()) as sightings:
            await see(sightings, False)
            worker = eyes.child_pid
            waiting = asyncio.create_task(see(sightings, True))
            await server.stop()
            while eyes.problem is None:
                await asyncio.sleep(0.02)
            assert "camera rtsp://127.0.0.1" in eyes.problem
            back = CameraServer(lambda: PARKED, port=port)
            await back.start()
            await waiting
            assert eyes.problem is None
            assert eyes.child_pid == worker
            await back.stop()

    asyncio.run(run())


def test_a_worker_that_hangs_is_ended_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sotdae_edge.adapters.eyes._SILENCE_S", 4.0)
    monkeypatch.setattr("sotdae_edge.adapters.eyes._GRACE_S", 0.2)

    async def run() -> None:
        async with looking(tmp_path) as (scene, eyes, sightings):
            await see(sightings, False)
            first = eyes.child_pid
            assert first is not None
            os.kill(first, signal.SIGSTOP)
            scene.view = PARKED
            await see(sightings, True)
            assert eyes.child_pid != first
            assert not psutil.pid_exists(first)

    asyncio.run(run())


def test_cancelling_ends_the_worker(tmp_path: Path) -> None:
    async def run() -> None:
        async with looking(tmp_path) as (_, eyes, sightings):
            await see(sightings, False)
            task = asyncio.create_task(see(sightings, True))
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert eyes.child_pid is not None
            assert not psutil.pid_exists(eyes.child_pid)

    asyncio.run(run())


def test_a_picture_that_cannot_be_kept_is_told_and_the_camera_sees_all_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        async with looking(tmp_path) as (_, eyes, sightings):
            (tmp_path / "latest.jpg").mkdir()
            while eyes.unkept is None:
                await see(sightings, False)
                assert eyes.problem is None
            assert "latest.jpg" in eyes.unkept
            (tmp_path / "latest.jpg").rmdir()
            while eyes.picture(100.0) is None:
                await see(sightings, False)
                assert eyes.problem is None
            assert eyes.unkept is None

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "yolox-nano"}, "sotdae models pull yolox-nano"),
        ({"model": "/no/such.tflite"}, "want a .tflite file or one of"),
        ({"zone": (0.5, 0.5, 0.2, 0.9)}, "want left,top,right,bottom"),
    ],
)
def test_without_a_usable_model_or_zone_it_says_what_to_do_and_sees_nothing(
    change: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTDAE_MODELS", str(tmp_path))
    camera = CameraConfig.model_validate({"url": "/no/such.mp4", **change})
    eyes = ChildEyes(camera, tmp_path / "latest.jpg")

    async def run() -> list[Seen]:
        async with asyncio.timeout(60):
            return [seen async for seen in eyes.sightings()]

    assert asyncio.run(run()) == []
    assert eyes.problem is not None
    assert words in eyes.problem


def test_the_default_zone_is_the_drawn_one_and_the_port_fits(tmp_path: Path) -> None:
    assert DRAWN_ZONE == ARM_ZONE
    eyes: Eyes = ChildEyes(CameraConfig(url="rtsp://127.0.0.1:1/x"), tmp_path / "latest.jpg")
    assert eyes.picture(0.0) is None


def test_an_old_picture_of_an_earlier_run_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "latest.jpg").write_bytes(b"\xff\xd8 old")
    eyes = ChildEyes(CameraConfig(url="rtsp://127.0.0.1:1/x"), tmp_path / "latest.jpg")
    assert eyes.picture(1e9) is None


def test_the_gate_process_loads_no_native_vision_library() -> None:
    program = (
        "import sys, sotdae_edge.adapters.eyes\n"
        "print([name for name in ('numpy', 'av', 'PIL', 'ai_edge_litert') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert done.stdout.strip() == b"[]"


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@example(b"[" * 100_000)
@example(b'{"mono": 1e999, "score": 0.5, "occupied": true, "model": "x"}')
@example(b'{"mono": true, "score": true, "occupied": true, "model": "x"}')
@example(b'{"mono": 1, "score": NaN, "occupied": true, "model": "x"}')
@example(b'{"mono": 1, "score": 0.5, "occupied": 1, "model": "x"}')
@example(b'{"error": "\\ud800"}')
def test_any_line_is_a_sighting_a_trouble_a_sign_of_life_or_a_wire_error(raw: bytes) -> None:
    try:
        said = parse_line(raw)
    except WireError:
        return
    assert said is None or isinstance(said, Trouble | Unkept | Seen)
    if isinstance(said, Trouble | Unkept):
        said.text.encode()  # what cannot be encoded is no message, and would end the reports


@given(
    st.dictionaries(
        st.sampled_from(["mono", "score", "occupied", "model", "error", "unkept", "fatal", "alive", "ready"]),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just([]),
    )
)
def test_only_sound_sightings_pass(line: dict[str, object]) -> None:
    try:
        said = parse_line(json.dumps(line).encode())
    except WireError:
        return
    if isinstance(said, Seen):
        assert 0 <= said.score <= 1
        assert said.mono == line["mono"]
        assert not isinstance(line["mono"], bool)
        assert said.occupied is line["occupied"]
