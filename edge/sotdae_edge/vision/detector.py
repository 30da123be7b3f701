"""What every detector answers: how sure it is that something is in the zone."""

from dataclasses import dataclass
from typing import Protocol

from sotdae_edge.vision.picture import Picture, Zone


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer: score 0 to 1, and whether that counts as occupied."""

    score: float
    occupied: bool


class Detector(Protocol):
    """Looks at one picture and answers for one zone. Blocks for one inference."""

    @property
    def name(self) -> str:
        """Name of the model, for the record."""

    @property
    def runtime(self) -> str:
        """Name and version of what runs it."""

    def look(self, picture: Picture, zone: Zone) -> Verdict:
        """Judge one picture."""
