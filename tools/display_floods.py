"""Hold the displayed level and its times against the truth; write docs/display.md's tables and picture.

Reads the reference data (SOTDAE_SHARED, or ../shared/data); needs the extra `dev`.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.figure import Figure
from replay_floods import PLUM_DAY, put, record

from sotdae_edge.core.estimate import DRY, SIGMA_CM, LevelFilter, Seen
from sotdae_edge.core.kalman import Belief
from sotdae_edge.replay.series import Series

REPO = Path(__file__).resolve().parents[1]
PAGE, PICTURE = REPO / "docs" / "display.md", REPO / "docs" / "images" / "display-plumtree.png"
NOISE_CM = 0.3
"""What the simulator's instruments scatter by."""
AS_NAMED = (SIGMA_CM["radar"], SIGMA_CM["pressure"])
AS_IS = (NOISE_CM, NOISE_CM)
CLOSE_CM, UNSAFE_CM = 15.0, 30.0
BEFORE_S = 1800
SEEDS = range(8)
HEAD = """| water | told for | first told before | median error | median sigma | within 1 sigma |
|---|---|---|---|---|---|"""
Water = Callable[[float], float]


@dataclass(frozen=True)
class Look:
    """One second of a display: what the instruments read, what it showed, and what was still to come."""

    at_s: float
    readings: Sequence[float]
    belief: Belief
    told: tuple[float, float] | None
    left_s: float


def watch(
    water: Water, start_s: float, reached_s: float, sigmas: Sequence[float], seed: int
) -> Iterator[Look]:
    """Look at water each second until it reaches the closing level, with two instruments that scatter."""
    dice, levels = random.Random(seed), LevelFilter()
    for second in range(math.ceil(reached_s - start_s)):
        at = start_s + second
        readings = [water(at) + dice.gauss(0.0, NOISE_CM) for _ in sigmas]
        seen = [Seen(*each) for each in zip(readings, sigmas, strict=True)]
        belief = levels.take(seen, DRY, at)
        assert belief is not None
        yield Look(at, readings, belief, belief.reaches(CLOSE_CM), reached_s - at)


def ramp(rate: float) -> Water:
    return lambda at: max(0.0, (at - 120.0) / 60.0 * rate)


def swelling(top_cm: float, pace_s: float, middle_s: float) -> Water:
    return lambda at: top_cm / (1.0 + math.exp((middle_s - at) / pace_s))


def quickening(cm_min2: float) -> Water:
    return lambda at: 0.5 * cm_min2 * max(0.0, (at - 120.0) / 60.0) ** 2


def between(series: Series) -> Water:
    """Return a recorded series as water: straight between its rows."""
    times, depths = series.times_s, series.columns["level_cm"]

    def level(at: float) -> float:
        row = min(max(1, bisect_right(times, at)), len(times) - 1)
        low, high = depths[row - 1] or 0.0, depths[row] or 0.0
        return low + (high - low) * (at - times[row - 1]) / (times[row] - times[row - 1])

    return level


def crossings(series: Series) -> Iterator[float]:
    """Yield the moments at which a record rises to the closing level, half an hour of less before it."""
    times, water = series.times_s, between(series)
    last_wet = -math.inf
    for row in range(1, len(times)):
        low, high = water(times[row - 1]), series.columns["level_cm"][row] or 0.0
        if low < CLOSE_CM <= high and times[row] > last_wet + BEFORE_S:
            yield times[row - 1] + (times[row] - times[row - 1]) * (CLOSE_CM - low) / (high - low)
        if high >= CLOSE_CM:
            last_wet = times[row]


def made() -> dict[str, tuple[Water, float]]:
    """Return the simulated storms, and how long each may take."""
    storms = {f"steady, {rate} cm/min": (ramp(rate), 3600.0) for rate in (1, 2, 5, 10, 20)}
    storms["swelling to 60 cm in half an hour"] = (swelling(60.0, 300.0, 2400.0), 7200.0)
    storms["swelling to 60 cm in five minutes"] = (swelling(60.0, 60.0, 900.0), 7200.0)
    storms["quickening by 1 cm/min each minute"] = (quickening(1.0), 7200.0)
    storms["quickening by 10 cm/min each minute"] = (quickening(10.0), 7200.0)
    return storms


def reached(water: Water, until_s: float) -> float:
    return next(float(at) for at in range(int(until_s)) if water(at) >= CLOSE_CM)


def row(name: str, runs: Sequence[Sequence[Look]]) -> str:
    """Return a line of the table over some runs."""
    told = [(look.told, look.left_s) for run in runs for look in run if look.told is not None]
    if not told:
        return f"| {name} | never | - | - | - | - |"
    firsts = [max((look.left_s for look in run if look.told is not None), default=0.0) for run in runs]
    share = sum(len([1 for look in run if look.told]) / len(run) for run in runs) / len(runs)
    errors = [abs(eta_s - left_s) for (eta_s, _), left_s in told]
    within = sum(abs(eta_s - left_s) <= sigma_s for (eta_s, sigma_s), left_s in told) / len(told)
    return (
        f"| {name} | {100 * share:.0f} % | {median(firsts):.0f} s | {median(errors):.0f} s "
        f"| {median(sigma for (_, sigma), _ in told):.0f} s | {100 * within:.0f} % |"
    )


def storms(sigmas: Sequence[float]) -> list[str]:
    """Return the table of simulated storms."""
    rows = []
    for name, (water, until_s) in made().items():
        at = reached(water, until_s)
        rows.append(
            row(name, [list(watch(water, max(0.0, at - BEFORE_S), at, sigmas, seed)) for seed in SEEDS])
        )
    return [*HEAD.splitlines(), *rows]


def floods() -> list[str]:
    """Return the table of recorded floods."""
    dead = record("Dead Run", "usgs_01589330_deadrun_2018-06_5min.parquet", "01589330")
    plum = record("Plumtree Run", "usgs_01581752_plumtree_2016-2018_5min.parquet", "01581752")
    rows = []
    for name, series in (("Dead Run, June 2018", dead), ("Plumtree Run, 2016-2018", plum)):
        water, found = between(series), list(crossings(series))
        for label, sigmas in (("as named", AS_NAMED), ("as they are", AS_IS)):
            runs = [list(watch(water, at - BEFORE_S, at, sigmas, seed)) for seed, at in enumerate(found)]
            rows.append(row(f"{name}: {len(found)} floods, sigma {label}", runs))
    return [*HEAD.splitlines(), *rows]


def plumtree() -> tuple[Series, list[Look]]:
    """Return the flood of the picture."""
    plum = record("Plumtree Run", "usgs_01581752_plumtree_2016-2018_5min.parquet", "01581752")
    at = next(at for at in crossings(plum) if str(plum.at(at)).startswith(PLUM_DAY))
    return plum, list(watch(between(plum), at - BEFORE_S, at, AS_IS, 1))


def picture(series: Series, looks: Sequence[Look]) -> None:
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    minutes = [-look.left_s / 60.0 for look in looks]
    for number, name in enumerate(("radar", "pressure")):
        readings = [look.readings[number] for look in looks]
        above.plot(minutes, readings, ".", ms=1.5, alpha=0.5, label=f"{name}, each second")
    _band(above, minutes, [(look.belief.level_cm, look.belief.level_sigma_cm) for look in looks], "filtered")
    above.axhline(CLOSE_CM, color="#888888", lw=0.8, ls="--")
    above.annotate(
        "close 15 cm", (0.9, CLOSE_CM), xycoords=("axes fraction", "data"), va="bottom", fontsize=8
    )
    above.set_ylim(-1.0, 1.15 * CLOSE_CM)
    above.set_ylabel("cm on the road")
    errors = [
        (look.told[0] - look.left_s, look.told[1]) if look.told else (math.nan, math.nan) for look in looks
    ]
    _band(below, minutes, [(error / 60.0, sigma / 60.0) for error, sigma in errors], "told minus true")
    below.axhline(0.0, color="#333333", lw=0.8)
    below.set_ylabel("error of the time, min")
    below.set_xlabel("minutes to the closing level")
    above.set_title(
        f"{series.name}, {PLUM_DAY}: pace recorded, scatter 0.3 cm added", loc="left", fontsize=10
    )
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=8, frameon=False, loc="center left")
    figure.savefig(PICTURE, dpi=110)


def _band(axes: Any, at: Sequence[float], values: Sequence[tuple[float, float]], name: str) -> None:
    middle = [value for value, _ in values]
    axes.plot(at, middle, color="#c62828", lw=1.3, label=name)
    low, high = ([value + side * sigma for value, sigma in values] for side in (-1, 1))
    axes.fill_between(at, low, high, color="#c62828", alpha=0.2, lw=0, label="± 1 sigma")


def tables() -> dict[str, list[str]]:
    """Return the page's tables by name."""
    return {"storms-named": storms(AS_NAMED), "storms-known": storms(AS_IS), "floods": floods()}


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in tables().items():
        text = put(text, name, lines)
    PAGE.write_text(text, encoding="utf-8")
    picture(*plumtree())


if __name__ == "__main__":
    main()
