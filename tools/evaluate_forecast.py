"""Measure the slope forecast: errors, coverage, false forecasts a year. Writes them into docs/slope.md.

Usage: evaluate_forecast.py SERIES_DIR, which has usgs_mukilteo_2015 (USGS, public domain). About 4 minutes.
"""

import csv
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median

from matplotlib import pyplot as plt

from sotdae_edge.core.fit import noise
from sotdae_edge.core.forecast import EXPONENTS, Forecast, Refusal, forecast
from sotdae_edge.core.slope import Limits
from sotdae_edge.core.soil import Soil
from sotdae_edge.slope.plot import plot
from sotdae_edge.slope.series import Series
from sotdae_edge.slope.study import study
from sotdae_firmware_bridge.sim.creep import Creep, Meter

plt.switch_backend("Agg")
REPO = Path(__file__).parents[1]
LIVES_H, NOISES_MM, SHARES = (48.0, 240.0, 960.0), (0.02, 0.1, 0.5), (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
SEEDS = 4
WINDOW_H, LOOK_H, YEAR_H = 30 * 24.0, 6.0, 365 * 24.0
Readings = list[tuple[float, float]]
START = datetime(2026, 6, 1, tzinfo=UTC)


def jitter(source: Path) -> list[float]:
    """Return a real tensiometer's departures from its two-hour median, as multiples of their deviation."""
    with source.open(encoding="utf-8") as file:
        values = [float(row[13]) for row in csv.reader(file, delimiter="\t")]
    smooth = [median(values[max(0, n - 4) : n + 5]) for n in range(len(values))]
    rest = [value - level for value, level in zip(values, smooth, strict=True)]
    sigma = noise(list(enumerate(rest)))
    return [each / sigma for each in rest]


def conditions(real: list[float]) -> dict[str, Callable[[Creep, float, float, random.Random], Readings]]:
    """Return the ways in which a curve is read: (creep, until h, noise mm, dice) to (h, mm)."""

    def plain(creep: Creep, until_h: float, mm: float, dice: random.Random) -> Readings:
        return list(Meter(noise_mm=mm, cycle_mm=0.0).read(creep, until_h, dice))

    def cycle(creep: Creep, until_h: float, mm: float, dice: random.Random) -> Readings:
        return list(Meter(noise_mm=mm).read(creep, until_h, dice))

    def gaps(creep: Creep, until_h: float, mm: float, dice: random.Random) -> Readings:
        return list(Meter(noise_mm=mm, gap_each_h=48.0).read(creep, until_h, dice))

    def regime(creep: Creep, until_h: float, mm: float, dice: random.Random) -> Readings:
        """An earlier acceleration that stopped, 80 h before the real one."""
        at_h, surge_mm = creep.onset_h - 80.0, 20.0 * creep.start_mm_h
        return [
            (t_h, value + surge_mm / (1.0 + math.exp((at_h - t_h) / 6.0)))
            for t_h, value in cycle(creep, until_h, mm, dice)
        ]

    def sensor(creep: Creep, until_h: float, mm: float, dice: random.Random) -> Readings:
        shift = dice.randrange(len(real))
        clean = Meter(every_h=0.25, noise_mm=0.0).read(creep, until_h, dice)
        return [(t_h, value + mm * real[(n + shift) % len(real)]) for n, (t_h, value) in enumerate(clean)]

    return {
        "white noise": plain,
        "+ daily cycle 1 mm": cycle,
        "+ cycle, gaps of 6 h": gaps,
        "+ cycle, an earlier surge": regime,
        "+ cycle, noise of a real sensor": sensor,
    }


class Tally:
    """Answers about curves whose end is known."""

    def __init__(self) -> None:
        """Start with none."""
        self.asked, self.covered = 0, 0
        self.errors: dict[str, list[float]] = {"best": [], "inverse velocity": [], "SLO": []}
        self.refusals: Counter[str] = Counter()

    def take(self, answer: Forecast | Refusal, fails_h: float, now_h: float) -> None:
        """Count one answer; errors are shares of the time that was left."""
        self.asked += 1
        if isinstance(answer, Refusal):
            self.refusals[answer.why.value] += 1
            return
        left_h = fails_h - now_h
        self.covered += answer.early_h <= fails_h <= answer.late_h
        ends = (answer.at_h, answer.inverse_velocity_h, answer.slo_h)
        for errors, end_h in zip(self.errors.values(), ends, strict=True):
            errors.append((end_h - fails_h) / left_h)

    def row(self, name: str) -> str:
        """Return a table's row: medians, with the range from the 10 % to the 90 % quantile."""
        count = len(self.errors["best"])
        cells = [name, str(self.asked), f"{100 * count / self.asked:.0f} %"]
        for errors in self.errors.values():
            low, high = quantile(errors, 0.1), quantile(errors, 0.9)
            cells.append(f"{median(errors):+.2f} ({low:+.2f} to {high:+.2f})" if errors else "")
        cells.append(f"{100 * self.covered / count:.0f} %" if count else "")
        return "| " + " | ".join(cells) + " |"


def quantile(values: list[float], share: float) -> float:
    if not values:
        return math.nan
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def curves(real: list[float]) -> tuple[str, list[tuple[float, float, Forecast]]]:
    """Ask about every combination; return the tables and what the plot needs."""
    tallies: dict[str, Tally] = {}
    dots = []
    for (condition, read), alpha, life_h, mm, seed in product(
        conditions(real).items(), EXPONENTS, LIVES_H, NOISES_MM, range(SEEDS)
    ):
        creep = Creep(alpha=alpha, onset_h=240.0, life_h=life_h)
        dice = random.Random(f"{condition} {alpha} {life_h} {mm} {seed}")
        whole = read(creep, creep.onset_h + SHARES[-1] * life_h, mm, dice)
        for share in SHARES:
            now_h = creep.onset_h + share * life_h
            series = [each for each in whole if now_h - WINDOW_H <= each[0] <= now_h]
            answer = forecast(series)
            for name in (
                f"alpha {alpha:g}",
                condition,
                f"noise {mm:g} mm",
                f"{100 * share:.0f} % of its life",
            ):
                tallies.setdefault(name, Tally()).take(answer, creep.fails_h, series[-1][0])
            if isinstance(answer, Forecast):
                dots.append((alpha, creep.fails_h - series[-1][0], answer))
    tallies |= over_creep(conditions(real)["+ daily cycle 1 mm"])
    names = (
        "curves",
        "asked",
        "answered",
        "best fit: error",
        "inverse velocity (alpha 2)",
        "SLO",
        "in interval",
    )
    head = "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|"
    order = sorted(tallies, key=lambda name: (name[0] != "a", name[0] not in "w+", name[0] != "n"))
    return "\n".join([head, *(tallies[name].row(name) for name in order)]), dots


def over_creep(read: Callable[[Creep, float, float, random.Random], Readings]) -> dict[str, Tally]:
    """Ask about accelerations over a creep that goes on beneath them."""
    tallies: dict[str, Tally] = {}
    for times, life_h, mm, seed, share in product((1, 3, 10), LIVES_H, NOISES_MM, range(SEEDS), SHARES):
        creep = Creep(onset_h=240.0, life_h=life_h, start_mm_h=0.2 / times, under_mm_h=0.2)
        now_h = creep.onset_h + share * life_h
        whole = read(creep, now_h, mm, random.Random(f"over {times} {life_h} {mm} {seed}"))
        series = [each for each in whole if now_h - WINDOW_H <= each[0]]
        name = f"over a creep {f'{times} times as fast' if times > 1 else 'as fast as its onset'}"
        tallies.setdefault(name, Tally()).take(forecast(series), creep.fails_h, series[-1][0])
    return tallies


def still(_: random.Random) -> Iterator[float]:
    """Do not move."""
    while True:
        yield 0.0


def creeping(_: random.Random) -> Iterator[float]:
    """Creep 1 mm/day, more in one season."""
    for n in range(10**9):
        yield 0.04 * (1.0 + 0.8 * math.sin(2.0 * math.pi * n / (YEAR_H * 6)))


def wandering(dice: random.Random) -> Iterator[float]:
    """Walk at random."""
    while True:
        yield dice.gauss(0.0, 0.1)


def raining(rain: list[tuple[float, float]], _: random.Random) -> Iterator[float]:
    """Creep as real rain fills the ground."""
    soil = Soil()
    while True:
        for mm_h, hours in rain:
            soil.rain(mm_h, hours)
            for _ in range(max(1, round(hours * 6))):
                yield 0.01 + 0.02 * max(0.0, soil.index_mm - 20.0)


def surging(dice: random.Random) -> Iterator[float]:
    """Accelerates as if it failed, about monthly, and stops after a share of the way."""
    while True:
        yield from (0.02 for _ in range(round(dice.expovariate(1 / 720.0) * 6)))
        creep = Creep(onset_h=0.0, life_h=dice.choice((48.0, 96.0, 192.0)), start_mm_h=0.05)
        stop_h = dice.uniform(0.3, 0.9) * creep.life_h
        yield from (creep.v_mm_h(n / 6) for n in range(round(stop_h * 6)))
        yield from (creep.v_mm_h(stop_h) * math.exp(-n / 36) for n in range(240))


def harmless(rain: list[tuple[float, float]]) -> dict[str, Callable[[random.Random], Iterator[float]]]:
    """Return slopes that do not fail, as mm/h for each ten minutes of a year."""
    return {
        "still": still,
        "creeping 1 mm/day, seasonal": creeping,
        "wandering (random walk)": wandering,
        "creeping with real rain (Mukilteo)": partial(raining, rain),
        "surges monthly that stop by themselves": surging,
    }


def false_forecasts(rain: list[tuple[float, float]]) -> str:
    """Watch slopes that never fail for two years each, asking every six hours."""
    rows = [
        "| slope that does not fail | years | asked | forecasts | episodes a year |",
        "|---|---|---|---|---|",
    ]
    for name, make in harmless(rain).items():
        asked, given, episodes = 0, 0, 0
        for seed in range(2):
            count, starts = watch(make(random.Random(seed)), random.Random(seed + 100))
            asked, given, episodes = asked + count[0], given + count[1], episodes + starts
        rows.append(f"| {name} | 2 | {asked} | {given} | {episodes / 2:.1f} |")
    return "\n".join(rows)


def watch(speeds: Iterator[float], dice: random.Random) -> tuple[tuple[int, int], int]:
    """Return (asked, forecasts) and how many runs of forecasts, apart by a day, there were."""
    mm, series, asked, given, episodes, last_h = 0.0, [], 0, 0, 0, -math.inf
    for n in range(int(YEAR_H * 6)):
        t_h = n / 6
        mm += next(speeds) / 6
        series.append((t_h, mm + math.sin(2.0 * math.pi * t_h / 24.0) + dice.gauss(0.0, 0.1)))
        if n % int(LOOK_H * 6) or t_h < 48.0:
            continue
        asked += 1
        if isinstance(forecast(series[-int(WINDOW_H * 6) :]), Forecast):
            given += 1
            episodes += t_h > last_h + 24.0
            last_h = t_h
    return (asked, given), episodes


def mukilteo(folder: Path) -> str:
    """Ask about every real instrument there, upwards and downwards, as if it were a wire."""
    asked, channels, found = 0, 0, Counter[str]()
    for path in sorted(folder.glob("*_14d.txt")):
        with path.open(encoding="utf-8") as file:
            rows = [row for row in csv.reader(file, delimiter="\t") if row]
        times = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC).timestamp() / 3600.0 for row in rows]
        for column, sign in product(range(2, len(rows[0])), (1.0, -1.0)):
            series = [
                (t_h, sign * float(row[column])) for t_h, row in zip(times, rows, strict=True) if row[column]
            ]
            channels += sign > 0
            for end in range(3 * 96, len(series) + 1, int(LOOK_H * 4)):
                answer = forecast(series[:end])
                asked += 1
                found["forecast" if isinstance(answer, Forecast) else answer.why.value] += 1
    reasons = ", ".join(f"{name} {count}" for name, count in found.most_common())
    return f"{channels} channels, {asked} questions: {reasons}."


def read_rain(folder: Path) -> list[tuple[float, float]]:
    """Return a real quarter's rain as (mm/h, hours); its tips are 0.01 inch."""
    with (folder / "waMVD116_rain.txt").open(encoding="utf-8") as file:
        tips = [float(line.split()[5]) for line in file if line.strip()]
    return [(sum(tips[n : n + 4]) * 0.254, 1.0) for n in range(0, len(tips), 4)]


def draw_errors(dots: list[tuple[float, float, Forecast]], target: Path) -> None:
    """Draw forecast against true time left, in hours, for each exponent."""
    figure, panels = plt.subplots(1, 3, figsize=(10, 4), sharey=True, sharex=True, layout="constrained")
    for axes, alpha in zip(panels, EXPONENTS, strict=True):
        mine = [(left_h, each) for exponent, left_h, each in dots if exponent == alpha]
        axes.plot(
            *zip(*((left, each.early_h - each.now_h) for left, each in mine), strict=True),
            ".",
            ms=3,
            color="#c62828",
            alpha=0.25,
            label="earliest end",
        )
        axes.plot(
            *zip(*((left, each.at_h - each.now_h) for left, each in mine), strict=True),
            ".",
            ms=3,
            color="#1f6fb4",
            alpha=0.5,
            label="best fit",
        )
        axes.plot([1, 500], [1, 500], color="#333333", lw=0.8)
        axes.set(xscale="log", yscale="log", xlim=(1.5, 400), ylim=(0.5, 1500), xlabel="hours left in truth")
        axes.set_title(f"alpha {alpha:g}, {len(mine)} forecasts", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("hours left by the forecast")
    panels[0].legend(frameon=False, loc="upper left", fontsize=8)
    figure.savefig(target, dpi=110)
    plt.close(figure)


def draw_examples(folder: Path) -> None:
    """Draw one slope that fails and one that surges and stops, as the command draws them."""
    creep = Creep(onset_h=240.0, life_h=120.0, start_mm_h=0.2)
    failing = list(Meter(gap_each_h=96.0).read(creep, 346.0, random.Random(4)))
    mm, dice, stopping = 0.0, random.Random(5), []
    for n in range(6 * 24 * 20):
        t_h = n / 6
        mm += (0.05 + 1.2 * math.exp(-(((t_h - 360.0) / 22.0) ** 2))) / 6
        stopping.append((t_h, mm + math.sin(2.0 * math.pi * t_h / 24.0) + dice.gauss(0.0, 0.1)))
    for name, title, readings in (
        ("slope-forecast", "computed: fails 14 h after the last reading", failing),
        ("slope-refusal", "computed: a surge that stops by itself", stopping),
    ):
        series = Series(START, [(t_h * 3600.0, value) for t_h, value in readings])
        plot(series, study(series, math.inf, Limits()), title, folder / f"{name}.png")


def write(tables: dict[str, str]) -> None:
    """Put the tables between their marks in the document."""
    path = REPO / "docs/slope.md"
    text = path.read_text(encoding="utf-8")
    for name, table in tables.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        text = re.sub(
            f"{start}.*{end}", lambda _, body=f"{start}\n{table}\n{end}": body, text, flags=re.DOTALL
        )
    path.write_text(text, encoding="utf-8")


def main() -> None:
    folder = Path(sys.argv[1]) / "usgs_mukilteo_2015"
    table, dots = curves(jitter(folder / "waMVD116_14d.txt"))
    images = REPO / "docs/images"
    draw_errors(dots, images / "slope-errors.png")
    draw_examples(images)
    write(
        {
            "curves": table,
            "harmless": false_forecasts(read_rain(folder)),
            "instruments": mukilteo(folder),
        }
    )


if __name__ == "__main__":
    main()
