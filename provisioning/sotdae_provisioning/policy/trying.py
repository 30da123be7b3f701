"""`sotdae policy lint|dry-run`: what a policy would do, before anybody signs it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sotdae_edge.config import load_gate
from sotdae_edge.core.site import Site
from sotdae_edge.ending import plotting
from sotdae_edge.panel.terms import Lang, language, said
from sotdae_edge.replay.layout import BUILT_IN
from sotdae_edge.replay.reading import read_series
from sotdae_edge.replay.series import Series
from sotdae_provisioning.policy.dry_run import Trial, earlier_s, refusals, trials
from sotdae_provisioning.policy.files import read_policy
from sotdae_provisioning.policy.floods import floods
from sotdae_provisioning.policy.judging import findings
from sotdae_provisioning.policy.options import JsonOption, LangOption, PolicyFile
from sotdae_provisioning.policy.telling import told_whole
from sotdae_provisioning.policy.words import say

HEADS = ("site", "record", "caution", "closing", "cautions", "closings", "false")
LONG_ROWS = 20_000
"""From here on a progress bar shows."""

SitesOption = Annotated[
    list[Path] | None, typer.Option("--site", help="A gate's TOML file. Repeat for several.")
]


def lint(
    policy: PolicyFile, *, site: SitesOption = None, lang: LangOption = None, as_json: JsonOption = False
) -> None:
    """Judge a policy as gates will: limits, orderings, each site's own bounds, the latest safe start.

    Example:  sotdae policy lint rainy.toml --site gate-7.toml --site gate-8.toml
    """
    tongue = lang or language()
    with told_whole(as_json=as_json, lang=tongue):
        read = read_policy(policy)
        sites = [(str(path), load_gate(path).site) for path in site or []]
        found = findings(str(policy), read, sites, datetime.now(UTC))
        wrong = any(each.weight == "wrong" for each in found)
        if as_json:
            rows = [{"place": each.place, "weight": each.weight, "text": each.text} for each in found]
            typer.echo(json.dumps({"ok": not wrong, "version": read.version, "findings": rows}))
        else:
            for each in found:
                typer.echo(said(tongue, f"{each.place}: {each.weight}: {each.text}"))
            judged = ", ".join(place for place, _ in sites) or "a plain underpass; --site judges yours"
            verdict = "refused" if wrong else "good"
            typer.echo(said(tongue, f"policy {read.version}: {verdict}, judged at {judged}"))
        raise typer.Exit(1 if wrong else 0)


def dry_run(
    policy: PolicyFile,
    series: Annotated[
        list[Path] | None,
        typer.Argument(help="Records as for `sotdae replay`. Default: two computed floods."),
    ] = None,
    *,
    site: SitesOption = None,
    plot: Annotated[Path | None, typer.Option(help="Draw what goes differently here.")] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play recorded floods at sites with and without a policy: which gates would have moved differently.

    Example:  sotdae policy dry-run rainy.toml --site gate-7.toml flood-2018.csv flood-2020.csv --plot dry.png
    """
    tongue = lang or language()
    with told_whole(as_json=as_json, lang=tongue):
        read = read_policy(policy)
        sites = [load_gate(path).site for path in site or []] or [BUILT_IN]
        records = [read_series(path) for path in series or []] or floods()
        refused = refusals(read, sites)
        taking = [each for each in sites if each.facility not in refused]
        with _progress(taking, records) as progress:
            played = list(trials(read, taking, records, progress))
    if plot is not None and played:
        _draw(played, plot, f"Policy {read.version} in {len(records)} records")
    if as_json:
        rows = [trial.as_json() for trial in played]
        typer.echo(json.dumps({"version": read.version, "trials": rows, "refused": refused}))
    else:
        _show(played, refused, tongue)
    raise typer.Exit(1 if refused else 0)


@contextmanager
def _progress(sites: Sequence[Site], records: Sequence[Series]) -> Iterator[Callable[[int], None]]:
    rows = 2 * len(sites) * sum(len(record.times_s) for record in records)
    if rows < LONG_ROWS:
        yield lambda _: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("floods", total=rows)
        yield lambda done: bar.update(task, completed=done)


def _draw(played: Sequence[Trial], target: Path, title: str) -> None:
    with plotting(target):
        from sotdae_provisioning.policy.dry_run_plot import plot

        plot(played, target, title)


def _show(played: Sequence[Trial], refused: dict[str, list[str]], lang: Lang) -> None:
    console = Console()
    table = Table(*(say(lang, f"dry.{head}") for head in HEADS), box=None)
    table.columns[0].no_wrap = True
    for trial in played:
        table.add_row(*(said(lang, cell) for cell in cells(trial)))
    if played:
        console.print(table)
    for facility, why in refused.items():
        text = said(lang, f"{facility} would not take it: {'; '.join(why)}")
        console.print(text, markup=False, soft_wrap=True)
    differ = sum(trial.differs for trial in played)
    text = f"{differ} of {len(played)} would have gone differently"
    console.print(said(lang, text), highlight=False)


def cells(trial: Trial) -> list[str]:
    """Return one line of the table: site, record, and what goes differently."""
    before, after = trial.outcomes
    counts = (
        (len(before.cautions_s), len(after.cautions_s)),
        (len(before.closings_s), len(after.closings_s)),
        (before.false_closings, after.false_closings),
    )
    return [
        trial.site,
        trial.before.series.name,
        _moved(before.cautions_s, after.cautions_s),
        _moved(before.closings_s, after.closings_s),
        *(f"{one}" if one == other else f"{one} -> {other}" for one, other in counts),
    ]


def _moved(before: Sequence[float], after: Sequence[float]) -> str:
    """Return how far what happens both times moves: the median over the record's floods."""
    earlier = earlier_s(before, after)
    if earlier is None:
        words = {(False, False): "never", (False, True): "only with the policy"}
        return words.get((bool(before), bool(after)), "no longer")
    if earlier == 0.0:
        return "same"
    size = abs(earlier)
    shift = f"{size / 60:.0f} min" if size >= 120.0 else f"{size:.0f} s"
    return f"{shift} {'earlier' if earlier > 0 else 'later'}"
