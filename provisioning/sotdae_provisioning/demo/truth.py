"""The simulator's ground truth, and when its registers first met the site's criterion.

The criterion is worked out here a second time, from registers alone and with plain formulas, so that
the gate is not measured with its own ruler.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

from sotdae_edge.core.site import Site

Line = dict[str, Any]
RATE_S = 10.0
"""Span of the least-squares rate used for the predicted criterion."""

RISEN_DEG = 0.5
"""An arm this far above its lowest angle has been raised; the closed limit is as wide."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The lines of a truth file, oldest first."""

    lines: list[Line]

    def first(self, holds: Callable[[Line], bool], after: float = float("-inf")) -> Line | None:
        """Return the first line from `after` (monotonic s) on for which something holds."""
        return next((line for line in self.lines if line["t"] >= after and holds(line)), None)

    def agents_warning(self, after: float) -> Line | None:
        """Return the first line from `after` (monotonic s) on where the agent asks for the sign, now lit.

        The sign alone proves nothing about the agent: a float and an unfed watchdog light it as well.
        """
        return self.first(lambda line: line["warn_closed"] and line["sign_closed"], after)

    def rose_after_closing(self) -> bool:
        """Tell whether the arm, once it had reached its closed limit, ever went up again."""
        closed = self.first(lambda line: line["limit_closed"])
        if closed is None:
            return False
        lowest_deg = float(closed["arm_deg"])
        for line in self.lines[self.lines.index(closed) :]:
            if line["arm_deg"] > lowest_deg + RISEN_DEG:
                return True
            lowest_deg = min(lowest_deg, line["arm_deg"])
        return False

    def first_trip(self, site: Site) -> Line | None:
        """Return the first line from which the registers met the closing criterion and went on meeting it.

        Instruments have noise: one sample over the line is not the criterion, which includes its
        confirmation time.
        """
        confirm = site.times.confirm
        runs = [
            self._held(lambda line: _level(line, site), confirm),
            self._held(lambda line: _river(line, site), 2.0 * confirm),
            self._held(lambda line: self._predicted(line, site), confirm),
        ]
        return min(
            (line for line in runs if line is not None), key=lambda line: float(line["t"]), default=None
        )

    def _held(self, holds: Callable[[Line], bool], seconds: float) -> Line | None:
        start: Line | None = None
        for line in self.lines:
            if not holds(line):
                start = None
                continue
            start = start or line
            if line["t"] - start["t"] >= seconds:
                return start
        return None

    def _predicted(self, line: Line, site: Site) -> bool:
        window = [each for each in self.lines if line["t"] - RATE_S <= each["t"] <= line["t"]]
        if window[-1]["t"] - window[0]["t"] < 0.9 * RATE_S:
            return False
        unsafe = [_reaches(window, name, site) for name in ("radar_level", "pressure_level")]
        return sum(unsafe) == 2 or (any(unsafe) and bool(line["registers"]["float_5"]))


def _level(line: Line, site: Site) -> bool:
    registers, close_cm = line["registers"], site.levels.close_cm
    analog = [registers["radar_level"], registers["pressure_level"]]
    wet = sum(value is not None and value >= close_cm for value in analog)
    faulty = sum(1 for name in ("radar", "pressure", "float") if name in str(line["faults"]))
    needed = 2 if faulty == 0 else 1
    return bool(wet + bool(registers["float_15"]) >= needed)


def _river(line: Line, site: Site) -> bool:
    stage, trigger = line["registers"]["river_stage"], site.levels.river_trigger_cm
    return bool(trigger is not None and stage is not None and stage >= trigger)


def _reaches(window: list[Line], name: str, site: Site) -> bool:
    points = [(line["t"], line["registers"][name]) for line in window if line["registers"][name] is not None]
    if len(points) < 10 or points[-1][1] < site.levels.predict_from_cm:
        return False
    fit = linear_regression([t for t, _ in points], [value for _, value in points])
    level_cm = fit.slope * points[-1][0] + fit.intercept
    return bool(fit.slope > 0 and level_cm + fit.slope * site.lead_s >= site.levels.unsafe_cm)


def read_truth(path: Path) -> Truth:
    """Read a truth file; a last line torn by a kill is left out."""
    lines = []
    for raw in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(raw))
        except ValueError:
            break
    return Truth(lines)
