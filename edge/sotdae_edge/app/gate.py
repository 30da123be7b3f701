"""The gate's runner: one queue, one consumer. Protection never waits for network, disk or camera."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from sotdae_edge.app import panel, reporting, words
from sotdae_edge.app.denying import Denying
from sotdae_edge.app.display import Display
from sotdae_edge.app.drift import Drift
from sotdae_edge.app.ears import Ears
from sotdae_edge.app.keeping import PERSIST_S, Keeper
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.app.tolerance import Helpers
from sotdae_edge.config import GateConfig
from sotdae_edge.core import lane, riverside
from sotdae_edge.core.alarms import AlarmBook
from sotdae_edge.core.effects import Alarm, Answer, Decided, Drive, Effect, Lock, Save, Warn
from sotdae_edge.core.events import (
    ClockTold,
    Event,
    Scan,
    Sighting,
)
from sotdae_edge.core.gate import Gate
from sotdae_edge.panel.snapshot import DecisionSeen
from sotdae_edge.ports import Clock, Device, Eyes, OutboxStats, Panel, StateStore, Uplink, Watchdog
from sotdae_edge.record.journal import Journal
from sotdae_edge.stopping import unless_stopped
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import ClockTrust, DecisionBody, Kind, ReportBody
from sotdae_shared.samples import Sample

log = logging.getLogger(__name__)

QUEUE = 64
STALE_S = 0.25
"""A scan older than this says nothing of the lane: its loop and curtain are no longer fresh."""
DROP_S = 1.0
"""A scan older than this says nothing at all."""
SLOW_S = 10.0
"""How long a late scan keeps its alarm."""
FEED_S = 0.5
TELL_TIME_S = 60.0
RETRY_S = 0.2


@dataclass(slots=True)
class GateApp:
    """Feeds events to the gate and carries out what it asks for."""

    gate: Gate
    config: GateConfig
    device: Device
    recorder: Recorder
    store: StateStore
    clock: Clock
    saver: Executor
    """The thread of the state store; the outbox has its own, in the recorder."""
    uplink: Uplink | None = None
    eyes: Eyes | None = None
    watchdog: Watchdog | None = None
    """A process of its own, beside the controller's watchdog."""
    panel: Panel | None = None
    journal: Journal | None = None
    """The decision record of this gate."""
    recording: asyncio.Future[None] | None = None
    """Ends when the gate's last answer is on record, if that is worth waiting for."""
    watched: AlarmBook = field(default_factory=AlarmBook)
    points: Mapping[str, Sample] = field(default_factory=dict)
    queue: asyncio.Queue[tuple[Event, float]] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    permit: int = 0
    feed: int = 0
    feed_due: float = 0.0
    helpers: Helpers = field(default_factory=Helpers)
    display: Display = field(default_factory=Display)
    """What only people look at: it may fail."""
    drift: Drift | None = None
    """Watches what each channel reads on a dry road."""
    denying: Denying | None = None
    """Tells the gate which keys count no more."""
    slow_until: float = 0.0
    """Until then the controller counts as slow: its scans came too late to prove the lane."""
    keeper: Keeper = field(init=False)
    ears: Ears = field(init=False)
    device_failing: bool = False
    lost: tuple[str, ...] = ()
    """What the gate was last told is lost of the agent."""
    stats: OutboxStats | None = None
    """The outbox as last counted; None when the disk does not answer."""
    recent: deque[DecisionSeen] = field(default_factory=lambda: deque(maxlen=panel.REMEMBERED))
    """The last decisions, newest first."""

    def __post_init__(self) -> None:
        """Keep what the gate remembers in its store; hear for it."""
        self.keeper = Keeper(self.store, self.saver)
        self.ears = Ears(self.queue, self.clock, self._say_birth)

    async def run(self) -> None:
        """Run until cancelled.

        Only deciding and polling can end the agent: then the supervisor restarts it, and meanwhile the
        watchdogs put the warnings to closed. Everything else may fail and is started again.
        """
        self._say_birth(None)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._decide(), name="decide")
                tasks.create_task(self._poll(), name="poll")
                for name, make in self._helpers().items():
                    tasks.create_task(self.helpers.keep(name, make), name=name)
        finally:
            # Who decides may have spoken after the recorder was stopped.
            await self.recorder.finish()

    def _helpers(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return what runs beside protection, and must never end it."""
        made: dict[str, Callable[[], Awaitable[None]]] = {
            "recorder": self.recorder.run,
            "report": lambda: reporting.run(self),
            "time": self._tell_time,
            "estimate": lambda: self.display.run(self.gate, self.clock),
        }
        if (drift := self.drift) is not None:
            made["drift"] = lambda: drift.run(self.gate, self.clock)
        if (denying := self.denying) is not None:
            made["denying"] = lambda: denying.run(self.queue, self.clock)
        if (journal := self.journal) is not None:
            journal.begin(self.gate)
            made["record"] = journal.run
        if (uplink := self.uplink) is not None:
            made["orders"] = lambda: self.ears.listen(uplink)
            made["link"] = lambda: self.ears.watch_link(uplink)
        if (eyes := self.eyes) is not None:
            made["camera"] = lambda: self._look(eyes)
            made["pictures"] = lambda: reporting.picture(self, eyes)
        if (screen := self.panel) is not None:
            made["panel"] = lambda: screen.run(self.ears.take_local, lambda: panel.shown(self))
        return made

    def _say_birth(self, re: str | None) -> None:
        self.recorder.say(Kind.REPORT, words.birth(self.config, self.gate.site, re))

    async def _poll(self) -> None:
        due = self.clock.monotonic()
        while True:
            due = max(due + self.config.device.poll_s, self.clock.monotonic())
            started = self.clock.monotonic()
            try:
                points = await unless_stopped(self.device.read())
            except LinkError as error:
                self._note_device(error)
                await asyncio.sleep(RETRY_S)
                continue
            self._note_device(None)
            await self.queue.put((Scan(points), started))
            await asyncio.sleep(max(0.0, due - self.clock.monotonic()))

    async def _tell_time(self) -> None:
        """Tell the gate the time of day every minute, as long as it can be trusted."""
        while True:
            if self.clock.trust() is ClockTrust.SYNCED:
                told = ClockTold(self.clock.wall().timestamp())
                await self.queue.put((told, self.clock.monotonic()))
            await asyncio.sleep(TELL_TIME_S)

    def _note_device(self, error: LinkError | None) -> None:
        if (error is not None) != self.device_failing:
            log.warning("controller: %s", error or "answers again")
        self.device_failing = error is not None

    async def _look(self, eyes: Eyes) -> None:
        approach = "" if self.config.camera is None else self.config.camera.approach
        async for sighting in eyes.sightings():
            seen = Sighting(sighting.occupied, sighting.score, sighting.model, approach)
            await self.queue.put((seen, sighting.mono))

    async def _decide(self) -> None:
        """The only owner of the gate. What was due comes before what was heard later."""
        now = self.clock.monotonic()
        while True:
            deadline = self.gate.next_deadline(now)
            # A gate that waits for nothing still feeds.
            due = now + FEED_S if deadline is None else min(deadline, now + FEED_S)
            heard = await self._heard_until(due)
            now = self.clock.monotonic()
            # What was heard by then comes first: a car must not wait for the drive that it forbids.
            if late := heard is None or now > due < heard[1]:
                # A timer may fire a hair early; what was due must still be due.
                now = max(now, due)
                await self._do(self._give(None, now))
            if heard is not None:
                now = self.clock.monotonic() if late else now
                await self._do(self._give(self._as_of(*heard, now), now))
            await self._feed_watchdog(now)

    async def _heard_until(self, due: float) -> tuple[Event, float] | None:
        """Return the next event with its time, or None if there is none until then."""
        try:
            async with asyncio.timeout(max(0.0, due - self.clock.monotonic())):
                return await self.queue.get()
        except TimeoutError:
            return None

    def _as_of(self, event: Event, at: float, now: float) -> Event | None:
        """Return what an event of the time `at` still says now.

        Water ages slowly, a lane does not: a late scan is taken without its loop and curtain.
        """
        age_s = now - at
        if isinstance(event, Sighting):
            return event if age_s <= STALE_S else None
        if not isinstance(event, Scan):
            return event
        if age_s > STALE_S:
            self.slow_until = now + SLOW_S
        if age_s > DROP_S:
            return None
        self.points = event.points
        if age_s <= STALE_S:
            return event
        lanes = {point for spec in self.gate.site.approaches for point in lane.points(spec)}
        return Scan({name: sample for name, sample in event.points.items() if name not in lanes})

    def _give(self, event: Event | None, now: float) -> list[Effect]:
        """Give the gate an event, or time alone, and put that and its answer on record."""
        effects = self.gate.tick(now) if event is None else self.gate.handle(event, now)
        if self.journal is not None:
            self.recording = self.journal.note(event, now, effects, self.gate)
        return effects

    async def _do(self, effects: Sequence[Effect]) -> None:
        # Closing the warnings waits for no disk: whoever starts without the memento sees the water again.
        try:
            for effect in sorted(effects, key=lambda each: not (isinstance(each, Warn) and each.closed)):
                await self._act(effect)
        finally:
            # A stop that comes meanwhile must not swallow what was decided: it is on record.
            for effect in effects:
                if isinstance(effect, Decided | Alarm | Answer):
                    self.say(effect)

    async def _act(self, effect: Effect) -> None:
        match effect:
            case Save(memento=memento):
                await self._persist(memento)
            case Warn():
                await self._warn(effect)
            case Lock(engaged=engaged, approach=approach):
                await self._write({f"{self.gate.site.prefix_of(approach)}lock": engaged})
            case Drive(motion=motion, approach=approach):
                self.permit = (self.permit + 1) % 65536
                start = self.gate.site.prefix_of(approach)
                await self._write({f"{start}drive": int(motion), f"{start}permit": self.permit})

    def say(self, effect: Decided | Alarm | Answer) -> None:
        """Put on its way what the gate decided, or what is wrong with the agent; the panel sees it too."""
        kind, body = words.said(effect)
        self.recorder.say(kind, body)
        if isinstance(body, DecisionBody):
            self.recent.appendleft(panel.decision_seen(body, self.clock.wall()))
        if self.panel is not None and isinstance(body, DecisionBody | ReportBody):
            self.panel.told(body)
        if isinstance(effect, Decided):
            log.info("%s -> %s: %s", effect.previous, effect.state, "; ".join(effect.because))
            if effect.decision == "policy" and effect.verdict == "accepted":
                self._say_birth(None)

    async def _write(self, values: Mapping[str, float]) -> None:
        try:
            await unless_stopped(self.device.write(values))
        except LinkError as error:
            # The gate asks again within a second, and the controller stops an arm without a permit.
            self._note_device(error)

    async def _warn(self, warn: Warn) -> None:
        """Write the warnings; what the watchdog holds closed stays so until it lets go."""
        held = self.watchdog is not None and self.watchdog.holds(self.clock.monotonic())
        orders: dict[str, float] = {
            "warn_closed": warn.closed or held,
            "warn_siren": warn.siren or held,
            "warn_caution": warn.caution,
        }
        if self.gate.site.riverside is not None:
            orders[riverside.VOICE] = int(warn.voice)
        await self._write(orders)

    async def _feed_watchdog(self, now: float) -> None:
        """Fed only from here, and only while the gate hears its controller.

        A gate that has stopped deciding, or decides without seeing, must be noticed.
        """
        sees = self.gate.heard(now) and not self.device_failing
        if self.watchdog is not None:
            self.watchdog.feed(self.clock.monotonic(), obeyed=sees)
        if now < self.feed_due or not sees:
            return
        self.feed, self.feed_due = (self.feed + 1) % 65536, now + FEED_S
        await self._write({"feed": self.feed})

    async def _persist(self, memento: dict[str, Any]) -> None:
        until = self.clock.monotonic() + PERSIST_S
        await self.keeper.save(memento)
        await self._await_record(until - self.clock.monotonic())

    async def _await_record(self, seconds: float) -> None:
        """Both are written at once: state and record together delay an act by 200 ms at most."""
        if self.journal is None or self.recording is None or self.journal.failing:
            return
        _, late = await asyncio.wait([self.recording], timeout=max(0.0, seconds))
        if late:
            self.journal.late()
