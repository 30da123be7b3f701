"""The camera witness's own process: one JSON line an inference on standard output.

    {"ready": true, "model": "armzone", "runtime": "ai-edge-litert 2.3.0"}
    {"mono": 12.25, "score": 0.97, "occupied": true, "model": "armzone", "runtime": "ai-edge-litert 2.3.0"}
    {"alive": true}                      nothing to see, but running
    {"error": "camera ...: timed out"}   the worker tries again by itself
    {"unkept": "snapshot ...: no space"} it sees, but cannot keep its picture
    {"error": "...", "fatal": true}      it ends with exit code 2: a person must mend something

It is a process of its own because native decoders and runtimes can crash, and a gate must not.
"""

import argparse
import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from sotdae_shared.errors import ConfigError, LinkError

_PERIOD_S = 0.2
_SNAPSHOT_EVERY_S = 1.0
_ALIVE_EVERY_S = 1.0
_NICENESS = 5
"""The gate's own loop comes first on a small box."""
_clock = time.monotonic  # noqa: TID251 - this is the process's edge: frames are stamped here
_writing = threading.Lock()


def emit(**line: Any) -> None:
    """Write one line; end the process when nobody reads any more."""
    try:
        with _writing:
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        os._exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Run until the camera's file ends (0), or a person must mend something (2)."""
    parser = argparse.ArgumentParser(prog="python -m sotdae_edge.vision.worker", description="camera witness")
    parser.add_argument("--url", required=True, help="RTSP address, file, or picamera2:0")
    parser.add_argument("--model", required=True, type=Path, help="tflite file")
    parser.add_argument("--zone", required=True, help="left,top,right,bottom, each 0 to 1")
    parser.add_argument("--snapshot", type=Path, help="JPEG file kept up to date")
    options = parser.parse_args(arguments)
    os.nice(_NICENESS)
    try:
        _watch(options.url, options.model, options.zone, options.snapshot)
    except ConfigError as error:
        emit(error=str(error), fatal=True)
        return 2
    except ImportError as error:
        emit(error=f"vision is not installed ({error}): pip install '.[vision]'", fatal=True)
        return 2
    return 0


def _watch(url: str, model: Path, zone_text: str, snapshot: Path | None) -> None:
    # Imported here so that a missing library is a plain line, not a traceback.
    from sotdae_edge.vision.choose import open_detector  # noqa: PLC0415
    from sotdae_edge.vision.picture import Zone  # noqa: PLC0415
    from sotdae_edge.vision.source import Latest  # noqa: PLC0415

    zone, detector = Zone.parse(zone_text), open_detector(model)
    about = {"model": detector.name, "runtime": detector.runtime}
    emit(ready=True, **about)
    latest = Latest(_source(url), random.Random(), lambda text: emit(error=text))  # noqa: S311 - jitter
    latest.start()
    pictured_at = float("-inf")
    while not latest.over:
        frame = latest.take(_ALIVE_EVERY_S)
        if frame is None:
            emit(alive=True)
            continue
        began = _clock()
        verdict = detector.look(frame.picture, zone)
        emit(mono=frame.mono, score=round(verdict.score, 4), occupied=verdict.occupied, **about)
        if snapshot is not None and began - pictured_at >= _SNAPSHOT_EVERY_S:
            pictured_at = began
            _keep(frame.picture, snapshot)
        time.sleep(max(0.0, began + _PERIOD_S - _clock()))
    if latest.failure is not None:
        raise latest.failure


def _source(url: str) -> Any:
    if url.startswith("picamera2:"):
        from sotdae_edge.vision.picamera import PiCameraSource  # noqa: PLC0415

        return PiCameraSource.of_url(url, _clock)
    from sotdae_edge.vision.source import AvSource  # noqa: PLC0415

    return AvSource(url, _clock, time.sleep)


def _keep(picture: Any, path: Path) -> None:
    from sotdae_edge.vision import snapshot  # noqa: PLC0415

    try:
        snapshot.write(picture, path)
    except LinkError as error:
        emit(unkept=str(error))


if __name__ == "__main__":
    sys.exit(main())
