"""The open gate over a dry road: while nothing is due and nothing new is said, a scan changes nothing.

Nearly every scan of a year is such a one. To judge it would take most of its time and end where it began:
the same state, no effect. A rest begins only after a judgement that ended so, and ends with the first word,
deadline or event that any judgement reads; what freshness a scan renews is asked of each scan.
"""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from sotdae_edge.core.barrier import State
from sotdae_edge.core.hazard import Stage, rated_from_cm
from sotdae_edge.core.site import Levels

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate


@dataclass(slots=True)
class Rest:
    """What a judgement ended with that had nothing to do."""

    until: float
    """When something is due (s, monotonic)."""
    below_cm: float
    """Under water lower than this no judgement tells one level from another."""
    river_cm: float
    """The same of a river; infinity where nobody asks for one."""
    said: tuple[Any, ...]
    """Whatever else the instruments said."""

    def lasts(self, gate: "Gate", now: float) -> bool:
        """Tell whether the scan just taken says the same again."""
        if now >= self.until or gate.dirty:
            return False
        return _dry(gate, self.below_cm, self.river_cm, now) and _said(gate) == self.said


def begin(gate: "Gate", now: float) -> Rest | None:
    """Return the rest that a judgement without effects ends in, or None if time or level may matter."""
    below_cm, river_cm = _least(gate.site.levels), _calm(gate.site.levels)
    if not _settled(gate, now) or not _dry(gate, below_cm, river_cm, now):
        return None
    until = gate.next_due(now)
    return None if until is None else Rest(until, below_cm, river_cm, _said(gate))


def _settled(gate: "Gate", now: float) -> bool:
    """Tell whether every approach is open and nothing is under way, ripens or waits. A hub may be lost."""
    sensing, tests = gate.sensing, gate.selftests
    if gate.stage is not Stage.NORMAL or gate.incident is not None or gate.dry_since is None:
        return False
    if gate.dirty or gate.waiting is not None or gate.policies.waiting is not None:
        return False
    if tests.pulse is not None or tests.buckets or gate.rising.grade or gate.repair_due is not None:
        return False
    if sensing.since.due or gate.rising.since.due or gate.standing.next_deadline(now) is not None:
        return False
    return all(
        way.state is State.OPEN and way.lane.clear_since is not None and not way.since.due
        for way in gate.approaches
    )


def _least(levels: Levels) -> float:
    """Return the least level in cm from which any judgement tells levels apart."""
    rated_cm = rated_from_cm(levels)
    return min(rated_cm, levels.caution_cm, levels.caution_off_cm, levels.close_cm, levels.reopen_cm)


def _calm(levels: Levels) -> float:
    """Return the least stage of the river in cm that matters."""
    limits = (levels.river_caution_cm, levels.river_trigger_cm)
    return min((limit for limit in limits if limit is not None), default=inf)


def _dry(gate: "Gate", below_cm: float, river_cm: float, now: float) -> bool:
    seen = gate.sensing.outlook(now)
    if not seen.sound or seen.ceiling_cm >= below_cm:
        return False
    stage_cm = gate.sensing.river.at(now)
    return river_cm == inf or (stage_cm is not None and stage_cm < river_cm)


def _said(gate: "Gate") -> tuple[Any, ...]:
    """Return what judgements read besides water. Times since when stand for what held without a break."""
    ways = [(way.lane.clear_since, way.arm.words) for way in gate.approaches]
    return (gate.dry_since, gate.sensing.mains_ok, *ways)
