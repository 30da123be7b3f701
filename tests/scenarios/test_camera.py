"""The camera's word: it may delay the arm, for so long and no longer. The road itself is empty throughout."""

import asyncio
from pathlib import Path
from typing import Any

import av
import pytest
from scenarios.province import HIGH_RIVER, running

from sotdae_firmware_bridge.sim.draw import draw
from sotdae_firmware_bridge.sim.view import SceneView, VehicleView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RATE = 10
CAR = (VehicleView(x_m=0.0, lane=0, length_m=4.5, kind="car", colour=2),)
HOLD_S = 30.0


def clip(path: Path, shows: list[tuple[float, bool]]) -> Path:
    """Film an arm zone: `shows` is (seconds, whether a car stands there), one after the other."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"g": str(RATE), "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for seconds, car in shows:
            picture = draw(scene(car))
            for _ in range(int(seconds * RATE)):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


def scene(car: bool) -> SceneView:
    return SceneView(
        depth_cm=0.0, arm_deg=90.0, vehicles=CAR if car else (), rain_mm_h=0.0, sign="closed",
        flasher=True, siren=False, clock_text="", night=0.0,
    )  # fmt: skip


async def closing(tmp_path: Path, film: Path) -> tuple[float, list[dict[str, Any]], list[dict[str, Any]]]:
    """Close by the river; return how long the arm waited after CLEARING began, decisions and events."""
    async with running(tmp_path / "run", clip=film) as province:
        await province.stack.do(HIGH_RIVER)
        await province.said("-> clearing")
        began = await province.state("t")
        await province.decided("closed", timeout_s=120.0)
        down = province.truth().first(lambda line: line["moving"] < 0 and line["t"] >= began)
        assert down is not None
        assert province.truth().lines[-1]["contacts"] == 0
        return down["t"] - began, await province.decisions(), await province.events()


def test_a_camera_that_always_sees_a_car_is_overruled_after_its_patience(tmp_path: Path) -> None:
    film = clip(tmp_path / "stuck.mp4", [(4.0, True)])
    waited_s, decisions, events = asyncio.run(closing(tmp_path, film))
    assert HOLD_S - 1.0 <= waited_s <= HOLD_S + 5.0
    assert any("camera overridden" in text for each in decisions for text in each["because"])
    assert "camera.override" in {each["code"] for each in events if each["active"]}
    assert not any(each["state"] == "held_open" for each in decisions)


def test_a_camera_that_sees_an_empty_road_delays_nothing(tmp_path: Path) -> None:
    film = clip(tmp_path / "empty.mp4", [(4.0, False)])
    waited_s, decisions, _ = asyncio.run(closing(tmp_path, film))
    assert waited_s < 5.0
    assert not any("camera overridden" in text for each in decisions for text in each["because"])


def test_a_car_seen_by_the_camera_alone_delays_the_arm_until_it_is_gone(tmp_path: Path) -> None:
    # The film begins when the gate's eyes open, some ten seconds before the arm could come down.
    film = clip(tmp_path / "leaves.mp4", [(25.0, True), (60.0, False)])
    waited_s, decisions, _ = asyncio.run(closing(tmp_path, film))
    assert 5.0 < waited_s < HOLD_S - 1.0
    assert not any("camera overridden" in text for each in decisions for text in each["because"])
    assert not any(each["state"] == "held_open" for each in decisions)
