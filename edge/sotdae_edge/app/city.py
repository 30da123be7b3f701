"""The city agent's runner: home alarms, a river gauge and camera health; no barrier."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from sotdae_edge.app import words
from sotdae_edge.app.homes import home_readings
from sotdae_edge.app.keeping import Keeper
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.app.slopes import reservoir_readings, slope_readings
from sotdae_edge.app.tolerance import Helpers
from sotdae_edge.config import CameraHealthConfig, CityConfig
from sotdae_edge.core.alarms import AlarmBook, Condition
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.home import Wet
from sotdae_edge.core.homes import Homes
from sotdae_edge.core.manners import Manners
from sotdae_edge.core.relays import Relays
from sotdae_edge.core.reservoir import Grade
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_edge.core.since import Since
from sotdae_edge.core.slope import Stage
from sotdae_edge.core.slopes import Slopes
from sotdae_edge.ports import CameraProbe, Clock, Device, Feed, OutboxStats, StateStore, Uplink
from sotdae_edge.stopping import unless_stopped
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import HealthBody, Kind, QueryBody, Reading, ReportBody, TelemetryBody
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag, Unit
from sotdae_shared.wire import decode_down

log = logging.getLogger(__name__)

TELEMETRY_S = 1.0
HEALTH_S = 2.0
CAMERAS_S = 10.0
REPLY_S = 0.2
"""A network server that has the reply within a second can send it in the device's first window."""
CAMERAS_AT_ONCE = 50
UPLINKS_LOST_S = 10.0
"""Longer than the longest wait between two tries. A silent device would be missed only after hours."""


@dataclass(slots=True)
class CityApp:
    """Relays what the city's small devices say, and groups homes into area incidents on its own."""

    homes: Homes
    config: CityConfig
    device: Device
    recorder: Recorder
    store: StateStore
    clock: Clock
    saver: Executor
    """The thread of the state store; the outbox has its own, in the recorder."""
    probe: CameraProbe
    uplink: Uplink | None = None
    feed: Feed | None = None
    """Points that come by themselves, beside those of the device."""
    slopes: Slopes = field(default_factory=lambda: Slopes((), "", 0.0))
    reservoirs: Reservoirs = field(default_factory=lambda: Reservoirs((), 0.0))
    relays: Relays = field(default_factory=lambda: Relays((), {}))
    helpers: Helpers = field(default_factory=Helpers)
    queries: Manners = field(default_factory=lambda: Manners(1.0, 20))
    watched: AlarmBook = field(default_factory=AlarmBook)
    """Alarms of the agent itself."""
    born: float = 0.0
    points: Mapping[str, Sample] = field(default_factory=dict)
    cameras: dict[str, bool | None] = field(default_factory=dict)
    since: Since = field(default_factory=Since)
    keeper: Keeper = field(init=False)
    saved: int = 0
    """Revision of the homes that was last given to the store."""
    unsaid: bool = False
    """Whether something waits for the disk before it is said."""

    def __post_init__(self) -> None:
        """Keep what a restart must remember in the store."""
        self.keeper = Keeper(self.store, self.saver)

    async def run(self) -> None:
        """Run until cancelled."""
        self.recorder.say(Kind.REPORT, self._birth(None))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._poll(), name="poll")
                for name, make in self._helpers().items():
                    tasks.create_task(self.helpers.keep(name, make), name=name)
        finally:
            # Who decides may have spoken after the recorder was stopped.
            await self.recorder.finish()

    def _helpers(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return what runs beside the alarms, and must never end them."""
        made: dict[str, Callable[[], Awaitable[None]]] = {
            "recorder": self.recorder.run,
            "report": self._report,
            "cameras": self._watch_cameras,
        }
        if (uplink := self.uplink) is not None:
            made["orders"] = lambda: self._listen(uplink)
        if (feed := self.feed) is not None:
            made["uplinks"] = feed.run
            made["replies"] = lambda: self._reply(feed)
        return made

    async def _poll(self) -> None:
        failing = False
        while True:
            try:
                self.points, failed = await unless_stopped(self.device.read()), None
            except LinkError as error:
                self.points, failed = {}, error
            if (failed is not None) != failing:
                failing = not failing
                log.warning("concentrator: %s", failed or "answers again")
            if self.feed is not None:
                self.points = {**self.points, **self.feed.points}
            now = self.clock.monotonic()
            if not self.recorder.waiting:
                self.homes.noted()
            self.relays.take(self.points, now)
            watched = (self.homes, self.slopes, self.reservoirs)
            await self._say([effect for each in watched for effect in each.take(self.points, now)])
            await asyncio.sleep(self.config.device.poll_s)

    async def _say(self, effects: Sequence[Alarm | Decided]) -> None:
        self.unsaid = True
        try:
            if self.homes.revision != self.saved or any(isinstance(effect, Decided) for effect in effects):
                self.saved = self.homes.revision
                # An alarm waits for the disk no longer than a gate's act does (DESIGN 3.6).
                await self.keeper.save(self._memento())
        finally:
            # A stop that comes meanwhile must not swallow what the state already holds.
            for effect in effects:
                self.recorder.say(*words.said(effect))
            self.unsaid = False

    def _memento(self) -> dict[str, Any]:
        return {
            "homes": self.homes.memento(self.clock.monotonic()).write(),
            "slopes": self.slopes.memento(),
            "reservoirs": self.reservoirs.memento(),
        }

    async def _report(self) -> None:
        health_due = 0.0
        while True:
            now = self.clock.monotonic()
            await self.keeper.retry()
            own = (self._river(), *home_readings(self.homes), *self._camera_readings())
            readings = [
                *own,
                *slope_readings(self.slopes, now),
                *reservoir_readings(self.reservoirs, now),
                *self.relays.readings(now),
            ]
            self.recorder.say(Kind.TELEMETRY, TelemetryBody(readings=tuple(readings)))
            if now >= health_due:
                health_due = now + HEALTH_S
                await self._say_health(now)
            await asyncio.sleep(TELEMETRY_S)

    def _river(self) -> Reading:
        sample = self.points.get("river_stage")
        value = None if sample is None else sample.value
        flag = Flag.MISSING if value is None else Flag.PASS
        return Reading(channel="river_stage", unit=Unit.CM, value=value, flag=flag)

    def _camera_readings(self) -> list[Reading]:
        return [
            Reading(
                channel=f"camera.{name}",
                unit=Unit.BOOL,
                value=None if alive is None else float(alive),
                flag=Flag.MISSING if alive is None else Flag.PASS,
            )
            for name, alive in self.cameras.items()
        ]

    async def _watch_cameras(self) -> None:
        self.cameras = {camera.name: None for camera in self.config.cameras}
        free = asyncio.Semaphore(CAMERAS_AT_ONCE)

        async def ask(camera: CameraHealthConfig) -> None:
            async with free:
                self.cameras[camera.name] = await self.probe.alive(camera.url)

        while True:
            await asyncio.gather(*(ask(camera) for camera in self.config.cameras))
            await asyncio.sleep(CAMERAS_S)

    async def _say_health(self, now: float) -> None:
        stats = await self._stats()
        for alarm in self.watched.settle(self._conditions(now), now):
            self.recorder.say(*words.said(alarm))
        slopes = self.slopes.states.values()
        known = any(state.known for state in self.homes.states.values())
        known = known or any(now < state.heard_until for state in slopes) or self.reservoirs.heard(now)
        wet = any(state.stage > Wet.DRY for state in self.homes.states.values())
        moves = max((state.stage for state in slopes), default=Stage.NORMAL)
        dams = max((state.grade for state in self.reservoirs.states.values()), default=Grade.NORMAL)
        close = bool(self.homes.areas.open) or moves is Stage.EVACUATE or dams is Grade.SERIOUS
        stage = "close" if close else "caution" if wet or moves or dams else "normal" if known else "unknown"
        books = (self.homes.alarms, self.slopes.alarms, self.reservoirs.alarms, self.watched)
        self.recorder.say(
            Kind.HEALTH,
            HealthBody(
                stage=stage,
                alarms=tuple(sorted({alarm for book in books for alarm in book.active})),
                uptime_s=round(now - self.born, 1),
                pending=stats.pending,
                dropped=stats.dropped + self.recorder.lost,
            ),
        )

    def _conditions(self, now: float) -> list[Condition]:
        """Return what is wrong with the agent itself."""
        found = [*self.helpers.conditions(), *self.keeper.conditions()]
        lost = self.feed is not None and not self.feed.connected
        if self.since.held("uplinks", lost, UPLINKS_LOST_S, now):
            text = "no line to the network server's broker: alarms of its devices do not come"
            found.append(Condition("uplinks.lost", 1, True, text))
        return found

    async def _stats(self) -> OutboxStats:
        try:
            return await self.recorder.stats()
        except LinkError:
            return self.recorder.in_memory()

    async def _reply(self, feed: Feed) -> None:
        """Tell devices that the hub holds their alarms, so that they stop repeating, and how often to speak.

        What is said after the replies were listed may still wait: it is answered at the next uplink.
        """
        while True:
            await asyncio.sleep(REPLY_S)
            replies = [] if self.unsaid or self.recorder.waiting else self.homes.replies()
            held = bool(replies) and (await self._stats()).safety == 0
            for reply in replies:
                if reply.asks and not held:
                    continue
                try:
                    await feed.tell(reply.point, reply.count, reply.heartbeat_s)
                except LinkError as error:
                    log.debug("reply: %s", error)
                else:
                    self.homes.replied(reply)

    async def _listen(self, uplink: Uplink) -> None:
        async for inbound in uplink.inbound():
            try:
                body = decode_down(inbound.kind, inbound.raw)
            except WireError as error:
                log.warning("query: %s", error)
                continue
            if not isinstance(body, QueryBody) or body.query != "birth":
                continue
            if self.queries.admit(self.clock.monotonic()):
                self.recorder.say(Kind.REPORT, self._birth(body.id))

    def _birth(self, re: str | None) -> ReportBody:
        data = {
            **words.place(self.config.facility),
            "homes": [home.name for home in self.config.homes],
            "slopes": [slope.name for slope in self.config.slopes],
            "reservoirs": [reservoir.name for reservoir in self.config.reservoirs],
        }
        return ReportBody(report="birth", re=re, data=data)
