"""How long ago each self-test was passed, carried over restarts.

Running time is counted for certain. Time without power is added where a trusted clock stood at both of
its ends; else an age is "at least" so much. A test never passed counts from the gate's first start.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated

from pydantic import Field

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.site import Site

NEVER = float("-inf")
HOUR_S, DAY_S = 3600.0, 86_400.0
OLDEST_S = 36_525.0 * DAY_S
"""No gate is older than a century; a broken disk may say so."""
TOLD_S = 180.0
"""The wall clock is told every minute; unheard for so long, it is unknown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One age as a restart finds it."""

    age_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    passed: bool
    whole: bool


@dataclass(slots=True)
class Age:
    """One self-test's age, by when it is overdue."""

    due: float
    passed: bool = False
    whole: bool = True
    """Whether no unknown time is missing from it."""


def periods(site: Site) -> dict[str, float]:
    """Return after how many seconds each self-test of a site is overdue; none without a plan."""
    plan = site.selftest
    if plan is None:
        return {}
    strokes = {approach.code("stroke"): plan.stroke_days * DAY_S for approach in site.approaches}
    wet = {f"wet.{channel.name}": plan.wet_days * DAY_S for channel in site.channels}
    return {"lamps": plan.lamps_hours * HOUR_S, **strokes, **wet}


@dataclass(slots=True)
class Ages:
    """The ages of all self-tests, and what is known of the wall clock."""

    periods: dict[str, float]
    born: float
    of: dict[str, Age]
    kept_wall_s: float | None = None
    """When the boot before saved, until the time without power is known; None also where it never will be."""
    offset_s: float | None = None
    """Wall time less monotonic time."""
    told_until: float = NEVER

    @classmethod
    def recall(cls, site: Site, kept: Mapping[str, Kept], wall_s: float | None, now: float) -> "Ages":
        """Go on from what was kept; what was not begins now."""
        found = cls(periods(site), now, {}, wall_s if kept else None)
        for name, period_s in found.periods.items():
            old = kept.get(name, Kept(0.0, False, True))
            whole = old.whole and (name not in kept or wall_s is not None)
            found.of[name] = Age(now + period_s - min(old.age_s, OLDEST_S), old.passed, whole)
        return found

    def keep(self, now: float) -> dict[str, Kept]:
        """Return what a restart must find. While time without power is unknown, no old age is whole."""
        kept = {}
        for name, age in self.of.items():
            known = age.whole and (self.kept_wall_s is None or self._is_new(name, age))
            kept[name] = Kept(max(0.0, self.age_s(name, now)), age.passed, known)
        return kept

    def age_s(self, name: str, now: float) -> float:
        """Return the seconds since a test was last passed, or since it counts."""
        return self.periods[name] - (self.of[name].due - now)

    def _is_new(self, name: str, age: Age) -> bool:
        return age.passed and age.due - self.periods[name] >= self.born

    def note(self, name: str, now: float) -> None:
        """Note that a test was passed now."""
        if name in self.periods:
            self.of[name] = Age(now + self.periods[name], passed=True)

    def hear(self, wall_s: float, now: float) -> None:
        """Take the time of a trusted wall clock. The first one tells how long the power was off."""
        if not isfinite(wall_s):
            return
        self.offset_s, self.told_until = wall_s - now, now + TOLD_S
        if self.kept_wall_s is None:
            return
        off_s = self.offset_s + self.born - self.kept_wall_s
        self.kept_wall_s = None
        for name, age in self.of.items():
            if self._is_new(name, age):
                continue
            age.due -= min(max(0.0, off_s), OLDEST_S)
            age.whole = age.whole and off_s >= 0.0

    def wall_s(self, now: float) -> float | None:
        """Return the wall time, where a trusted clock told it lately."""
        return None if self.offset_s is None or now >= self.told_until else self.offset_s + now

    def overdue(self, now: float) -> Iterator[Condition]:
        """Yield an alarm for each self-test that is overdue."""
        for name, age in self.of.items():
            if now < age.due:
                continue
            age_s = self.age_s(name, now)
            long = f"{age_s / DAY_S:.0f} d" if age_s >= 3.0 * DAY_S else f"{age_s / HOUR_S:.0f} h"
            at_least = "" if age.whole and self.kept_wall_s is None else "at least "
            since = "not passed for" if age.passed else "never passed since commissioning,"
            yield Condition(f"selftest.{name}", 3, True, f"self-test {name}: {since} {at_least}{long}")

    def next_deadline(self, now: float) -> float | None:
        """Return when the next self-test is overdue, or the wall clock unknown."""
        due = [age.due for age in self.of.values() if age.due > now]
        return min([*due, self.told_until] if self.told_until > now else due, default=None)


def fresh() -> Ages:
    """Return the ages of a site without a plan."""
    return Ages({}, NEVER, {})
