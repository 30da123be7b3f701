"""`sotdae replay`: a recorded series through the same core that guards the road."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sotdae_edge.config import load_gate
from sotdae_edge.ending import end, plotting
from sotdae_edge.replay.layout import BUILT_IN
from sotdae_edge.replay.reading import read_series
from sotdae_edge.replay.report import Report
from sotdae_edge.replay.report import replay as play
from sotdae_edge.replay.series import Series
from sotdae_shared.errors import ConfigError

replay_app = typer.Typer(
    invoke_without_command=True,
    subcommand_metavar="",
    context_settings={"allow_interspersed_args": True},
)
COLUMNS = (
    "CSV with `time` and `level_cm`; or one column a sensor: radar, pressure, float, any <name>_cm (cm), "
    "float_5, float_15 (0 or 1), rain (mm/h), river (cm). An empty cell is a missing reading."
)
LONG_ROWS = 20_000
"""From here on a progress bar shows."""
MAX_SHOWN = 200


@replay_app.callback()
def replay(
    series: Annotated[Path, typer.Argument(help=COLUMNS)],
    *,
    site: Annotated[
        Path | None, typer.Option(help="A gate's TOML file. Default: a built-in 175 m site.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw level, thresholds and states here.")] = None,
) -> None:
    """Run recorded levels through the gate's core: when it cautions, closes and, with people, reopens.

    Arm and lane are assumed to work.

    Example:  sotdae replay flood.csv --site gate.toml --plot flood.png
    """
    try:
        chosen = BUILT_IN if site is None else load_gate(site).site
        read = read_series(series)
        with _progress(read) as progress:
            report = play(read, chosen, progress)
    except ConfigError as error:
        end(error, as_json=as_json)
    if plot is not None:
        _draw(report, plot)
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        _show(report)


@contextmanager
def _progress(series: Series) -> Iterator[Callable[[int], None]]:
    rows = len(series.times_s)
    if rows < LONG_ROWS:
        yield lambda _: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(series.name, total=rows)
        yield lambda done: bar.update(task, completed=done)


def _draw(report: Report, target: Path) -> None:
    with plotting(target):
        from sotdae_edge.replay.plot import plot as draw  # noqa: PLC0415 - only --plot needs its library

        draw(report, target)


def _show(report: Report) -> None:
    table = Table("at", "state", "level", "first out", "because", box=None, pad_edge=False)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for step in report.steps[:MAX_SHOWN]:
        level = "?" if step.level_cm is None else f"{step.level_cm:.1f} cm"
        table.add_row(
            str(report.series.at(step.at_s)), step.state, level, step.first_out or "", "; ".join(step.because)
        )
    console = Console()
    console.print(table)
    left = len(report.steps) - MAX_SHOWN
    if left > 0:
        console.print(f"... and {left} more; --json prints all")
    console.print(_summary(report))


def _summary(report: Report) -> str:
    naive = report.naive_close_s
    bare = "would never have closed" if naive is None else f"would have closed at {report.series.at(naive)}"
    channels = ", ".join(channel.name for channel in report.site.channels)
    rows, predicted = f"{len(report.levels_cm)} rows over {_span(report.years)}", report.false("predicted")
    ignored = ", ".join(report.layout.ignored)
    lines = (
        f"{report.site.facility}, {rows}, channels: {channels}",
        f"closings {len(report.closings)}, false {report.false()} (of these predicted {predicted})",
        f"a bare threshold {bare}",
        *([f"ignored columns: {ignored}"] if ignored else []),
    )
    return "\n".join(lines)


def _span(years: float) -> str:
    days = years * 365.25
    return f"{days:.1f} days" if days >= 2.0 else f"{days * 24.0:.1f} hours"
