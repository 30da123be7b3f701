"""Answers gates that wait for a release: once, signed with the hub's key, granted or denied with a reason."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from sotdae_hub.core.release import WANTED, Asked, Wanted, objection
from sotdae_hub.orders import Orders
from sotdae_hub.ports import Entry, Projection, Records
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind, ReleaseBody
from sotdae_shared.signing import PrivateKey, sign_release

log = logging.getLogger(__name__)

INCIDENTS = 50
QUEUE = 100
"""Gates that wait at once; one for whom there is no room asks people to begin anew."""


@dataclass(slots=True)
class Releaser:
    """Judges by what the records hold when they hold the gate's question."""

    records: Records
    orders: Orders
    key: str
    private: PrivateKey
    rng: random.Random
    wall: Callable[[], datetime]
    _wanted: asyncio.Queue[Entry] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def written(self, store: Projection, entries: Sequence[Entry]) -> None:
        """Take note of what the records now hold."""
        for entry in entries:
            asks = entry.envelope.kind is Kind.REPORT and entry.envelope.body.report == WANTED
            if store.name == "records" and asks and not self._wanted.full():
                self._wanted.put_nowait(entry)

    async def run(self) -> None:
        """Answer until cancelled. A gate that gets no answer stays closed."""
        while True:
            entry = await self._wanted.get()
            try:
                await self._answer(entry)
            except (LinkError, ValidationError) as error:
                log.error("%s: not released: %s", entry.envelope.facility, error)

    async def _answer(self, entry: Entry) -> None:
        facility, node = str(entry.envelope.facility), entry.envelope.node
        wanted = Wanted.model_validate(entry.envelope.body.data)
        carried = self.orders.carried(facility, wanted.command)
        known = await asyncio.to_thread(self.records.incidents, INCIDENTS, facility)
        age_s = (self.wall() - entry.received_at).total_seconds()
        reason = objection(Asked(facility, node, wanted, age_s), carried, known)
        because = reason or f"carried for {'' if carried is None else carried.by}; nothing else is open here"
        log.info("%s: order %s: %s", facility, wanted.command, because)
        answer = ReleaseBody(
            id=f"release-{self.rng.getrandbits(64):016x}", facility=facility, command=wanted.command,
            incident=wanted.incident, nonce=wanted.nonce, granted=reason is None, because=because,
            key=self.key, signature="0" * 128,
        )  # fmt: skip
        await self.orders.release(facility, node, sign_release(answer, self.private))
