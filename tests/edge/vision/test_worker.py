"""The worker process: what it says, how it ends, what a broken model does to it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from scene_kit import CAR, EMPTY

from sotdae_edge.vision.models import PACKAGED
from sotdae_edge.vision.snapshot import MAX_BYTES
from sotdae_firmware_bridge.sim.draw import draw

MODEL = PACKAGED / "armzone.tflite"
ZONE = "0.27,0.38,0.73,0.74"


def start(**options: object) -> subprocess.Popen[bytes]:
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "sotdae_edge.vision.worker", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def run(**options: object) -> tuple[int, list[dict[str, Any]]]:
    with start(**options) as process:
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of an empty road, then two with a car under the arm."""
    path = tmp_path_factory.mktemp("clip") / "scene.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(40):
            vehicles = (CAR,) if index >= 20 else ()
            view = replace(EMPTY, depth_cm=10.0, vehicles=vehicles, rain_mm_h=20.0, night=0.2)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(draw(view, phase_s=index / 10))))
        file.mux(stream.encode())
    return path


def test_a_file_is_judged_to_its_end(clip: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "latest.jpg"
    code, lines = run(url=clip, model=MODEL, zone=ZONE, snapshot=snapshot)
    assert code == 0
    assert lines[0]["ready"] is True
    assert lines[0]["runtime"].split()[0] in {"ai-edge-litert", "tflite-runtime"}
    seen = [line for line in lines if "score" in line]
    assert len(seen) >= 8
    monos = [line["mono"] for line in seen]
    assert monos == sorted(set(monos))
    occupied = [line["occupied"] for line in seen]
    assert occupied == sorted(occupied)
    assert set(occupied) == {False, True}
    assert all(line["occupied"] == (line["score"] >= 0.5) for line in seen)
    assert snapshot.stat().st_size <= MAX_BYTES
    with Image.open(snapshot) as image:
        assert image.size == (640, 360)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "/no/such.tflite"}, "cannot be read"),
        ({"zone": "0.5,0.5,0.4,0.9"}, "want left,top,right,bottom"),
        ({"zone": "nan,0,1,1"}, "want left,top,right,bottom"),
        ({"url": "picamera2:x"}, "want picamera2:<number>"),
    ],
)
def test_what_a_person_must_mend_is_one_fatal_line(changes: dict[str, str], words: str, clip: Path) -> None:
    code, lines = run(**{"url": clip, "model": MODEL, "zone": ZONE, **changes})
    assert code == 2
    assert lines[-1]["fatal"] is True
    assert words in lines[-1]["error"]


@pytest.mark.parametrize("junk", [b"", b"\xff" * 200, b"\x00" * 1000])
def test_a_model_that_breaks_native_code_ends_the_worker_only(
    junk: bytes, clip: Path, tmp_path: Path
) -> None:
    model = tmp_path / "odd.tflite"
    model.write_bytes(b"\x18\x00\x00\x00TFL3" + junk)
    code, lines = run(url=clip, model=model, zone=ZONE)
    assert code != 0
    assert not any("score" in line for line in lines)


def test_a_missing_library_is_a_fatal_line_not_a_traceback(clip: Path) -> None:
    options = ["--url", str(clip), "--model", str(MODEL), "--zone", ZONE]
    program = (
        "import sys; sys.modules['av'] = None\n"
        "from sotdae_edge.vision.worker import main\n"
        f"sys.exit(main({options!r}))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["fatal"] is True
    assert "pip install '.[vision]'" in last["error"]


def test_a_worker_that_nobody_reads_ends(clip: Path) -> None:
    with start(url=clip, model=MODEL, zone=ZONE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()
