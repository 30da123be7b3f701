"""The helper that watches level channels for drift. It only reads the gate, and may fail without harm."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.baseline import EVERY_S, Baseline, dry_for, read, write
from sotdae_edge.core.gate import Gate
from sotdae_edge.ports import Clock, StateStore
from sotdae_shared.errors import LinkError, WireError

log = logging.getLogger(__name__)

SAVE_S = 3600.0
"""A restart costs at most so much of a day that has 24 of them."""


@dataclass(slots=True)
class Drift:
    """The baselines of a gate's analogue channels, in a store of their own."""

    store: StateStore
    found: dict[str, Baseline] = field(default_factory=dict)
    problem: str = ""
    """Why the past is not known, or not kept."""

    async def run(self, gate: Gate, clock: Clock) -> None:
        """Look at the gate every minute and save every hour, until cancelled."""
        await self.load()
        due = clock.monotonic() + SAVE_S
        while True:
            self.look(gate, clock.monotonic())
            if clock.monotonic() >= due:
                due = clock.monotonic() + SAVE_S
                await self.save()
            await asyncio.sleep(EVERY_S)

    def look(self, gate: Gate, now: float) -> None:
        """Take one reading of each channel for which the road is dry."""
        levels, limits = gate.sensing.levels(now), gate.site.levels
        for channel in gate.sensing.channels:
            name, level = channel.spec.name, levels[channel.spec.name]
            if channel.spec.kind != "analog" or level is None:
                continue
            if dry_for(name, levels, limits.reopen_cm, limits.caution_cm):
                self.found.setdefault(name, Baseline()).take(level.low)

    def drifted(self) -> frozenset[str]:
        """Return the channels that have drifted."""
        return frozenset(name for name, baseline in self.found.items() if baseline.drifted)

    def conditions(self) -> Iterator[Condition]:
        """Yield an alarm for each channel that has drifted, and one where baselines are not kept."""
        for name in sorted(self.drifted()):
            text = f"{name} reads {self.found[name].dry_cm:+.1f} cm on a dry road: clean it, set its zero"
            yield Condition(f"sensor.{name}.drift", 4, True, text)
        if self.problem:
            yield Condition("drift.unsaved", 4, True, self.problem)

    async def load(self) -> None:
        """Take what was kept; what cannot be read is begun anew, with an alarm until the next save."""
        try:
            raw = await asyncio.to_thread(self.store.load)
            if raw is None and self.store.corrupt:
                raise LinkError("they were corrupt and set aside")
            self.found = read(raw)
        except (LinkError, WireError) as error:
            log.warning("baselines begin anew: %s", error)
            self.problem = f"dry baselines begin anew: {error}"[:200]

    async def save(self) -> None:
        """Keep what is known now; a disk that refuses is alarmed."""
        try:
            await asyncio.to_thread(self.store.save, write(self.found))
        except LinkError as error:
            self.problem = f"dry baselines are not kept: {error}"[:200]
        else:
            self.problem = ""
