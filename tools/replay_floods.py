"""Replay recorded and published floods through the shipped gate; write docs/replay.md's table and pictures.

Reads the reference data (SOTDAE_SHARED, or ../shared/data); needs the extra `dev`.
"""

import os
import random
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

import duckdb

from sotdae_edge.core.site import Geometry, Levels
from sotdae_edge.replay.layout import BUILT_IN
from sotdae_edge.replay.plot import plot
from sotdae_edge.replay.report import Report, replay
from sotdae_edge.replay.run import Step
from sotdae_edge.replay.series import Series

REPO = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SOTDAE_SHARED", REPO.parent / "shared" / "data"))
PAGE, IMAGES = REPO / "docs" / "replay.md", REPO / "docs" / "images"
CM_PER_FT = 30.48 / 4
"""Stage to depth: a brook's bed is no road. A quarter of what it rises above its 90th percentile."""
TUNNEL = replace(
    BUILT_IN,
    facility="GG-41113-UP-0685",
    geometry=Geometry(length_m=685.0),
    levels=Levels(river_caution_cm=2880.0, river_trigger_cm=2902.0),
)
"""Osong's length and closing criterion (DOMAIN 1.1)."""


CHORYANG = [(0, 0), (10, 0), (20, 200), (58, 250), (90, 250)]
"""Minutes from 21:20: sheet flow at 21:30, about 2 m at 21:40, 2.5 m at 22:18 (DOMAIN 1.2)."""
OSONG = [(0, 0), (147, 0), (159, 30), (171, 400), (200, 400)]
"""Minutes from 06:00: first inflow 08:27, not drivable 12 min later, submerged 24 min later (DOMAIN 1.2)."""
OSONG_RIVER = [(0, 2862), (40, 2902), (110, 2972), (200, 2972)]
"""The criterion at 06:40 is published; 1 cm a minute around it is assumed."""
DEAD_DAY, PLUM_DAY = "2018-06-03", "2018-08-31"
FLOODS = """| flood | caution | warnings (cause) | arm proved closed | bare threshold | unsafe (30 cm) |
|---|---|---|---|---|---|"""
YEARS = """| record | rows | years | closings | false/yr | of these predicted | bare closings | false/yr |
|---|---|---|---|---|---|---|---|"""


def record(name: str, file: str, site: str) -> Series:
    """Return a stage record as depth on the road."""
    column = f"USGS:{site}:00065:00000"
    known = f'case when not isnan("{column}") then "{column}" end'
    query = f'select "datetimeUTC", {known} from read_parquet(?) order by 1'
    rows = duckdb.execute(query, [str(SHARED / "series" / file)]).fetchall()
    stages = [stage for _, stage in rows if stage is not None]
    p90 = quantiles(stages, n=10)[-1]
    origin = rows[0][0]
    depths = [None if stage is None else max(0.0, stage - p90) * CM_PER_FT for _, stage in rows]
    times = [(at - origin).total_seconds() for at, _ in rows]
    return Series(f"{name} (p90 {p90:.2f} ft)", times, {"level_cm": depths}, origin)


def curve(
    name: str, start: str, points: list[tuple[float, float]], river: list[tuple[float, float]]
) -> Series:
    """Return a computed flood, straight between (minutes, cm), read each second by three instruments."""
    seconds = range(int(points[-1][0] * 60) + 1)
    depths = [_between(points, second / 60.0) for second in seconds]
    columns: dict[str, list[float | None]] = {name: list(depths) for name in ("radar", "pressure", "float")}
    if river:
        columns["river"] = [_between(river, second / 60.0) for second in seconds]
    return Series(name, [float(second) for second in seconds], columns, datetime.fromisoformat(start))


def _between(points: list[tuple[float, float]], minute: float) -> float:
    for (t0, y0), (t1, y1) in pairwise(points):
        if minute <= t1:
            return y0 + (y1 - y0) * max(0.0, minute - t0) / (t1 - t0)
    return points[-1][1]


def spiked(series: Series) -> Series:
    """Return the series with one wrong reading a week, 80 cm too high, at moments drawn once for all."""
    dice = random.Random(2018)
    depths = list(series.columns["level_cm"])
    rows = int(7 * 86400 / series.period_s)
    for start in range(0, len(depths) - rows, rows):
        row = start + dice.randrange(rows)
        depths[row] = (depths[row] or 0.0) + 80.0
    return replace(series, name=f"{series.name}, spiked", columns={"level_cm": depths})


def naive(series: Series, truth: Series) -> tuple[int, int]:
    """Return how often a bare threshold would have closed, and how often nothing bore that out."""
    close_cm = BUILT_IN.levels.close_cm
    wet = [depth is not None and depth >= close_cm for depth in series.columns["level_cm"]]
    true = [depth is not None and depth >= close_cm for depth in truth.columns["level_cm"]]
    reach = int(1800 / series.period_s) + 1
    # It would stay closed, as the gate does, until all has been dry for half an hour.
    closings = [row for row, is_wet in enumerate(wet) if is_wet and not any(wet[max(0, row - reach) : row])]
    return len(closings), sum(not any(true[row : row + reach]) for row in closings)


def _clock(report: Report, at_s: float | None) -> str:
    return "-" if at_s is None else str(report.series.at(at_s)).replace("T", " ")[:19]


def trip(report: Report, day: str) -> Step:
    """Return the first closing of a day; of all if the day is empty."""
    found = (step for step in report.steps if step.state == "pre_warn")
    return next(step for step in found if str(report.series.at(step.at_s)).startswith(day))


def flood_row(name: str, report: Report, pick: str = "") -> str:
    """Return one flood's line: the first closing whose time starts with `pick`."""
    began = trip(report, pick)
    caution = [step.at_s for step in report.steps if step.state == "caution" and step.at_s <= began.at_s]
    closed = next(step.at_s for step in report.steps if step.state == "closed" and step.at_s > began.at_s)
    rows = [
        (time_s, depth) for time_s, depth in zip(report.series.times_s, report.levels_cm, strict=True)
        if depth is not None and began.at_s - 3 * 3600 < time_s < began.at_s + 6 * 3600
    ]  # fmt: skip
    bare = next((time_s for time_s, depth in rows if depth >= 15.0), None)
    unsafe = next((time_s for time_s, depth in rows if depth >= 30.0), None)
    left = "never" if unsafe is None else f"{(unsafe - closed) / 60:.1f} min later"
    first = _clock(report, caution[-1] if caution and caution[-1] > began.at_s - 6 * 3600 else None)
    return (
        f"| {name} | {first} | {_clock(report, began.at_s)} ({began.cause}) | {_clock(report, closed)} "
        f"| {_clock(report, bare)} | {left} |"
    )


def year_row(name: str, report: Report, truth: Series) -> str:
    """Return one record's line; `truth` is the record without what was added to it."""
    series = report.series
    closings, false = naive(series, truth)
    false_closings, predicted = report.false(), report.false("predicted")
    return (
        f"| {name} | {len(series.times_s):,} | {report.years:.2f} | {len(report.closings)} "
        f"| {false_closings / report.years:.1f} | {predicted / report.years:.1f} "
        f"| {closings} | {false / report.years:.1f} |"
    )


@dataclass(frozen=True)
class Told:
    """Every replay of the page."""

    dead: Report
    plum: Report
    dead_spiked: Report
    plum_spiked: Report
    choryang: Report
    osong: Report
    osong_alone: Report


def tell() -> Told:
    """Run all replays: half a minute."""
    dead = record("Dead Run", "usgs_01589330_deadrun_2018-06_5min.parquet", "01589330")
    plum = record("Plumtree Run", "usgs_01581752_plumtree_2016-2018_5min.parquet", "01581752")
    return Told(
        dead=replay(dead, BUILT_IN),
        plum=replay(plum, BUILT_IN),
        dead_spiked=replay(spiked(dead), BUILT_IN),
        plum_spiked=replay(spiked(plum), BUILT_IN),
        choryang=replay(curve("Choryang", "2020-07-23T21:20:00", CHORYANG, []), BUILT_IN),
        osong=replay(curve("Osong", "2023-07-15T06:00:00", OSONG, OSONG_RIVER), TUNNEL),
        osong_alone=replay(curve("Osong", "2023-07-15T06:00:00", OSONG, []), TUNNEL),
    )


def tables(told: Told) -> dict[str, list[str]]:
    """Return the page's tables by name."""
    dead, plum = told.dead.series, told.plum.series
    return {
        "floods": [
            FLOODS,
            flood_row("Dead Run", told.dead, DEAD_DAY),
            flood_row("Plumtree Run", told.plum, PLUM_DAY),
            flood_row("Choryang (computed)", told.choryang),
            flood_row("Osong (computed)", told.osong),
            flood_row("Osong without the river gauge (computed)", told.osong_alone),
        ],
        "years": [
            YEARS,
            year_row("Dead Run, June 2018", told.dead, dead),
            year_row("Plumtree Run, 2016-2018", told.plum, plum),
            year_row("Dead Run, one spike a week", told.dead_spiked, dead),
            year_row("Plumtree Run, one spike a week", told.plum_spiked, plum),
        ],
    }


def main() -> None:
    told = tell()
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in tables(told).items():
        text = put(text, name, lines)
    PAGE.write_text(text, encoding="utf-8")
    pictures(told)


def put(text: str, name: str, lines: list[str]) -> str:
    """Return the page with a table replaced."""
    head, rest = text.split(f"<!-- {name} -->")
    tail = rest.split(f"<!-- /{name} -->")[1]
    return "\n".join([head + f"<!-- {name} -->", *lines, f"<!-- /{name} -->"]) + tail


def pictures(told: Told) -> None:
    recorded, computed = "recorded every 5 min, depth mapped from stage", "computed from published figures"
    for name, report, day, hours, title in (
        ("dead-run", told.dead, DEAD_DAY, (-1.5, 5.0), f"Dead Run, 2018-06-03: {recorded}"),
        ("plumtree", told.plum, PLUM_DAY, (-1.5, 7.0), f"Plumtree Run, 2018-08-31: {recorded}"),
        ("choryang", told.choryang, "", (-0.1, 0.15), f"Choryang, 2020-07-23: {computed}"),
        ("osong", told.osong, "", (-0.6, 2.3), f"Osong, 2023-07-15: {computed}"),
    ):
        at_s = trip(report, day).at_s
        window = (max(0.0, at_s + hours[0] * 3600), min(report.series.times_s[-1], at_s + hours[1] * 3600))
        plot(report, IMAGES / f"replay-{name}.png", title, window)


if __name__ == "__main__":
    main()
