"""`sotdae device doctor`: one command that says what is wrong and how to mend it, the worst first."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.ending import end
from sotdae_edge.panel.terms import language, named, said, worded
from sotdae_provisioning.device.doctor.examine import Examination, Report
from sotdae_provisioning.device.doctor.texts import Language, Rank
from sotdae_shared.errors import ConfigError

_HEADS = {
    Rank.UNSAFE: (("bold white on red", "bold red"), {"en": "UNSAFE", "ko": "위험"}),
    Rank.UNHEARD: (("bold black on yellow", "bold yellow"), {"en": "UNHEARD", "ko": "통신"}),
    Rank.SOON: (("bold white on blue", "bold"), {"en": "SOON", "ko": "주의"}),
}
_WORDS = {
    "en": {"well": "Nothing is wrong.", "looked": "looked at", "skipped": "not looked at", "mend": "mend"},
    "ko": {"well": "이상 없음.", "looked": "확인", "skipped": "확인하지 않음", "mend": "조치"},
}


def doctor(
    config: Annotated[Path, typer.Option("--config", "-c", help="The gate's file.")] = Path(
        "/etc/sotdae/gate.toml"
    ),
    *,
    papers: Annotated[
        Path | None,
        typer.Option("--papers", help="Papers elsewhere than the file says.", envvar="SOTDAE_PAPERS"),
    ] = None,
    office: Annotated[
        str | None, typer.Option(help="Compare the clock with this office's; else with the papers' own.")
    ] = None,
    lang: Annotated[Literal["ko", "en"] | None, typer.Option(help="Language; else that of LANG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is wrong with this gate's box and how to mend it. Exit code 1 if anything is.

    It changes nothing, and a running agent goes on undisturbed.

    Example:  sudo -u sotdae sotdae device doctor --config /etc/sotdae/gate.toml
    """
    tongue: Language = lang or language()
    _must_be_there(config, tongue, as_json)
    report = asyncio.run(Examination(config, papers, office, SystemClock().wall).run())
    if as_json:
        findings = [finding.as_json(tongue) for finding in report.findings]
        answer = {
            "ok": not findings,
            "findings": findings,
            "looked": report.looked,
            "skipped": report.skipped,
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _show(report, tongue)
    raise typer.Exit(1 if report.findings else 0)


def _must_be_there(config: Path, language: Language, as_json: bool) -> None:
    """Ask for the right path where no file can be seen: that says nothing about the box."""
    where = "give the gate's file with --config; its service reads /etc/sotdae/gate.toml"
    problem = f"there is no such file: {where}"
    try:
        if config.is_file():
            return
    except OSError as error:
        problem = f"cannot be looked at: {error.strerror}; look as the agent's user: `sudo -u sotdae`"
    wrong = ConfigError(str(config), [problem])
    end(wrong if as_json else worded(language, wrong), as_json=as_json)


def _show(report: Report, language: Language) -> None:
    console, words = Console(highlight=False), _WORDS[language]
    listed = Table.grid(padding=(0, 1))
    for number, finding in enumerate(report.findings, 1):
        (badge, colour), names = _HEADS[finding.rank]
        fault, mend = escape(finding.fault(language)), escape(finding.mend(language))
        listed.add_row(f"{number}.", f"[{badge}] {names[language]} [/] [{colour}]{fault}[/]")
        listed.add_row("", f"[green]{words['mend']}:[/] {mend}\n")
    console.print(listed)
    if not report.findings:
        console.print(f"[bold green]{words['well']}[/]")
    looked = ", ".join(named(language, "part", part) for part in report.looked)
    console.print(f"[dim]{words['looked']}: {looked}[/]")
    if report.skipped:
        reasons = (
            (named(language, "part", part), said(language, why)) for part, why in report.skipped.items()
        )
        skipped = ", ".join(f"{part} ({why})" for part, why in reasons)
        console.print(f"[dim]{words['skipped']}: {escape(skipped)}[/]")
