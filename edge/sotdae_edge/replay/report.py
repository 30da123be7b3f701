"""What a replay answers: the decisions, beside the naive rule, and which closings were false."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sotdae_edge.core.site import Site
from sotdae_edge.replay.layout import Layout, lay_out
from sotdae_edge.replay.run import Run, Step
from sotdae_edge.replay.series import Series

WITHIN_S = 1800.0
"""A closing is false if nothing bears it out within this time."""
YEAR_S = 365.25 * 86400.0


@dataclass(frozen=True, slots=True)
class Closing:
    """One trip and whether the record bears it out."""

    at_s: float
    cause: str
    false: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A series, what the gate did with it, and what a bare threshold would have done."""

    series: Series
    layout: Layout
    steps: tuple[Step, ...]
    closings: tuple[Closing, ...]
    levels_cm: tuple[float | None, ...]
    naive_close_s: float | None
    """When any level column first reaches the closing level, without vote, validity or prediction."""

    @property
    def site(self) -> Site:
        """The site as this record could drive it."""
        return self.layout.site

    @property
    def years(self) -> float:
        """How long the record is."""
        return (self.series.times_s[-1] - self.series.times_s[0]) / YEAR_S

    def false(self, *causes: str) -> int:
        """Count the false closings of some causes; of all if none is named."""
        return sum(closing.false and (not causes or closing.cause in causes) for closing in self.closings)

    def first(self, *states: str) -> Step | None:
        """Return the first step into one of these states."""
        return next((step for step in self.steps if step.state in states), None)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; moments are written as the series writes them."""
        at = self.series.at
        return {
            "site": self.site.facility,
            "rows": len(self.series.times_s),
            "naive_close_at": None if self.naive_close_s is None else at(self.naive_close_s),
            "decisions": [_decision(step, at) for step in self.steps],
            "false_closures": self.false(),
            "false_predicted": self.false("predicted"),
            "closures": len(self.closings),
            "channels": [channel.name for channel in self.site.channels],
            "ignored_columns": list(self.layout.ignored),
        }


def _decision(step: Step, at: Callable[[float], str | float]) -> dict[str, Any]:
    found = asdict(step)
    del found["cause"], found["at_s"]
    return {"at": at(step.at_s), **found, "because": list(step.because)}


def replay(series: Series, site: Site, progress: Callable[[int], None] = lambda rows: None) -> Report:
    """Run a series through the shipped gate. Raises ConfigError, see `lay_out`."""
    layout = lay_out(series, site)
    run = Run(series, layout)
    run.go(progress)
    closings = tuple(
        Closing(step.at_s, step.cause, not _borne_out(step, run))
        for step in run.steps
        if step.cause is not None
    )
    steps, levels_cm = tuple(run.steps), tuple(run.levels_cm)
    return Report(series, layout, steps, closings, levels_cm, _naive_close_s(series, layout))


def _borne_out(trip: Step, run: Run) -> bool:
    """Tell whether a valid level reached the closing level, or the river its trigger, soon enough.

    An unsafe level, which a prediction means, lies above the closing level. What no channel could see,
    the record cannot bear out.
    """
    times, levels = run.series.times_s, run.layout.site.levels
    first, last = bisect_right(times, trip.at_s) - 1, bisect_right(times, trip.at_s + WITHIN_S)
    seen = [trip.level_cm, *run.levels_cm[max(0, first) : last]]
    wet = any(level is not None and level >= levels.close_cm for level in seen)
    # The gate closes for a river that has reached its trigger, never for one that is foreseen to.
    return wet or trip.cause == "river"


def _naive_close_s(series: Series, layout: Layout) -> float | None:
    close_cm = layout.site.levels.close_cm
    for row, at in enumerate(series.times_s):
        told = (feed.level_cm(series.columns[feed.column][row]) for feed in layout.feeds)
        if any(level is not None and level >= close_cm for level in told):
            return at
    return None
