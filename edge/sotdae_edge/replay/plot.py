"""One picture of a replay: the level against its thresholds, and what the gate made of it."""

from bisect import bisect_left, bisect_right
from datetime import timedelta, tzinfo
from math import nan
from pathlib import Path
from typing import Any

from matplotlib import dates
from matplotlib.figure import Figure

from sotdae_edge.replay.report import Report

WATER, CAUTION, CLOSED, MARK = "#1f6fb4", "#f4b942", "#c62828", "#333333"
NAMES = {CAUTION: "caution", CLOSED: "warnings closed, arm down"}
OPEN_STATES = ("open", "normal")
Window = tuple[float, float]
"""From and to, in the seconds of the series."""


def plot(report: Report, target: Path, title: str | None = None, window_s: Window | None = None) -> None:
    """Draw a replay, or a window of it, into an image file; the suffix chooses the format."""
    times = report.series.times_s
    window = window_s or (times[0], times[-1])
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    if report.series.origin is not None:
        axes.xaxis_date(report.series.origin.tzinfo)
    _shade(axes, report)
    _water(axes, report, window)
    _thresholds(axes, report)
    _marks(axes, report, window)
    axes.set_xlim(_moment(report, window[0]), _moment(report, window[1]))
    axes.set_ylabel("cm on the road")
    axes.set_title(title or report.series.name, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    if report.series.origin is None:
        axes.set_xlabel("s")
    else:
        axes.xaxis.set_major_formatter(_clock(axes.xaxis.get_major_locator(), report.series.origin.tzinfo))
    figure.legend(loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    figure.savefig(target, dpi=110)


def _clock(locator: Any, zone: tzinfo | None) -> Any:
    """Write the clock of the record; matplotlib would write that of UTC."""
    formatter: Any = dates.ConciseDateFormatter
    return formatter(locator, tz=zone)


def _moment(report: Report, at_s: float) -> Any:
    origin = report.series.origin
    return at_s if origin is None else origin + timedelta(seconds=at_s)


def _water(axes: Any, report: Report, window: Window) -> None:
    times = report.series.times_s
    rows = range(bisect_left(times, window[0]), bisect_right(times, window[1]))
    moments = [_moment(report, times[row]) for row in rows]
    levels = [report.levels_cm[row] for row in rows]
    axes.plot(moments, [nan if level is None else level for level in levels], color=WATER, lw=1.5)
    untaken = _untaken(report, rows)
    if untaken:
        axes.plot(*zip(*untaken, strict=True), ".", color=MARK, ms=4, label="reading not taken")
    told = [told_cm for _, told_cm in untaken]
    highest_cm = max((level for level in (*levels, *told) if level is not None), default=0.0)
    unsafe_cm = report.site.levels.unsafe_cm
    # What stands metres above the thresholds would hide what happened at them.
    axes.set_ylim(0, min(max(unsafe_cm * 1.12, highest_cm * 1.05), unsafe_cm * 3))


def _untaken(report: Report, rows: range) -> list[tuple[Any, float]]:
    """Return the readings that the gate did not take for the level, such as a spike, and their moments."""
    series, far_cm = report.series, report.site.disagree_cm
    found = []
    for feed in report.layout.feeds:
        for row in rows if feed.kind == "cm" else ():
            told, level = feed.level_cm(series.columns[feed.column][row]), report.levels_cm[row]
            if told is not None and (level is None or abs(told - level) > far_cm):
                found.append((_moment(report, series.times_s[row]), told))
    return found


def _shade(axes: Any, report: Report) -> None:
    """Colour the time under caution and the time in which the road was closed."""
    named: set[str] = set()
    ends = [step.at_s for step in report.steps[1:]] + [report.series.times_s[-1]]
    for step, end_s in zip(report.steps, ends, strict=False):
        if step.state in OPEN_STATES:
            continue
        colour = CAUTION if step.state == "caution" else CLOSED
        label = None if colour in named else NAMES[colour]
        named.add(colour)
        span = (_moment(report, step.at_s), _moment(report, end_s))
        axes.axvspan(*span, color=colour, alpha=0.2, lw=0, label=label)


def _thresholds(axes: Any, report: Report) -> None:
    limits = report.site.levels
    for level_cm, name in (
        (limits.caution_cm, "caution"), (limits.close_cm, "close"), (limits.unsafe_cm, "unsafe"),
    ):  # fmt: skip
        axes.axhline(level_cm, color="#888888", lw=0.8, ls="--")
        place, text = (0.004, level_cm), f"{name} {level_cm:g} cm"
        axes.annotate(
            text, place, xycoords=("axes fraction", "data"), va="bottom", fontsize=8, color="#555555"
        )


def _marks(axes: Any, report: Report, window: Window) -> None:
    """Mark the first closing in the window."""
    for state, name, style in (("pre_warn", "warnings", ":"), ("closed", "arm proved closed", "-")):
        found = (step for step in report.steps if step.state == state)
        step = next((step for step in found if window[0] <= step.at_s <= window[1]), None)
        if step is not None:
            label = name if step.cause is None else f"{name} ({step.cause})"
            axes.axvline(_moment(report, step.at_s), color=MARK, lw=1.0, ls=style, label=label)
