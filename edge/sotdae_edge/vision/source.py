"""Pictures from a camera or a file: always the newest, never a queue."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

import av

from sotdae_edge.vision.picture import Picture
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import ConfigError, LinkError

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 3.0
_RTSP_OPTIONS = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}
"""No probing: the session description says what comes, so the first picture is there at once."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and the monotonic second at which it was received."""

    mono: float
    picture: Picture


class FrameSource(Protocol):
    """Where pictures come from. Blocks."""

    def frames(self) -> Iterator[Frame]:
        """Yield pictures as they come. Ends with a file; raises LinkError when a live source fails."""


class AvSource:
    """A file or an RTSP camera through PyAV."""

    def __init__(self, url: str, clock: Clock, pause: Callable[[float], object]) -> None:
        """Read `url`, anything that FFmpeg opens; frames carry `clock`'s time; `pause` paces a file."""
        self._url, self._clock, self._pause = url, clock, pause
        self.live = "://" in url and not url.startswith("file:")

    def frames(self) -> Iterator[Frame]:
        """Yield pictures, a file's at its pace. Raises LinkError on silence or the end of a live source."""
        options = _RTSP_OPTIONS if self._url.startswith("rtsp") else {}
        try:
            with av.open(
                self._url,
                options=options,
                timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S),
                metadata_errors="replace",
            ) as container:  # a camera may call itself by a name in EUC-KR
                if not container.streams.video:
                    raise LinkError(f"camera {_without_password(self._url)}: no picture in the stream")
                # Frame threads would add two or three pictures of delay and save nothing.
                container.streams.video[0].codec_context.thread_count = 1
                began = self._clock()
                for frame in container.decode(video=0):
                    if not self.live:
                        self._pause(max(0.0, began + (frame.time or 0.0) - self._clock()))
                    mono = self._clock()
                    yield Frame(mono, cast("Picture", frame.to_ndarray(format="rgb24")))
        except (av.error.FFmpegError, OSError) as error:
            raise LinkError(f"camera {_without_password(self._url)}: {error.strerror or error}") from error
        if self.live:
            raise LinkError(f"camera {_without_password(self._url)}: the stream ended")


def _without_password(url: str) -> str:
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else url


class Latest:
    """Reads a source in a thread of its own and keeps the newest picture; older ones are dropped."""

    def __init__(self, source: FrameSource, dice: random.Random, report: Callable[[str], None]) -> None:
        """Tell `report`, from that thread, each time the source fails."""
        self._source, self._backoff, self._report = source, Backoff(dice, first_s=0.5, floor=0.5), report
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._over = threading.Event()
        self.failure: ConfigError | None = None
        """Set when a person must mend something; the reading is over then."""
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does so at the next picture or time-out."""
        self._over.set()
        with self._changed:
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Frame | None:
        """Return a picture that was not taken before, waiting for one; None after the time-out."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._over.is_set(), timeout_s)
            frame, self._frame = self._frame, None
            return frame

    @property
    def over(self) -> bool:
        """Whether a file has been read to its end (or `stop` was called)."""
        return self._over.is_set() and self._frame is None

    def _read(self) -> None:
        while not self._over.is_set():
            try:
                for frame in self._source.frames():
                    self._backoff.reset()
                    self._put(frame)
                    if self._over.is_set():
                        break
                self.stop()
            except ConfigError as error:
                self.failure = error
                self.stop()
            except LinkError as error:
                self._fail(str(error))
            except Exception as error:  # noqa: BLE001 - without this thread the worker would live and see nothing
                self._fail(f"camera: {type(error).__name__}: {error}")

    def _fail(self, why: str) -> None:
        self._report(why)
        self._over.wait(self._backoff.wait_s())

    def _put(self, frame: Frame) -> None:
        with self._changed:
            self._frame = frame
            self._changed.notify_all()
