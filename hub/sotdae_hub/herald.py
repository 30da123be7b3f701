"""Tells watchers what changed, and asks new nodes who they are."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sotdae_hub.core.ingest import Accepted, Verdict
from sotdae_hub.desk import Desk, decision_view, event_view
from sotdae_hub.fanout import Fanout
from sotdae_hub.links import Links
from sotdae_hub.ports import Arrival, Entry, Projection, Recorded
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Envelope, Kind, QueryBody
from sotdae_shared.topics import Address
from sotdae_shared.wire import encode_down

log = logging.getLogger(__name__)

INCIDENTS = 3
"""Newest incidents of a facility that are told when one of them changed."""
STATES_S = 0.25
"""A facility's state is told at most this often."""
ASK_AGAIN = 60
"""Live messages after which a node that has not answered is asked again who it is."""


@dataclass(slots=True)
class Herald:
    """Runs in the loop; reads the desk in worker threads."""

    desk: Desk
    fanout: Fanout
    links: Links
    send: Callable[[str, bytes], None]
    rng: random.Random
    born: set[tuple[str, str]]
    """Nodes that have described themselves."""
    _touched: set[str] = field(default_factory=set)
    _changed: set[str] = field(default_factory=set)
    """Facilities whose incidents may have changed."""
    _asked: dict[tuple[str, str], int] = field(default_factory=dict)
    _some: asyncio.Event = field(default_factory=asyncio.Event)

    def noticed(self, batch: list[tuple[Arrival, Verdict]]) -> None:
        """Take note of a journaled batch."""
        self.touch(self.links.take(batch))
        for arrival, verdict in batch:
            if isinstance(verdict, Accepted) and not arrival.retained:
                self._ask(verdict.envelope)

    def written(self, store: Projection, entries: Sequence[Entry]) -> None:
        """Take note of what a store now holds."""
        self.touch({entry.envelope.facility for entry in entries})
        if store.name != "records" or not self.fanout.watched:
            return
        for entry in entries:
            self._tell(entry.envelope)

    def touch(self, facilities: Iterable[str]) -> None:
        """Have the states of these facilities told soon."""
        self._touched.update(facilities)
        if self._touched:
            self._some.set()

    async def run(self) -> None:
        """Tell states and incidents until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            touched, self._touched = self._touched, set()
            changed, self._changed = self._changed, set()
            if self.fanout.watched:
                await self._tell_all(touched, changed)
            await asyncio.sleep(STATES_S)

    async def _tell_all(self, touched: set[str], changed: set[str]) -> None:
        try:
            for facility in sorted(touched):
                self.fanout.publish("state", await asyncio.to_thread(self.desk.state, facility))
            for facility in sorted(changed):
                for incident in await asyncio.to_thread(self.desk.incidents, INCIDENTS, facility):
                    self.fanout.publish("incident", incident)
        except LinkError as error:
            log.warning("watchers not told: %s", error)

    def _tell(self, envelope: Envelope) -> None:
        record = Recorded(envelope.facility, envelope.at, envelope.body.model_dump(mode="json"))
        if envelope.kind is Kind.DECISION:
            self.fanout.publish("decision", decision_view(record))
        elif envelope.kind is Kind.EVENT:
            self.fanout.publish("event", event_view(record))
        if envelope.kind in (Kind.DECISION, Kind.EVENT):
            self._changed.add(envelope.facility)
            self._some.set()

    def _ask(self, envelope: Envelope) -> None:
        key = (envelope.facility, envelope.node)
        if envelope.kind is Kind.REPORT and envelope.body.report == "birth":
            self.born.add(key)
        if key in self.born:
            return
        count = self._asked.get(key, 0)
        self._asked[key] = count + 1
        if count % ASK_AGAIN == 0:
            query = QueryBody(id=f"birth-{self.rng.getrandbits(32):08x}", query="birth")
            address = Address(FacilityId(envelope.facility), envelope.node)
            self.send(address.down(Kind.QUERY), encode_down(query))
