"""Where a gate stands on the ladder of degradation, and what it makes of that: only ever more care."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.hazard import Stage, Trip
from sotdae_edge.core.rungs import RUNGS, Ladder
from sotdae_edge.core.since import Since

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

NOTICED = ("camera_lost", "clock_untrusted", "storage_failing", "watchdog_gone")
"""What the gate cannot know by itself: its agent tells it."""


@dataclass(slots=True)
class Standing:
    """The rungs in force."""

    noticed: tuple[str, ...] = ()
    """What the agent last said is lost."""
    since: Since = field(default_factory=Since)
    rungs: tuple[str, ...] = ()

    def look(self, gate: "Gate", now: float) -> None:
        """Bring the rungs up to now."""
        lost, held = _lost(gate, now), self.since.held
        if not lost and not self.since.due:
            self.rungs = ()
            return
        self.rungs = tuple([r.name for r in RUNGS if held(r.name, r.name in lost, r.after_s, now)])

    def trips(self, ladder: Ladder) -> list[Trip]:
        """Return a cause to close for each rung on which this facility closes."""
        if not self.rungs:
            return []
        closing = [name for name in self.rungs if ladder.of(name) == "close"]
        return [Trip("context", "context", (f"ladder: {name.replace('_', ' ')}",)) for name in closing]

    def stage(self, ladder: Ladder, stage: Stage) -> Stage:
        """Return the stage, raised to caution where this facility wants it so."""
        cautious = any(ladder.of(name) == "caution" for name in self.rungs)
        return Stage.CAUTION if cautious and stage in (Stage.NORMAL, Stage.UNKNOWN) else stage

    def conditions(self) -> list[Condition]:
        """Return an alarm for each rung; it says what still protects."""
        if not self.rungs:
            return []
        return [
            Condition(f"ladder.{rung.name}", rung.priority, True, f"{rung.when}; left: {rung.left}")
            for rung in RUNGS
            if rung.name in self.rungs
        ]

    def next_deadline(self, now: float) -> float | None:
        """Return when the next rung may be reached by time alone."""
        return self.since.next_deadline(now)


def _lost(gate: "Gate", now: float) -> list[str]:
    """Return what is lost now."""
    sensing, found = gate.sensing, list(gate.standing.noticed)
    seen = sensing.outlook(now)
    if gate.site.hub and now >= gate.hub_heard + gate.site.times.hub_silent:
        found.append("hub_lost")
    if seen.lost and seen.seeing:
        found.append("one_sensor_lost" if seen.lost == 1 else "two_sensors_lost")
    if sensing.blind(now):
        found.append("blind")
    if sensing.mains_ok is False:
        found.append("on_battery")
    if not gate.heard(now):
        found.append("controller_silent")
    return found
