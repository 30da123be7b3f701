"""`sotdae device walk`, `report` and `label`: a gate tried on site, its signed report, its label."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sotdae_edge.panel.terms import Lang, language, said
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError

if TYPE_CHECKING:
    from sotdae_edge.config import GateConfig
    from sotdae_provisioning.device.walk.asking import Asker
    from sotdae_provisioning.device.walk.kept import Kept
    from sotdae_shared.signing import PrivateKey

REPORTS = "commissioning"
"""Folder of the reports, in storage.dir."""

report_app = typer.Typer(no_args_is_help=True, help="The report of a commissioning walk.")

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The gate's TOML file.")]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language; by default that of LANG.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def walk(
    *,
    config: ConfigOption,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="The report (.html), its data beside it; by default in storage.dir."),
    ] = None,
    papers: Annotated[
        Path | None,
        typer.Option("--papers", help="Folder of the box's papers; by default the gate's file tells it."),
    ] = None,
    ticket: Annotated[
        bool,
        typer.Option(
            "--ticket", help="Take the line of `sotdae device code` from a pipe; a terminal is asked anyway."
        ),
    ] = False,
    key: Annotated[
        Path | None, typer.Option("--key", "-k", help="Your key file, to sign (`sotdae gate key new`).")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file whose first line is its passphrase.")
    ] = None,
    technician: Annotated[
        str | None, typer.Option(help="Your name; by default the one that the roster gives your key.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Answer yes to what is asked. Never says that you stand at the arm.")
    ] = False,
    answers: Annotated[
        Path | None, typer.Option(help="A TOML file of answers, by question; see docs/operations.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget what an earlier walk of this report has done.")
    ] = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try every part of a gate on site, step by step, and sign a report. Stop the agent first.

    Ends with 0 if all is well, 1 if something failed or was left out, 130 if interrupted: run it again.

    Example:  sudo sotdae device walk --config /etc/sotdae/gate.toml --key kim.pem
    """
    tongue = lang or language()
    with told(tongue), _libraries():
        from sotdae_edge.fitting import fitted_gate
        from sotdae_edge.panel.key_cli import passphrase_of
        from sotdae_edge.panel.keys import load_key, owner
        from sotdae_provisioning.device.ticket import typed

        gate = fitted_gate(config)
        private = None if key is None else load_key(key, passphrase_of(key, passphrase_file))
        person = None if private is None else owner(private, gate.roster)
        name = technician or ("" if person is None else person.name)
        line = typed() if ticket else None
        ask, name = _asker(tongue, name, answers, yes=yes)
        place = report or gate.storage.dir / REPORTS / f"{gate.facility.id}.html"
        if place.suffix != ".html":
            raise ConfigError(str(place), ["want a name that ends in .html"])
        kept = _walked(
            gate, config, ask, place,
            papers=papers, ticket=line, name=name, private=private, anew=anew, lang=tongue,
        )  # fmt: skip
    if as_json:
        steps = {each.step: each.state for each in kept.walk.results}
        typer.echo(json.dumps({"verdict": kept.walk.verdict, "report": str(place), "steps": steps}))
    raise typer.Exit(0 if kept.walk.verdict == "complete" else 1)


@report_app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The report, .html or .json.")],
    device_key: Annotated[
        str | None, typer.Option(help="The box's public key, as kept elsewhere, to compare with.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The gate's file: the technician must be on its roster."),
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the signatures of a report, and that its page shows what was signed. Exit code 1 if not.

    Example:  sotdae device report verify report.html --config /etc/sotdae/gate.toml
    """
    from sotdae_edge.config import load_gate
    from sotdae_provisioning.device.walk.checking import check

    tongue = lang or language()
    with told(tongue):
        people = () if config is None else load_gate(config).roster
        found = check(file, device_key, None if config is None else people)
    if as_json:
        typer.echo(
            json.dumps(
                {"ok": found.holds, "verdict": found.verdict, "checks": found.lines}, ensure_ascii=False
            )
        )
    else:
        for text, holds in found.lines.items():
            typer.echo(f"{'✓' if holds else '✗'} {said(tongue, text)}")
        verdict = "holds" if found.holds else "DOES NOT HOLD"
        typer.echo(said(tongue, f"{verdict}; the walk: {found.verdict}"))
    raise typer.Exit(0 if found.holds else 1)


@report_app.command()
def draw(
    file: Annotated[Path, typer.Argument(help="The report, .html or .json.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write (.html).")],
    lang: LangOption = None,
) -> None:
    """Draw the page of a report anew from its signed data, in either language.

    Example:  sotdae device report draw report.json --out report.html --lang ko
    """
    from sotdae_provisioning.device.walk.checking import load_any
    from sotdae_provisioning.device.walk.kept import replace
    from sotdae_provisioning.device.walk.page import page

    with told(lang):
        kept, written = load_any(file)
        replace(out, page(kept, lang or written or language()).encode())


def label(
    *,
    config: ConfigOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .svg, or .html to print.")],
    serial: Annotated[str, typer.Option(help="The box's serial number, as its maker printed it.")] = "",
    url: Annotated[str | None, typer.Option(help="Where the code leads, such as the hub's page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the label of a box, 90 by 55 mm: facility, node, emergency number, QR code.

    Example:  sotdae device label --config /etc/sotdae/gate.toml --serial SN-1 --out label.html
    """
    from sotdae_edge.config import load_gate
    from sotdae_provisioning.device.walk.kept import replace
    from sotdae_provisioning.device.walk.label import Label, sheet, svg

    with told():
        place = load_gate(config).facility
        made = Label(
            str(place.id), place.name, place.name_en, place.disambiguation, place.node, serial,
            place.emergency, url,
        )  # fmt: skip
        if out.suffix not in (".svg", ".html"):
            raise ConfigError(
                str(out), ["want a name that ends in .svg, or in .html to print or to save as PDF"]
            )
        replace(out, (svg(made) if out.suffix == ".svg" else sheet(made)).encode())
    told_of = {"file": str(out), "code": made.code}
    typer.echo(json.dumps(told_of, ensure_ascii=False) if as_json else f"{out}: {made.code}")


@contextmanager
def _libraries() -> Iterator[None]:
    """Say which extras a walk needs besides those of its own command. ConfigError if one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("sotdae"):
            raise
        raise ConfigError("walk", [f"needs {error.name}: pip install '.[gate,tech]'"]) from error


def _asker(lang: Lang, name: str, answers: Path | None, *, yes: bool) -> "tuple[Asker, str]":
    """Return who asks, and the technician's name. ConfigError where nobody can be asked."""
    from rich.console import Console

    from sotdae_provisioning.device.walk.asking import Prepared, answers_of
    from sotdae_provisioning.device.walk.screen import Shows, Terminal

    console = Console(stderr=True, highlight=False)
    if answers is not None or yes:
        given = answers_of(answers)
        name = name or str(given.get("technician", ""))
        return Prepared(given, yes, _named(name), Shows(console, lang)), name
    if not sys.stdin.isatty():
        raise ConfigError("walk", ["needs a terminal; scripts give --answers FILE or --yes"])
    name = name or Terminal(console, lang).text("technician", "")
    return Terminal(console, lang, _named(name)), name


def _named(name: str) -> str:
    if not name:
        raise ConfigError("walk", ["want --technician NAME, or a --key that the roster knows"])
    return name


def _walked(
    gate: "GateConfig",
    config: Path,
    ask: "Asker",
    place: Path,
    *,
    papers: Path | None,
    ticket: str | None,
    name: str,
    private: "PrivateKey | None",
    anew: bool,
    lang: Lang,
) -> "Kept":  # fmt: skip
    from sotdae_provisioning.device.walk.course import walk as course
    from sotdae_provisioning.device.walk.ending import finished, resumed, say_arms
    from sotdae_provisioning.device.walk.kept import Kept, save
    from sotdae_provisioning.device.walk.ready import become_owner, begun, in_hand

    # A shell that started this in the background has it ignore Ctrl-C: here it must stop an arm.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    data = place.with_suffix(".json")
    become_owner(gate.storage.dir)
    try:
        with in_hand(gate, config, ask, place, papers=papers, ticket=ticket) as kit:
            fresh = begun(kit, name, kit.wall())
            ask.doing("unguarded")
            start = resumed(fresh, data, ask, anew=anew)
            if place.parent == gate.storage.dir / REPORTS:
                place.parent.mkdir(exist_ok=True)
            save(data, Kept(walk=start))  # a place that cannot be written to is found out now
            try:
                done = course(kit, start, lambda walk: save(data, Kept(walk=walk)))
            except KeyboardInterrupt:
                say_arms(kit)
                raise
            return finished(kit, done, private, place, lang)
    except KeyboardInterrupt:
        ask.doing("stopped")
        raise typer.Exit(130) from None
