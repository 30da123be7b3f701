"""The watchdog's loop: hear feeds, look at the time, write "closed". It reads nothing into its decision."""

import asyncio
import logging
from dataclasses import dataclass, field

from sotdae_edge.ports import Clock, Device
from sotdae_edge.stopping import unless_stopped
from sotdae_edge.watchdog.link import Link
from sotdae_edge.watchdog.systemd import Notifier
from sotdae_edge.watchdog.timer import HardwareTimer
from sotdae_edge.watchdog.watch import Watch
from sotdae_edge.watchdog.wire import NOTHING, Answer, Notes, decode_feed, encode_answer
from sotdae_shared.errors import LinkError, WireError

log = logging.getLogger(__name__)

CLOSED = {"warn_closed": 1.0, "warn_siren": 1.0}
"""All that it ever writes."""
LOOK_S = 0.25
"""It looks at least this often."""
PROVE_S = 5.0
"""While it has nothing to write it reads this often: a way that is never tried may be broken for months."""


@dataclass(slots=True)
class Runner:
    """One watchdog of one agent. The loop never waits for the controller: writing has a task of its own."""

    watch: Watch
    link: Link
    device: Device
    clock: Clock
    notifier: Notifier
    timer: HardwareTimer | None = None
    notes: Notes = NOTHING
    due: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    bad: int = 0
    """Feeds that could not be understood or believed."""

    async def run(self) -> None:
        """Run until cancelled; then the hardware timer is disarmed."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.link.fileno(), self.heard.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._reach(), name="reach")
                tasks.create_task(self._watch(), name="watch")
        finally:
            loop.remove_reader(self.link.fileno())
            self.notifier.stopping()
            self._disarm()

    async def _watch(self) -> None:
        self.notifier.ready()
        while True:
            self.heard.clear()
            now = self.clock.monotonic()
            self._listen(now)
            before = self.watch.holding
            if self.watch.tick(now):
                self.due.set()
            if self.watch.holding and not before:
                log.warning("the agent is silent: warnings to closed")
            self._pet(now)
            wait_s = min(LOOK_S, self.watch.next_deadline() - self.clock.monotonic())
            try:
                async with asyncio.timeout(max(0.0, wait_s)):
                    await self.heard.wait()
            except TimeoutError:
                continue

    def _listen(self, now: float) -> None:
        for raw, sender in self.link.received():
            before = self.watch.holding
            try:
                feed = decode_feed(raw)
            except WireError as error:
                self._refuse(str(error))
                continue
            if not self.watch.take(feed, now):
                self._refuse("a feed from the future")
                continue
            if before and not self.watch.holding:
                log.warning("the agent feeds steadily again: the warnings are its own")
            holding = Notes.HOLDING if self.watch.holding else NOTHING
            self.link.send(encode_answer(Answer(feed.count, self.notes | holding)), sender)

    def _refuse(self, why: str) -> None:
        self.bad += 1
        if self.bad == 1:
            log.warning("%s; further ones are only counted", why)

    async def _reach(self) -> None:
        """Write when told to; otherwise prove now and then that it could."""
        while True:
            try:
                async with asyncio.timeout(PROVE_S):
                    await self.due.wait()
            except TimeoutError:
                await self._try(prove=True)
                continue
            self.due.clear()
            await self._try(prove=False)

    async def _try(self, *, prove: bool) -> None:
        try:
            if prove:
                await unless_stopped(self.device.read())
            else:
                await unless_stopped(self.device.write(CLOSED))
        except LinkError as error:
            self._note_reach(error)
        else:
            self._note_reach(None)

    def _note_reach(self, error: LinkError | None) -> None:
        if (error is not None) != bool(self.notes & Notes.BLIND):
            log.warning("controller: %s", error or "answers again")
            self.notes ^= Notes.BLIND

    def _pet(self, now: float) -> None:
        self.notifier.alive(now)
        if self.timer is not None:
            try:
                self.timer.pet(now)
            except LinkError as error:
                log.error("%s", error)
                self.timer, self.notes = None, self.notes | Notes.UNARMED

    def _disarm(self) -> None:
        if self.timer is not None:
            try:
                self.timer.disarm()
            except LinkError as error:
                log.error("%s", error)
