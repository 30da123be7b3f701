"""One picture of a dry run: the records that went differently, without and with the policy."""

from collections.abc import Sequence
from math import ceil, floor, nan
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from sotdae_edge.replay.report import Report
from sotdae_provisioning.policy.dry_run import SAME_FLOOD_S, Outcome, Trial

WATER, FILE, POLICY = "#1f6fb4", "#aaaaaa", "#c62828"
MOST = 12
"""More panels than this nobody reads; the table has them all."""


def plot(trials: Sequence[Trial], target: Path, title: str) -> int:
    """Draw the trials that differ, or all if none does; return how many are shown."""
    shown = [trial for trial in trials if trial.differs][:MOST] or list(trials)[:MOST]
    across = 1 if len(shown) == 1 else 2
    down = ceil(len(shown) / across)
    figure = Figure(figsize=(5.2 * across + 1.0, 3.0 * down + 0.8), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    for axes, trial in zip(grid.flat, shown, strict=False):
        _panel(axes, trial)
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_axis_off()
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.suptitle(title, fontsize=11)
    figure.savefig(target, dpi=110)
    return len(shown)


def _panel(axes: Any, trial: Trial) -> None:
    before, after = trial.before, trial.after
    from_s, to_s = _window(trial)
    times = before.series.times_s
    rows = [row for row, at in enumerate(times) if from_s <= at <= to_s]
    minutes = [(times[row] - from_s) / 60.0 for row in rows]
    levels = [before.levels_cm[row] for row in rows]
    axes.plot(minutes, [nan if cm is None else cm for cm in levels], color=WATER, lw=1.5, label="level")
    for report, outcome, (colour, width), name in _both(trial):
        for moments, style, what in (
            (outcome.cautions_s, "--", "caution"),
            (outcome.closings_s, "-", "closing"),
        ):
            shown = [(at - from_s) / 60.0 for at in moments if from_s <= at <= to_s] or [nan]
            for number, minute in enumerate(shown):
                label = None if number else f"{what}, {name}"
                axes.axvline(minute, color=colour, lw=width, ls=style, label=label)
        for cm in (report.site.levels.caution_cm, report.site.levels.close_cm):
            axes.axhline(cm, color=colour, lw=0.6, ls=":")
    top = max([30.0, *(cm for cm in levels if cm is not None)])
    axes.set_ylim(0, min(top * 1.05, 90.0))
    axes.set_xlim(0, (to_s - from_s) / 60.0)
    axes.set_xlabel(f"min from {before.series.at(from_s)}", fontsize=8)
    axes.set_ylabel("cm on the road", fontsize=8)
    axes.set_title(f"{trial.site}: {after.series.name}", loc="left", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _both(trial: Trial) -> list[tuple[Report, Outcome, tuple[str, float], str]]:
    before, after = trial.outcomes
    own, over = (FILE, 3.5), (POLICY, 1.3)  # where both moments are one, both lines are seen
    return [(trial.before, before, own, "own file"), (trial.after, after, over, "policy")]


def _window(trial: Trial) -> tuple[float, float]:
    """Return from and to around the first flood that goes differently, in the seconds of the record."""
    times = trial.before.series.times_s
    one, other = trial.outcomes
    first = _first_difference(one.closings_s, other.closings_s)
    first = _first_difference(one.cautions_s, other.cautions_s) if first is None else first
    if first is None:
        return times[0], times[-1]
    every = (*one.cautions_s, *one.closings_s, *other.cautions_s, *other.closings_s)
    near = [at for at in every if abs(at - first) <= SAME_FLOOD_S]
    pad_s = max(0.5 * (max(near) - min(near)), 6.0 * trial.before.series.period_s, 30.0)
    return max(times[0], float(floor(min(near) - pad_s))), min(times[-1], max(near) + pad_s)


def _first_difference(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return the earliest moment that both have not in common."""
    return min(set(before) ^ set(after), default=None)
