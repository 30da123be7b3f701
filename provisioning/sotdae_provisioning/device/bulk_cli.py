"""`sotdae device enrol-many`, `request`, `certify`, `accept`: many boxes, and boxes without a link."""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sotdae_provisioning.device.bulk import Certifying, Done, Outcome, Tickets, known, requests_in
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.parcels import ASKED, Answered, Asked, accept, ask, fingerprint
from sotdae_provisioning.device.rows import Bad, Row, inert, key_from, read_rows, written
from sotdae_provisioning.device.sheet import sheet
from sotdae_provisioning.device.standing import alone
from sotdae_provisioning.device.ticket import Ticket, office_from
from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.cli import PassOption, passphrase_in
from sotdae_provisioning.pki.folder import write
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError
from sotdae_shared.identity import address_from

DirOption = Annotated[Path, typer.Option("--dir", help="Folder of the authorities.", envvar="SOTDAE_CA")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PapersOption = Annotated[
    Path, typer.Option("--papers", help="Folder of the box's papers.", envvar="SOTDAE_PAPERS")
]
SHEET, ERRORS = "sheet.html", "errors.csv"


def enrol_many(
    boxes: Annotated[Path, typer.Argument(help="CSV: facility,node,serial[,name][,key].", exists=True)],
    folder: DirOption,
    out: Annotated[Path, typer.Option(help="Folder for what is made; the same one to go on.")],
    *,
    office: Annotated[
        str | None, typer.Option(help="Give tickets: where the boxes reach the office, https://host:port.")
    ] = None,
    requests: Annotated[
        Path | None, typer.Option(help="Certify instead: folder of the boxes' requests.", exists=True)
    ] = None,
    unchecked_keys: Annotated[
        bool,
        typer.Option("--unchecked-keys", help="Also certify requests whose key the list does not name."),
    ] = False,
    hours: Annotated[int, typer.Option(help="How long a ticket is good.", min=1, max=24 * 14)] = 24,
    passphrase_file: PassOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enrol the boxes of a list. Cut short, run it again: nobody gets a second identity.

    A request counts if its key is the one in the column key, as `sotdae device request` showed it.
    Rows that are no good go to OUT/errors.csv with a reason; the others are worked on all the same.

    Example:  sotdae device enrol-many boxes.csv --dir ca --office https://office:8443 --out out
    """
    with told():
        if (office is None) is (requests is None):
            raise ConfigError("enrol-many", ["want --office (tickets to carry) or --requests (a folder)"])
        province, now = Province(folder), datetime.now(UTC)
        province.root.certificate()
        rows, bad = read_rows(boxes.read_bytes(), str(boxes))
        rows, homeless = known(province, rows)
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(province):
            if requests is None:
                giving = Tickets(
                    province, office_from(str(office)), out, timedelta(hours=hours), secrets.choice
                )
                outcomes = _give(giving, rows, now)
            else:
                phrase = passphrase_in(passphrase_file)
                outcomes = _answer(Certifying(province, out, phrase, unchecked_keys), requests, rows, now)
        failed = (each for each in outcomes if isinstance(each, Bad))
        bad = sorted([*bad, *homeless, *failed], key=lambda each: each.line)
        _report(out, rows, outcomes, bad, as_json)
    raise typer.Exit(1 if bad else 0)


def request(
    facility: Annotated[str, typer.Argument(help="Its facility, such as GG-41113-UP-0007.")],
    node: Annotated[str, typer.Argument(help="Its name, such as gate-41113-up-0007.")],
    papers: PapersOption,
    serial: Annotated[str, typer.Option(help="The box's serial number, as its maker printed it.")],
    out: Annotated[Path, typer.Option(help=f"Write the request here: NAME{ASKED}.")],
) -> None:
    """Make a key on this box, and a file to carry to the office. The key stays here.

    Example:  sotdae device request GG-41113-UP-0007 gate-7 --serial SN-7 --papers papers --out ask.csr.json
    """
    with told():
        asked = ask(Papers(papers), address_from(facility, node), serial)
        write(out, asked.raw())
        typer.echo(f"{out}\nkey {asked.key_sha256}\nCarry the file to the office: sotdae device certify")


def certify(
    asked_file: Annotated[Path, typer.Argument(help=f"The box's request: NAME{ASKED}.", exists=True)],
    folder: DirOption,
    out: Annotated[Path, typer.Option(help="Folder for the answer.")],
    *,
    key: Annotated[
        str | None, typer.Option(help="The key that the box showed; asked for when it is left out.")
    ] = None,
    passphrase_file: PassOption = None,
) -> None:
    """Certify one box's request at the office, after its key was compared.

    Example:  sotdae device certify ask.csr.json --dir ca --out out
    """
    with told():
        asked, province, now = Asked.read(asked_file.read_bytes()), Province(folder), datetime.now(UTC)
        told_key = key or typer.prompt(f"{asked.node}, box {asked.serial}. Key that the box showed", err=True)
        row = Row(0, asked.address, asked.serial, "", key_from(told_key))
        answering = Certifying(province, out, passphrase_in(passphrase_file))
        with alone(province):
            for outcome in answering.answer([row], {row: asked_file}, now):
                if isinstance(outcome, Bad):
                    raise ConfigError(str(asked_file), [outcome.reason])
        typer.echo(f"{answering.file(row)}\nCarry it to the box: sotdae device accept")


def accept_papers(
    file: Annotated[Path, typer.Argument(help="The office's answer: NODE.papers.json.", exists=True)],
    papers: PapersOption,
    root: Annotated[str | None, typer.Option(help="SHA-256 of the root, if the office told you.")] = None,
) -> None:
    """Take papers that came by file, with the floor and the deny list, and use them.

    Example:  sotdae device accept gate-7.papers.json --papers papers
    """
    with told():
        answer = Answered.read(file.read_bytes())
        mine = accept(Papers(papers), answer, root)
        until = mine.not_valid_after_utc.date()
        typer.echo(f"{dns_names(mine)[0]} until {until}\nroot {_root_of(answer)}")


def _give(giving: Tickets, rows: Sequence[Row], now: datetime) -> Sequence[Outcome]:
    """Give tickets, and draw the sheet of all that are out."""
    outcomes = _watched(giving.give(rows, now), len(rows))
    _write_sheet(giving.out / SHEET, giving, rows, outcomes)
    return outcomes


def _answer(answering: Certifying, requests: Path, rows: Sequence[Row], now: datetime) -> Sequence[Outcome]:
    """Answer the requests that lie in a folder; a box of the list that has sent none waits."""
    asked, strangers = requests_in(requests.glob(f"*{ASKED}"), rows)
    mine = [row for row in rows if row in asked]
    return [*strangers, *_watched(answering.answer(mine, asked, now), len(mine))]


def _root_of(answer: Answered) -> str:
    return fingerprint(x509.load_pem_x509_certificate(answer.root.encode()))


def _watched(outcomes: Iterable[Outcome], total: int) -> Sequence[Outcome]:
    """Show how far it is while it goes; only on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("boxes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("boxes", total=total)
        found = []
        for each in outcomes:
            found.append(each)
            bar.advance(task)
    return found


def _write_sheet(path: Path, giving: Tickets, rows: Sequence[Row], outcomes: Iterable[Outcome]) -> None:
    until = {each.row: each.until for each in outcomes if isinstance(each, Done)}

    def tickets() -> Iterator[tuple[Row, Ticket, datetime]]:
        for row in rows:
            if (end := until.get(row)) is not None:
                yield row, Ticket.read(giving.file(row).read_text(encoding="utf-8").strip()), end

    write(path, "".join(sheet(tickets())).encode(), 0o600)


def _report(
    out: Path, rows: Sequence[Row], outcomes: Sequence[Outcome], bad: Sequence[Bad], as_json: bool
) -> None:
    errors = out / ERRORS
    if bad:
        write(errors, ("\ufeff" + written(bad)).encode())  # the mark tells a spreadsheet that it is UTF-8
    else:
        errors.unlink(missing_ok=True)
    counted = Counter(each.state for each in outcomes if isinstance(each, Done))
    figures = {state: counted[state] for state in ("given", "kept", "enrolled")}
    seen = {each.row if isinstance(each, Done) else each.line for each in outcomes}
    # A box of the list that has sent no request: it is not lost, only not there yet.
    waiting = sum(row not in seen and row.line not in seen for row in rows)
    figures |= {"waiting": waiting, "bad": len(bad)}
    unchecked = sum(isinstance(each, Done) and each.unchecked for each in outcomes)
    if as_json:
        typer.echo(json.dumps(figures | {"unchecked": unchecked, "errors": str(errors) if bad else None}))
        return
    typer.echo(", ".join(f"{name} {count}" for name, count in figures.items()))
    if unchecked:
        typer.echo(
            f"{unchecked} keys compared with nothing: whoever swapped a request is that box now", err=True
        )
    for each in bad[:5]:
        typer.echo(f"  line {each.line}: {inert(each.reason)}", err=True)
    if bad:
        typer.echo(f"bad rows with their reasons: {errors}", err=True)
