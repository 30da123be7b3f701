"""The controller in a technician's hands while no agent runs: read, fed, warned; moved only by a stroke.

A thread of its own keeps reading, feeding and renewing the warnings, whatever the questions on the screen
wait for. The signs show closed all the while: nobody decides here. When the process dies, nobody feeds, and
the controller's own watchdog closes the warnings.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from sotdae_edge.config import DeviceConfig, GateConfig
from sotdae_edge.core import riverside
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.effects import Motion, Warn
from sotdae_edge.core.hazard import Sensing
from sotdae_edge.stopping import unless_stopped
from sotdae_firmware_bridge.device import PointDevice
from sotdae_firmware_bridge.lines import Line, Serial, Tcp
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.reach import reach
from sotdae_shared.errors import LinkError
from sotdae_shared.samples import Sample

FEED_S = 0.5
RENEW_S = 1.0
"""The warnings are written again this often, as the agent does: a controller that restarted has forgotten."""
LEAVE_S = 3.0
CLOSED = Warn(closed=True, siren=False, caution=False)
DARK = Warn(closed=False, siren=False, caution=False)
T = TypeVar("T")


class Hands:
    """The controller, read all the time. Its coroutines run in its own thread, by `do`."""

    def __init__(self, config: GateConfig, monotonic: Callable[[], float]) -> None:
        """Prepare; nothing is sent before `start`."""
        self.config, self.now = config, monotonic
        self.device = device_of(config.device)
        self.sensing = Sensing.of(config.site, monotonic())
        self.ways = [ApproachState.of(spec) for spec in config.approaches]
        self.points: Mapping[str, Sample] = {}
        self.heard_at: float | None = None
        self.problem = ""
        """Why the controller is not heard; empty while it is."""
        self.feeding = True
        self._wanted = CLOSED
        self._read_once = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="controller", daemon=True)
        self._keeping: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to read, to feed, and to show closed."""
        self._thread.start()
        self.do(self._begin())

    def close(self) -> None:
        """Stop every arm, leave the signs closed, and let go; the unfed controller holds them closed."""
        with suppress(asyncio.CancelledError):
            self.do(self._leave(), LEAVE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LEAVE_S)
        if not self._thread.is_alive():
            self._loop.close()

    def do(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run a coroutine beside the reading, and wait. An interruption cancels it and waits for its end.

        Raises:
            CancelledError: if it did not end within `timeout_s`.
        """
        ended, made = threading.Event(), list[asyncio.Task[T]]()

        def begin() -> None:
            made.append(task := self._loop.create_task(work))
            task.add_done_callback(lambda _: ended.set())

        try:
            self._loop.call_soon_threadsafe(begin)
            ended.wait(timeout_s)
        finally:
            if not ended.is_set():  # interrupted, or too late: what runs may still have to stop an arm
                self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in made])
                ended.wait(LEAVE_S)
        return made[0].result()

    @property
    def heard(self) -> bool:
        """Whether the controller has answered lately."""
        return self.heard_at is not None and self.now() < self.heard_at + self.config.times.device_silent

    def value(self, point: str) -> float | None:
        """Return a point as last read; None where it is not known."""
        sample = self.points.get(point) if self.heard else None
        return None if sample is None else sample.value

    async def warn(self, wanted: Warn) -> None:
        """Show these warnings from now on. LinkError if the controller does not acknowledge."""
        self._wanted = wanted
        await self._renew()

    async def scan(self) -> None:
        """Wait for the next reading, or for a poll's time where none comes."""
        polls = 3 * self.config.device.poll_s
        with suppress(TimeoutError):
            async with asyncio.timeout(polls + self.config.device.timeout_s):
                await self._read_once.wait()

    async def stop_arms(self) -> None:
        """Tell every arm to stop; without a permit the controller stops them all the same."""
        orders: dict[str, float] = {f"{way.spec.prefix}drive": int(Motion.STOP) for way in self.ways}
        with suppress(LinkError):
            await self.write(orders)

    async def write(self, orders: Mapping[str, float]) -> None:
        """Write; an interruption that comes with the answer is not lost. LinkError without an answer."""
        await unless_stopped(self.device.write(orders))

    async def _begin(self) -> None:
        self._keeping = [asyncio.create_task(self._read()), asyncio.create_task(self._hold())]

    async def _leave(self) -> None:
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await self.stop_arms()
        self._wanted = CLOSED
        with suppress(LinkError):
            await self._renew()
        await self.device.close()

    async def _read(self) -> None:
        while True:
            began = self.now()
            try:
                self.points, self.problem = await unless_stopped(self.device.read()), ""
            except LinkError as error:
                self.problem = str(error)
            else:
                self._take(self.now())
            await asyncio.sleep(max(0.0, began + self.config.device.poll_s - self.now()))

    def _take(self, now: float) -> None:
        self.heard_at = now
        self.sensing.take(self.points, now)
        for way in self.ways:
            way.take(self.points, self.config.times, now)
        self._read_once.set()
        self._read_once = asyncio.Event()

    async def _hold(self) -> None:
        fed, renew_at = 0, 0.0
        while True:
            with suppress(LinkError):
                if self.feeding and "feed" in self.device.profile.points:
                    fed = (fed + 1) % 65536
                    await self.write({"feed": fed})
                if self.now() >= renew_at:
                    await self._renew()
                    renew_at = self.now() + RENEW_S
            await asyncio.sleep(FEED_S)

    async def _renew(self) -> None:
        warn = self._wanted
        orders: dict[str, float] = {
            "warn_closed": warn.closed, "warn_siren": warn.siren, "warn_caution": warn.caution,
        }  # fmt: skip
        if self.config.riverside is not None:
            orders[riverside.VOICE] = int(warn.voice)
        await self.write(orders)


def device_of(config: DeviceConfig) -> PointDevice:
    """Return the device of a gate's file, reached as its agent does. ConfigError if that cannot be."""
    line: Line = Tcp(config.host, config.port)
    if config.serial is not None:
        line = Serial(config.serial, config.baud, config.parity)
    return reach(load(config.profile), line, config.speaks, config.timeout_s)
