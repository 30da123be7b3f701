"""What every step of a walk works with."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.config import GateConfig
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.walk.asking import Asker
from sotdae_provisioning.device.walk.hands import Hands
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address


@dataclass(frozen=True, slots=True)
class Kit:
    """One walk's means. It holds the outbox: as long as it does, no agent can run."""

    config: GateConfig
    file: Path
    papers: Papers | None
    ticket: str | None = field(repr=False)
    ask: Asker
    clock: SystemClock
    outbox: SqliteOutbox
    hands: Hands
    beside: Path
    """Where pictures for the eye go."""

    @property
    def address(self) -> Address:
        """Whose box this is to be."""
        return Address(FacilityId(self.config.facility.id), self.config.facility.node)

    def wall(self) -> datetime:
        """Return the box's time of day, right or wrong."""
        return self.clock.wall()
