"""The gate's runner: one queue, one consumer. Protection never waits for network, disk or camera."""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from sotdae_edge.app import words
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.app.stopping import unless_stopped
from sotdae_edge.config import GateConfig
from sotdae_edge.core.alarms import AlarmBook
from sotdae_edge.core.effects import Alarm, Answer, Decided, Drive, Effect, Save, Warn
from sotdae_edge.core.events import (
    BadCommand,
    CommandCame,
    Event,
    HubHeard,
    LinkLost,
    NonceAsked,
    Scan,
    Sighting,
)
from sotdae_edge.core.gate import Gate
from sotdae_edge.ports import Clock, Device, Eyes, Inbound, StateStore, Uplink, Watchdog
from sotdae_edge.record.journal import Journal
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import CommandBody, Kind, QueryBody
from sotdae_shared.samples import Sample
from sotdae_shared.wire import decode_down

log = logging.getLogger(__name__)

QUEUE = 64
STALE_S = 0.25
"""A scan that waited longer than this is dropped: its lane devices are no longer fresh."""
PERSIST_S = 0.2
"""Persist for at most this long, then act anyway (DESIGN 3.6)."""
FEED_S = 0.5
TELEMETRY_S = 1.0
HEALTH_S = 2.0
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
    session: int = 0
    late_scans: int = 0
    device_failing: bool = False
    persist_failing: bool = False
    blind_eyes: bool = False

    async def run(self) -> None:
        """Run until cancelled.

        A programming error stops everything: the supervisor restarts the agent, and meanwhile the
        controller's watchdog puts the warnings to closed.
        """
        self.recorder.say(Kind.REPORT, words.birth(self.config, None))
        async with asyncio.TaskGroup() as tasks:
            if self.journal is not None:
                self.journal.begin(self.gate)
                tasks.create_task(self.journal.run(), name="journal")
            tasks.create_task(self._decide(), name="decide")
            tasks.create_task(self._poll(), name="poll")
            tasks.create_task(self.recorder.run(), name="record")
            tasks.create_task(self._report(), name="report")
            if self.uplink is not None:
                tasks.create_task(self._listen(self.uplink), name="listen")
                tasks.create_task(self._watch_link(self.uplink), name="watch-link")
            if self.eyes is not None:
                tasks.create_task(self._look(self.eyes), name="look")

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

    def _note_device(self, error: LinkError | None) -> None:
        if (error is not None) != self.device_failing:
            log.warning("controller: %s", error or "answers again")
        self.device_failing = error is not None

    async def _look(self, eyes: Eyes) -> None:
        async for sighting in eyes.sightings():
            await self.queue.put((Sighting(sighting.occupied, sighting.score, sighting.model), sighting.mono))

    async def _decide(self) -> None:
        """The only owner of the gate."""
        while True:
            now = self.clock.monotonic()
            deadline = self.gate.next_deadline(now)
            # A gate that waits for nothing still feeds.
            due = now + FEED_S if deadline is None else min(deadline, now + FEED_S)
            try:
                async with asyncio.timeout(max(0.0, due - now)):
                    event, at = await self.queue.get()
            except TimeoutError:
                # A timer may fire a hair early; what was due must still be due.
                now = max(self.clock.monotonic(), due)
                await self._do(self._give(None, now))
                await self._feed_watchdog(now)
                continue
            now = self.clock.monotonic()
            if isinstance(event, Scan | Sighting) and now - at > STALE_S:
                self.late_scans += 1
                effects = self._give(None, now)
            else:
                if isinstance(event, Scan):
                    self.points = event.points
                effects = self._give(event, now)
            await self._do(effects)
            await self._feed_watchdog(now)

    def _give(self, event: Event | None, now: float) -> list[Effect]:
        """Give the gate an event, or time alone, and put that and its answer on record."""
        effects = self.gate.tick(now) if event is None else self.gate.handle(event, now)
        if self.journal is not None:
            self.recording = self.journal.note(event, now, effects, self.gate)
        return effects

    async def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Save(memento=memento):
                    await self._persist(memento)
                case Warn(closed=closed, siren=siren, caution=caution):
                    await self._warn(closed, siren, caution)
                case Drive(motion=motion):
                    self.permit = (self.permit + 1) % 65536
                    await self._write({"drive": int(motion), "permit": self.permit})
                case Decided() | Alarm() | Answer():
                    self._say(effect)

    def _say(self, effect: Decided | Alarm | Answer) -> None:
        self.recorder.say(*words.said(effect))
        if isinstance(effect, Decided):
            log.info("%s -> %s: %s", effect.previous, effect.state, "; ".join(effect.because))

    async def _write(self, values: Mapping[str, float]) -> None:
        try:
            await unless_stopped(self.device.write(values))
        except LinkError as error:
            # The gate asks again within a second, and the controller stops an arm without a permit.
            self._note_device(error)

    async def _warn(self, closed: bool, siren: bool, caution: bool) -> None:
        """Write the warnings; what the watchdog holds closed stays so until it lets go."""
        held = self.watchdog is not None and self.watchdog.holds(self.clock.monotonic())
        await self._write(
            {"warn_closed": closed or held, "warn_siren": siren or held, "warn_caution": caution}
        )

    async def _feed_watchdog(self, now: float) -> None:
        """Fed only from here, so that a gate that has stopped deciding is noticed."""
        if self.watchdog is not None:
            self.watchdog.feed(self.clock.monotonic(), obeyed=not self.device_failing)
        if now < self.feed_due or self.device_failing:
            return
        self.feed, self.feed_due = (self.feed + 1) % 65536, now + FEED_S
        await self._write({"feed": self.feed})

    async def _persist(self, memento: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PERSIST_S
        saving = loop.run_in_executor(self.saver, self.store.save, rfc8785.dumps(memento))
        try:
            await unless_stopped(asyncio.wait_for(asyncio.shield(saving), PERSIST_S))
        except TimeoutError:
            saving.add_done_callback(_swallow)
            self._note_persist("slower than 200 ms; acting anyway")
        except LinkError as error:
            self._note_persist(str(error))
        else:
            self.persist_failing = False
        await self._await_record(until - loop.time())

    async def _await_record(self, seconds: float) -> None:
        """Both are written at once: state and record together delay an act by 200 ms at most."""
        if self.journal is None or self.recording is None or self.journal.failing:
            return
        _, late = await asyncio.wait([self.recording], timeout=max(0.0, seconds))
        if late:
            self.journal.late()

    def _note_persist(self, problem: str) -> None:
        if not self.persist_failing:
            log.error("state: %s", problem)
            self._say(Alarm("state.unsaved", 2, True, problem))
        self.persist_failing = True

    async def _listen(self, uplink: Uplink) -> None:
        async for inbound in uplink.inbound():
            now = self.clock.monotonic()
            await self._note_session(uplink)
            await self.queue.put((HubHeard(), now))
            event = self._understand(inbound, uplink)
            if event is not None:
                await self.queue.put((event, now))

    def _understand(self, inbound: Inbound, uplink: Uplink) -> Event | None:
        try:
            body = decode_down(inbound.kind, inbound.raw)
        except WireError as error:
            return BadCommand(str(error)[:200]) if inbound.kind is Kind.COMMAND else None
        match body:
            case CommandBody():
                live = inbound.session == uplink.session
                wall_s = self.clock.wall().timestamp()
                return CommandCame(body, inbound.retained, live, wall_s, self.clock.trust())
            case QueryBody(query="nonce"):
                return NonceAsked(body.id, secrets.token_hex(16))
            case QueryBody():
                self.recorder.say(Kind.REPORT, words.birth(self.config, body.id))
        return None

    async def _watch_link(self, uplink: Uplink) -> None:
        """Tell the gate of hub life and of lost connections; both only ever make it more careful."""
        heard = uplink.acks
        while True:
            await asyncio.sleep(1.0)
            if uplink.acks != heard:
                heard = uplink.acks
                await self.queue.put((HubHeard(), self.clock.monotonic()))
            await self._note_session(uplink)

    async def _note_session(self, uplink: Uplink) -> None:
        """A nonce given over a connection that has ended is void, before any order of the next one."""
        if uplink.session != self.session:
            self.session = uplink.session
            await self.queue.put((LinkLost(), self.clock.monotonic()))

    async def _report(self) -> None:
        """Telemetry every second, health every two and whenever the barrier's state changes."""
        health_due, state = 0.0, None
        while True:
            now = self.clock.monotonic()
            self.recorder.say(Kind.TELEMETRY, words.telemetry(self.gate, self.points, now))
            if now >= health_due or state is not self.gate.state:
                health_due, state = now + HEALTH_S, self.gate.state
                await self._say_health(now)
            if self.eyes is not None:
                self._report_eyes(self.eyes, now)
            if self.watchdog is not None:
                for alarm in self.watched.settle(self.watchdog.conditions(now)):
                    self._say(alarm)
            await asyncio.sleep(TELEMETRY_S)

    def _report_eyes(self, eyes: Eyes, now: float) -> None:
        if (clip := eyes.picture(now)) is not None:
            self.recorder.say(Kind.CLIP, clip)
        if (eyes.problem is not None) != self.blind_eyes:
            self.blind_eyes = not self.blind_eyes
            self._say(
                Alarm("camera.unavailable", 4, self.blind_eyes, eyes.problem or "the camera sees again")
            )

    async def _say_health(self, now: float) -> None:
        loop = asyncio.get_running_loop()
        stats = await loop.run_in_executor(self.recorder.worker, self.recorder.outbox.stats)
        self.recorder.say(Kind.HEALTH, words.health(self.gate, stats, self.recorder.lost, now))


def _swallow(saving: asyncio.Future[None]) -> None:
    """Take the result of a save that came too late, so that its error is not reported as unhandled."""
    if not saving.cancelled():
        saving.exception()
