"""The helper that tells the gate which people's keys count no more, and the floor of policies.

Without it every signed order but a close is refused, and policies wait.
"""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.deny import MAX_AGE_S
from sotdae_edge.core.events import DenyTold, Event
from sotdae_edge.ports import Clock, Stated

log = logging.getLogger(__name__)

EVERY_S = 60.0


@dataclass(slots=True)
class Denying:
    """Reads what the enrolment office stated, and tells the gate when that has changed."""

    stated: Stated
    publics: frozenset[str]
    """Public halves of all keys that this gate's file knows, in lower case."""
    told: DenyTold | None = None
    problems: list[str] = field(default_factory=list)
    looked: bool = False

    async def run(self, queue: asyncio.Queue[tuple[Event, float]], clock: Clock) -> None:
        """Look every minute, until cancelled."""
        while True:
            found = await asyncio.to_thread(self._look)
            self.looked = True
            if found is not None and found != self.told:
                log.info("deny list %d: %d of our keys", found.version, len(found.keys))
                await queue.put((found, clock.monotonic()))
                self.told = found
            await asyncio.sleep(EVERY_S)

    def _look(self) -> DenyTold | None:
        floor, stated = self.stated.floor(), self.stated.deny_list()
        self.problems = list(self.stated.problems)
        if stated is None:
            return None
        ours = tuple(sorted(self.publics.intersection(stated.keys)))
        least = 0 if floor is None else floor.policy
        return DenyTold(stated.version, stated.issued_at.timestamp(), ours, least)

    def conditions(self, wall_s: float) -> Iterator[Condition]:
        """Yield an alarm where nobody could reopen by signature, and one for what cannot be believed."""
        if self.told is None and self.looked:
            text = "no deny list: by signature a gate can be closed and nothing else; the key remains"
            yield Condition("deny.old", 3, True, text)
        elif self.told is not None and wall_s - self.told.issued_s > MAX_AGE_S:
            days = (wall_s - self.told.issued_s) / 86_400.0
            text = f"the deny list is {days:.0f} days old: nobody can reopen by signature; the key remains"
            yield Condition("deny.old", 3, True, text)
        if self.problems:
            yield Condition("papers.refused", 3, True, "; ".join(self.problems)[:200])
