"""The camera witness as a gate sees it: a child process whose death costs nothing but its sightings."""

import asyncio
import base64
import contextlib
import logging
import math
import os
import random
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from sotdae_edge.config import CameraConfig
from sotdae_edge.ports import Seen
from sotdae_edge.vision import models
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.messages import ClipBody

log = logging.getLogger(__name__)

DRAWN_ZONE = (0.27, 0.38, 0.73, 0.74)
"""Where the space under the arm lies in the simulator's picture; a real camera names its own."""
_CAMERA = "arm"
_SILENCE_S = 20.0
"""The worker speaks every second; after so much silence it hangs. Loading a model is the longest pause."""
_GRACE_S = 2.0
_MAX_LINE_BYTES = 8 * 1024
_FATAL_EXIT = 2


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the worker could not do; fatal when trying again is of no use."""

    text: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class Unkept:
    """Why the worker's picture is not on disk; it sees all the same."""

    text: str


def parse_line(raw: bytes) -> Seen | Trouble | Unkept | None:
    """Understand one line of the worker; None is a mere sign of life. Raises WireError."""
    try:
        line = from_json(raw)  # unlike json.loads it lets no half of a surrogate pair into an alarm's text
    except ValueError as error:
        raise WireError(f"vision line {raw[:80]!r}: not JSON") from error
    try:
        return _meaning(line, raw)
    except OverflowError as error:
        raise WireError(f"vision line {raw[:80]!r}: a number beyond measure") from error


def _meaning(line: Any, raw: bytes) -> Seen | Trouble | Unkept | None:
    match line:
        case {"error": str(text)}:
            return Trouble(text[:500], line.get("fatal") is True)
        case {"unkept": str(text)}:
            return Unkept(text[:500])
        case {"alive": True} | {"ready": True}:
            return None
        case {"mono": int() | float() as mono, "score": int() | float() as score} if (
            math.isfinite(mono) and 0 <= score <= 1 and bool not in (type(mono), type(score))
        ):
            occupied, model = line.get("occupied"), line.get("model")
            if isinstance(occupied, bool) and isinstance(model, str):
                return Seen(float(mono), occupied, float(score), model[:64])
    raise WireError(f"vision line {raw[:80]!r}: neither a sighting nor a sign of life")


class ChildEyes:
    """Runs the vision worker, starts it again when it dies, ends it on cancel."""

    def __init__(self, camera: CameraConfig, snapshot: Path, dice: random.Random | None = None) -> None:
        """Watch a camera; the worker keeps its latest picture in `snapshot`."""
        self._camera, self._snapshot = camera, snapshot
        self._zone = ",".join(str(side) for side in camera.zone or DRAWN_ZONE)
        dice = dice or random.Random()  # noqa: S311 - jitter
        self._backoff = Backoff(dice, first_s=0.5, floor=0.5)
        self._pictured, self._picture_due = _modified(snapshot), 0.0
        self.problem: str | None = None
        """What keeps the camera from being a witness now, and what to do; None while it sees."""
        self.unkept: str | None = None
        """Why there is no new picture to send, though it sees; None once there is one."""
        self.child_pid: int | None = None
        self.restarts = 0
        self.bad_lines = 0

    async def sightings(self) -> AsyncIterator[Seen]:
        """Yield what is seen. Ends only when a person must mend something: see `problem`."""
        while True:
            try:
                command = self._command()
            except ConfigError as error:
                self._trouble(str(error))
                return
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_MAX_LINE_BYTES,
            )
            self.child_pid = child.pid
            try:
                async with contextlib.aclosing(self._heard(child)) as heard:
                    async for seen in heard:
                        yield seen
                code = await _end(child)
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
            if code == _FATAL_EXIT:
                return
            if self.problem is None:
                self._trouble(f"the vision process ended with code {code}; it is started again")
            self.restarts += 1
            await asyncio.sleep(self._backoff.wait_s())

    def picture(self, now: float) -> ClipBody | None:
        """Return the worker's newest picture when one is due and there is a new one; `now` in seconds."""
        modified = _modified(self._snapshot)
        if now < self._picture_due or modified is None or modified == self._pictured:
            return None
        try:
            raw = self._snapshot.read_bytes()
            clip = ClipBody(
                camera=_CAMERA,
                media="image/jpeg",
                taken_at=datetime.fromtimestamp(modified, UTC),
                data=base64.b64encode(raw),
            )
        except (OSError, ValueError, OverflowError) as error:  # a file's time may be any number
            log.warning("picture %s: %s", self._snapshot, error)
            return None
        self._picture_due, self._pictured, self.unkept = now + self._camera.every_s, modified, None
        return clip

    def _command(self) -> list[str]:
        command = [
            sys.executable,
            "-m",
            "sotdae_edge.vision.worker",
            "--url",
            self._camera.url,
            "--zone",
            self._zone,
        ]
        command += ["--model", str(models.locate(self._camera.model, os.environ))]
        return [*command, "--snapshot", str(self._snapshot)]

    def _trouble(self, text: str) -> None:
        if self.problem != text:
            log.warning("camera: %s. The gate goes on with loop and curtain", text)
        self.problem = text

    async def _heard(self, child: asyncio.subprocess.Process) -> AsyncGenerator[Seen, None]:
        """Yield sightings until the child falls silent, ends, or speaks without end."""
        while child.stdout is not None:
            try:
                async with asyncio.timeout(_SILENCE_S):
                    raw = await child.stdout.readline()
            except TimeoutError:
                self._trouble(f"the vision process was silent for {_SILENCE_S:.0f} s; it is started again")
                return
            except ValueError:
                self.bad_lines += 1
                return
            if not raw:
                return
            seen = self._understood(raw)
            if seen is not None:
                yield seen

    def _understood(self, raw: bytes) -> Seen | None:
        try:
            said = parse_line(raw)
        except WireError:
            self.bad_lines += 1
            return None
        if isinstance(said, Seen):
            self.problem = None
            self._backoff.reset()
            return said
        if isinstance(said, Trouble):
            self._trouble(said.text)
        elif isinstance(said, Unkept):
            if self.unkept is None:
                log.warning("camera: %s. It sees; its pictures are not sent", said.text)
            self.unkept = said.text
        return None


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


async def _end(child: asyncio.subprocess.Process) -> int:
    """Return the exit code of a child that has closed its output; kill it if it does not end."""
    try:
        async with asyncio.timeout(_GRACE_S):
            return await child.wait()
    except TimeoutError:
        child.kill()
        return await child.wait()
