"""Where a gate stands on the ladder of degradation, and what it makes of that: only ever more care."""

from collections.abc import Callable, Mapping
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
        held = self.since.held
        self.rungs = tuple([r.name for r in RUNGS if held(r.name, _HOLDS[r.name](gate, now), r.after_s, now)])

    def trips(self, ladder: Ladder) -> list[Trip]:
        """Return a cause to close for each rung on which this facility closes."""
        closing = [name for name in self.rungs if ladder.of(name) == "close"]
        return [Trip("context", "context", (f"ladder: {name.replace('_', ' ')}",)) for name in closing]

    def stage(self, ladder: Ladder, stage: Stage) -> Stage:
        """Return the stage, raised to caution where this facility wants it so."""
        cautious = any(ladder.of(name) == "caution" for name in self.rungs)
        return Stage.CAUTION if cautious and stage in (Stage.NORMAL, Stage.UNKNOWN) else stage

    def conditions(self) -> list[Condition]:
        """Return an alarm for each rung; it says what still protects."""
        return [
            Condition(f"ladder.{rung.name}", rung.priority, True, f"{rung.when}; left: {rung.left}")
            for rung in RUNGS
            if rung.name in self.rungs
        ]

    def next_deadline(self, now: float) -> float | None:
        """Return when the next rung may be reached by time alone."""
        return self.since.next_deadline(now)


def _hub_lost(gate: "Gate", now: float) -> bool:
    return gate.site.hub and now >= gate.hub_heard + gate.site.times.hub_silent


def _lost(gate: "Gate", now: float) -> tuple[int, bool]:
    """Return how many level channels are not valid, and whether any is."""
    levels = list(gate.sensing.levels(now).values())
    lost = levels.count(None)
    return lost, lost < len(levels)


_HOLDS: Mapping[str, Callable[["Gate", float], bool]] = {
    "hub_lost": _hub_lost,
    "one_sensor_lost": lambda gate, now: _lost(gate, now) == (1, True),
    "two_sensors_lost": lambda gate, now: _lost(gate, now)[0] >= 2 and _lost(gate, now)[1],
    "blind": lambda gate, now: gate.sensing.blind(now),
    "on_battery": lambda gate, now: gate.sensing.mains_ok is False,
    "controller_silent": lambda gate, now: not gate.heard(now),
    "camera_lost": lambda gate, now: "camera_lost" in gate.standing.noticed,
    "clock_untrusted": lambda gate, now: "clock_untrusted" in gate.standing.noticed,
    "storage_failing": lambda gate, now: "storage_failing" in gate.standing.noticed,
    "watchdog_gone": lambda gate, now: "watchdog_gone" in gate.standing.noticed,
}
