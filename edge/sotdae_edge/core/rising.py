"""How fast the water rises, as an alarm of its own: attention, alert, serious (DOMAIN 2.2)."""

from dataclasses import dataclass, field

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.since import Since

GRADES = (("attention", 1.0, 4, 20.0), ("alert", 5.0, 3, 5.0), ("serious", 10.0, 2, 3.0))
"""Name, cm/min from which it holds, priority of its alarm, and how many seconds it must hold.

The rate looks back over 10 to 15 s already. A radar's noise alone is half a cm/min of it: so slow a rise
must be seen for longer than that window.
"""
FROM_CM = 3.0
"""Below this depth a rate is noise (DOMAIN 2.2)."""
KEPT = 0.8
"""A grade is kept down to this part of its rate, and down to `KEPT_CM`, so that it does not chatter."""
KEPT_CM = 2.0
FALL_S = 60.0
"""So long below its limit, and the grade is lowered."""


@dataclass(slots=True)
class Rising:
    """The grade in force: 0 for none. What is not known changes nothing."""

    grade: int = 0
    since: Since = field(default_factory=Since)

    def judge(self, level_cm: float | None, rate_cm_min: float | None, now: float) -> None:
        """Take the voted level and its voted rate as of now."""
        reached = _grade(level_cm, rate_cm_min, FROM_CM, 1.0)
        if not reached and not self.grade and not self.since.due:
            return
        for grade, (name, _, _, seconds) in enumerate(GRADES, start=1):
            if self.since.held(name, reached is not None and reached >= grade, seconds, now):
                self.grade = max(self.grade, grade)
        kept = _grade(level_cm, rate_cm_min, KEPT_CM, KEPT)
        if kept is None:
            self.since.forget("fall")
        elif self.since.held("fall", kept < self.grade, FALL_S, now):
            self.grade = kept
            self.since.forget("fall")

    def conditions(self) -> list[Condition]:
        """Return the alarm `water.rate`, whose priority is the grade's."""
        if not self.grade:
            return []
        name, rate, priority, _ = GRADES[self.grade - 1]
        return [Condition("water.rate", priority, True, f"{name}: the water rises {rate:g} cm/min or more")]

    def next_deadline(self, now: float) -> float | None:
        """Return when time alone may change the grade."""
        return self.since.next_deadline(now)


def _grade(level_cm: float | None, rate_cm_min: float | None, from_cm: float, part: float) -> int | None:
    """Return the grade of a rate at so deep a water; None if it cannot be told."""
    if level_cm is None:
        return None
    if level_cm < from_cm:
        return 0
    if rate_cm_min is None:
        return None
    return sum(rate_cm_min >= part * rate for _, rate, _, _ in GRADES)
