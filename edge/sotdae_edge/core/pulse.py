"""A lamp or siren test: on for two or three seconds, seen lit, then seen dark again (DOMAIN 10.12)."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sotdae_edge.core.effects import Warn

if TYPE_CHECKING:
    from sotdae_edge.core.approach import ApproachState

LAMPS = {"lamps": ("sign_closed", "flasher_on"), "siren": ("siren_on",)}
"""What each test must see, by the points that read it back."""


@dataclass(slots=True)
class Pulse:
    """One test of warnings under way. It moves no arm, and ends at once when a hazard comes."""

    test: str
    """``lamps`` or ``siren``."""
    by: str
    """Who ordered it; empty when the gate did."""
    order: str
    """Id of the order; empty when there was none."""
    dark_at: float
    until: float
    lit: list[str] = field(default_factory=list)
    """Lamps that were seen lit."""

    def shows(self, warn: Warn, now: float) -> Warn:
        """Return the warnings with those under test; a lamp test is silent, a siren test dark."""
        if now >= self.dark_at:
            return warn
        if self.test == "siren":
            return replace(warn, siren=True)
        return replace(warn, closed=True, caution=False)

    def watch(self, ways: "list[ApproachState]", now: float) -> bool:
        """See what is lit; tell whether the test is over."""
        lamps = self.lamps(ways, now)
        if now < self.dark_at:
            self.lit += [name for name, lit in lamps.items() if lit and name not in self.lit]
            return False
        return now >= self.until or all(lit is False for lit in lamps.values())

    def lamps(self, ways: "list[ApproachState]", now: float) -> dict[str, bool | None]:
        """Return what is read back of each lamp under test; None is unknown."""
        return {
            way.spec.prefix + point: way.arm.flag(point, now) for way in ways for point in LAMPS[self.test]
        }

    def problem(self, ways: "list[ApproachState]", now: float) -> str | None:
        """Return why the test has failed. Every lamp must be seen; one siren may serve all approaches."""
        lamps = self.lamps(ways, now)
        missing = [name for name in lamps if name not in self.lit]
        if missing and (self.test == "lamps" or not self.lit):
            return f"not seen lit: {', '.join(missing)}"
        bright = [name for name in self.lit if lamps[name] is not False]
        return f"not seen dark again: {', '.join(bright)}" if bright else None

    def next_deadline(self) -> tuple[float, float]:
        """Return when it goes dark, and when it is over at the latest."""
        return (self.dark_at, self.until)
