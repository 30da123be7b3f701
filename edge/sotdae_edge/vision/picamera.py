"""A Raspberry Pi camera as a frame source, through picamera2. It has not run on a Pi yet.

picamera2 comes with Raspberry Pi OS (``apt install python3-picamera2``); give the agent an environment made
with ``--system-site-packages``.
"""

import importlib
from collections.abc import Iterator
from typing import Any, Self

from sotdae_edge.vision.source import Clock, Frame
from sotdae_shared.errors import ConfigError, LinkError

_SIZE = (640, 360)
_FRAMES_PER_S = 10.0
_BUFFERS = 3


class PiCameraSource:
    """Pictures of one camera on this board."""

    def __init__(self, camera: int, clock: Clock) -> None:
        """Use camera number `camera`; frames carry `clock`'s time."""
        self._number, self._clock = camera, clock

    @classmethod
    def of_url(cls, url: str, clock: Clock) -> Self:
        """Understand ``picamera2:0``. Raises ConfigError."""
        number = url.removeprefix("picamera2:")
        if not (number.isdecimal() and number.isascii() and len(number) < 3):
            raise ConfigError("camera", [f"{url[:80]!r}: want picamera2:<number>, such as picamera2:0"])
        return cls(int(number), clock)

    def frames(self) -> Iterator[Frame]:
        """Yield pictures for ever. Raises ConfigError without picamera2, LinkError when the camera fails."""
        try:
            module = importlib.import_module("picamera2")
        except ImportError as error:
            raise ConfigError("camera", [f"picamera2 ({error}): apt install python3-picamera2"]) from error
        try:
            camera = module.Picamera2(camera_num=self._number)
        except (RuntimeError, IndexError, OSError) as error:
            raise LinkError(f"camera picamera2:{self._number}: {error}") from error
        try:
            yield from self._captured(camera)
        except (RuntimeError, OSError) as error:
            raise LinkError(f"camera picamera2:{self._number}: {error}") from error
        finally:
            camera.close()

    def _captured(self, camera: Any) -> Iterator[Frame]:
        # picamera2 names formats after the sensor's word order: its BGR888 is red, green, blue in memory.
        configuration = camera.create_video_configuration(
            main={"size": _SIZE, "format": "BGR888"},
            controls={"FrameRate": _FRAMES_PER_S},
            buffer_count=_BUFFERS,
            queue=False,
        )
        camera.configure(configuration)
        camera.start()
        try:
            while True:
                picture = camera.capture_array("main")
                yield Frame(self._clock(), picture)
        finally:
            camera.stop()
