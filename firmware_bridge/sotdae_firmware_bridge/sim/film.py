"""Where a camera's H.264 comes from: the drawn scene, or a clip that runs in a loop. All calls block."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast

import av
import av.bitstream
import av.codec.context
import av.video.frame

from sotdae_firmware_bridge.sim.draw import Picture, draw
from sotdae_firmware_bridge.sim.view import SceneView
from sotdae_shared.errors import ConfigError

FRAMES_PER_S = 10
_X264 = {"preset": "ultrafast", "tune": "zerolatency", "crf": "25", "forced-idr": "1"}


@dataclass(frozen=True, slots=True)
class Shot:
    """One coded picture in Annex B form; a key picture carries its parameter sets."""

    data: bytes
    key: bool
    at_s: float
    """Time on the film's own clock, never going back."""


class Film(Protocol):
    """An endless row of coded pictures."""

    @property
    def parameter_sets(self) -> bytes:
        """SPS and PPS in Annex B form."""

    def shoot(self, want_key: bool) -> Shot:
        """Return the next picture; `want_key` asks for a key picture if the source can choose."""

    def close(self) -> None:
        """Free the coder and the file."""


class DrawnFilm:
    """Pictures made while they are wanted, coded by x264."""

    def __init__(self, pictures: Iterator[Picture]) -> None:
        """Code what `pictures` yields, ten a second; the first one gives the size."""
        self._pictures, self._count = pictures, 0
        self._first: Picture | None = next(pictures)
        height, width, _ = self._first.shape
        coder = av.CodecContext.create("libx264", "w")
        coder.width, coder.height, coder.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
        coder.time_base, coder.framerate = Fraction(1, FRAMES_PER_S), Fraction(FRAMES_PER_S)
        coder.gop_size, coder.max_b_frames = FRAMES_PER_S, 0
        # More threads would cut each picture in slices and cost latency.
        coder.thread_count = 1
        coder.options = _X264
        coder.flags |= av.codec.context.Flags.global_header
        coder.open()
        self._coder = coder
        self.parameter_sets = bytes(coder.extradata or b"")

    def shoot(self, want_key: bool) -> Shot:
        """Draw and code one picture."""
        picture, self._first = self._first, None
        frame = av.video.frame.VideoFrame.from_ndarray(next(self._pictures) if picture is None else picture)
        frame = frame.reformat(self._coder.width, self._coder.height, "yuv420p")
        frame.pts, frame.time_base = self._count, self._coder.time_base
        if want_key:
            frame.pict_type = av.video.frame.PictureType.I
        packets = list(self._coder.encode(frame))
        key = any(packet.is_keyframe for packet in packets)
        data = (self.parameter_sets if key else b"") + b"".join(bytes(packet) for packet in packets)
        at_s = self._count / FRAMES_PER_S
        self._count += 1
        return Shot(data, key, at_s)

    def close(self) -> None:
        """Nothing to free that Python does not free."""


class ClipFilm:
    """The packets of an H.264 file, not decoded, over and over."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises ConfigError if it holds no H.264."""
        self._file = av.open(str(path))
        stream = self._file.streams.video[0]
        self._stream = stream
        self._step_s = float(1 / (stream.average_rate or FRAMES_PER_S))
        self._at_s, self._packets = 0.0, self._demux()
        first = next(self._packets)
        self._first: Shot | None = first
        units = first.data
        cut = units.find(b"\x00\x00\x01\x65")
        self.parameter_sets = units[: cut - (units[cut - 1] == 0)] if cut > 0 else b""

    def _demux(self) -> Iterator[Shot]:
        while True:
            before_s = self._at_s
            self._file.seek(0)
            annex_b = av.bitstream.BitStreamFilterContext("h264_mp4toannexb", self._stream)
            for raw in self._file.demux(self._stream):
                for packet in annex_b.filter(raw) if raw.size else ():
                    yield Shot(bytes(packet), packet.is_keyframe, self._at_s)
                    self._at_s += self._step_s
            if self._at_s == before_s:
                raise ConfigError(self._file.name, ["holds no picture"])

    def shoot(self, want_key: bool) -> Shot:
        """Return the next packet; a file's key pictures come when they come."""
        shot, self._first = self._first, None
        return next(self._packets) if shot is None else shot

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def drawn(view: Callable[[], SceneView]) -> DrawnFilm:
    """Return a film of the scene as `view` tells it at each picture."""

    def pictures() -> Iterator[Picture]:
        count = 0
        while True:
            yield draw(view(), phase_s=count / FRAMES_PER_S)
            count += 1

    return DrawnFilm(pictures())


def of_clip(path: Path) -> Film:
    """Return a film of a file: its packets if H.264, else decoded and coded anew. Raises ConfigError."""
    try:
        with av.open(str(path)) as file:
            codec = file.streams.video[0].codec_context.name
    except (av.error.FFmpegError, IndexError) as error:
        raise ConfigError(str(path), [f"is not a film that can be read: {error}"]) from error
    return ClipFilm(path) if codec == "h264" else DrawnFilm(_decoded(path))


def _decoded(path: Path) -> Iterator[Picture]:
    while True:
        with av.open(str(path)) as file:
            file.streams.video[0].codec_context.thread_count = 1
            count = 0
            for frame in file.decode(video=0):
                count += 1
                yield cast("Picture", frame.to_ndarray(format="rgb24"))
            if not count:
                raise ConfigError(str(path), ["holds no picture"])
