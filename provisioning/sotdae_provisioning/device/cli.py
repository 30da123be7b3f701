"""`sotdae device`: give a box its identity, renew it, show it."""

import io
import json
import random
import secrets
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Annotated

import segno
import typer
from cryptography.hazmat.primitives import hashes

from sotdae_provisioning.device import bulk_cli, fleet_cli
from sotdae_provisioning.device.client import Office, root_of
from sotdae_provisioning.device.doctor.cli import doctor
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.renewing import OFFICE, Renewing, address_in, due_at, hear, office_of, said
from sotdae_provisioning.device.rows import serial_from
from sotdae_provisioning.device.standing import alone, free_for
from sotdae_provisioning.device.statements import struck_off, take_deny_list, take_floor
from sotdae_provisioning.device.ticket import Ticket, office_from, typed
from sotdae_provisioning.device.walk.cli import label, report_app, walk
from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.codes import LIFE, Codes, Grant, shown
from sotdae_provisioning.pki.folder import write
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError, SotdaeError
from sotdae_shared.identity import address_from

PICTURES = (".svg", ".png")

device_app = typer.Typer(no_args_is_help=True, help="Boxes and their identity.")

device_app.command("walk")(walk)
device_app.command("label")(label)
device_app.add_typer(report_app, name="report")

PapersOption = Annotated[
    Path, typer.Option("--papers", help="Folder of the box's papers.", envvar="SOTDAE_PAPERS")
]
OfficeOption = Annotated[str | None, typer.Option(help="Where the office is now; else where it was.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Also before it is due.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
device_app.command("enrol-many")(bulk_cli.enrol_many)
device_app.command("request")(bulk_cli.request)
device_app.command("certify")(bulk_cli.certify)
device_app.command("accept")(bulk_cli.accept_papers)
device_app.command("doctor")(doctor)
device_app.command("list")(fleet_cli.list_boxes)
device_app.command("rotate")(fleet_cli.rotate)
device_app.command("revoke")(fleet_cli.revoke)
device_app.command("replace")(fleet_cli.replace)


@device_app.command()
def code(
    facility: Annotated[str, typer.Argument(help="Its facility, such as GG-41113-UP-0007.")],
    node: Annotated[str, typer.Argument(help="Its name, such as gate-41113-up-0007.")],
    *,
    folder: Annotated[Path, typer.Option("--dir", help="Folder of the authorities.", envvar="SOTDAE_CA")],
    office: Annotated[str, typer.Option(help="Where the box reaches the office: https://host:port.")],
    serial: Annotated[str, typer.Option(help="The box's serial number, as its maker printed it.")],
    image: Annotated[Path | None, typer.Option(help="Write the QR code here (SVG, PNG), to print.")] = None,
    line: Annotated[bool, typer.Option("--line", help="Print only the line, for a script.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also where the node's papers are noted for another box.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give a one-time code for a box, good for a day: as a line, and as a QR code to scan on site.

    Refused where a living box is this node: a successor comes by `sotdae device replace`.

    Example:  sotdae device code GG-41113-UP-0007 gate-1 --dir ca --office https://office:8443 --serial SN-1
    """
    with told():
        now = datetime.now(UTC)
        province, address = Province(folder), address_from(facility, node)
        where, box = office_from(office), serial_from(serial)
        root = province.root.certificate().fingerprint(hashes.SHA256()).hex()
        if image is not None:
            _may_be_drawn(image)
        with alone(province):
            free_for(province, address, box, now, again=again)
            drawn = Codes(folder / "codes.db").give(Grant(address, box, now + LIFE), secrets.choice)
        ticket = Ticket(where, address, drawn, root).text()
        if image is not None:
            _draw(ticket, image)
        if as_json:
            until = (now + LIFE).isoformat()
            typer.echo(json.dumps({"ticket": ticket, "code": shown(drawn), "until": until}))
            return
        if line:
            typer.echo(ticket)
            return
        segno.make(ticket, error="m").terminal(compact=True)
        typer.echo(f"code {shown(drawn)} for {node} (box {box}), good for a day, once\n{ticket}")


@device_app.command()
def enrol(
    papers: PapersOption,
    ticket: Annotated[
        str | None,
        typer.Argument(help="Such as sotdae://enrol?...; without it, or as -, it is asked for or read."),
    ] = None,
) -> None:
    """Make a key on this box and have it certified. TICKET is the line that `sotdae device code` gave.

    A command line can be read by every user of the box: pipe the ticket in, or type it when asked.

    Example:  sotdae device enrol --papers /etc/sotdae/papers
    """
    with told():
        read = Ticket.read(typed() if ticket in (None, "-") else str(ticket))
        office = Office(read.office, root_of(read.office, read.root))
        mine = Papers(papers)
        office.enrol(mine, read.address, read.code)
        (papers / OFFICE).write_text(read.office + "\n", encoding="utf-8")
        _say(mine, False)
        typer.echo(hear(mine, office))


@device_app.command()
def renew(papers: PapersOption, office: OfficeOption = None, force: ForceOption = False) -> None:
    """Renew the papers past half of their life, also when they have run out, and hear what is stated.

    Example:  sotdae device renew --papers /etc/sotdae/papers
    """
    with told():
        mine, now = Papers(papers), datetime.now(UTC)
        due, where = due_at(mine), office_of(mine, office)
        try:
            if renewed := force or now >= due:
                where.renew(mine, now)
            heard = hear(mine, where)
        except SotdaeError:
            if (void := struck_off(mine)) is not None:
                typer.echo(void, err=True)
            raise
        if (void := struck_off(mine)) is not None:
            typer.echo(f"{void}\n{heard}", err=True)
            raise typer.Exit(1)
        if renewed:
            _say(mine, False)
        else:
            typer.echo(f"not due before {due.date()}")
        typer.echo(heard)


@device_app.command()
def keep(
    papers: PapersOption,
    office: OfficeOption = None,
    every_s: Annotated[float, typer.Option(help="Look after them this often.", min=1.0)] = 3600.0,
) -> None:
    """Look after the papers until SIGTERM, with no hands: renew them in time or late, hear what is stated.

    Example:  sotdae device keep --papers /etc/sotdae/papers
    """
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    Renewing(
        Papers(papers), office, now=lambda: datetime.now(UTC), ended=ended.wait,
        tell=lambda text: typer.echo(text, err=True), every_s=every_s, rng=random.SystemRandom(),
    ).run()  # fmt: skip


@device_app.command("take")
def take(
    papers: PapersOption,
    floor: Annotated[Path | None, typer.Option(help="A floor: sotdae ca floor --out.", exists=True)] = None,
    deny: Annotated[Path | None, typer.Option(help="A deny list: sotdae ca deny --out.", exists=True)] = None,
) -> None:
    """Take what the office states from files, at a box without a link. Lower or older is refused.

    Example:  sotdae device take --papers /etc/sotdae/papers --floor floor.json --deny deny.json
    """
    with told():
        if floor is None and deny is None:
            raise ConfigError("take", ["want --floor FILE, --deny FILE, or both"])
        mine = Papers(papers)
        if floor is not None:
            taken = take_floor(mine, floor.read_bytes(), address_in(mine.certificate()))
            typer.echo(said(taken))
        if deny is not None:
            typer.echo(f"deny list {take_deny_list(mine, deny.read_bytes()).version}")


@device_app.command()
def show(
    who: Annotated[
        str | None,
        typer.Argument(
            help="At the office: a node, or a box's serial number.", autocompletion=fleet_cli.names
        ),
    ] = None,
    papers: Annotated[
        Path | None, typer.Option("--papers", help="On the box: its papers.", envvar="SOTDAE_PAPERS")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Folder of the authorities.", envvar="SOTDAE_CA")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show who this box is, and until when; at the office, WHO with all the papers it was given.

    Example:  sotdae device show gate-1 --dir ca
    """
    with told():
        if who is not None and folder is not None:
            fleet_cli.show_box(Province(folder), who, as_json)
        elif papers is not None and who is None:
            _say(Papers(papers), as_json)
        else:
            raise ConfigError("show", ["want --papers (on the box), or WHO and --dir (at the office)"])


def _may_be_drawn(image: Path) -> None:
    """Find out that a picture cannot be before a code is given, which makes an earlier one void."""
    if image.suffix not in PICTURES:
        raise ConfigError(str(image), [f"want a name that ends in {' or '.join(PICTURES)}"])
    if not image.parent.is_dir():
        raise ConfigError(str(image), [f"there is no folder {image.parent}"])


def _draw(ticket: str, image: Path) -> None:
    """Draw a ticket as a QR code, for its owner alone: who reads it may enrol."""
    drawn = io.BytesIO()
    segno.make(ticket, error="m").save(drawn, kind=image.suffix.removeprefix("."), scale=6)
    write(image, drawn.getvalue(), 0o600)


def _say(papers: Papers, as_json: bool) -> None:
    certificate = papers.certificate()
    until, now = certificate.not_valid_after_utc, datetime.now(UTC)
    name = next(iter(dns_names(certificate)), "")
    if as_json:
        typer.echo(json.dumps({"name": name, "until": until.isoformat(), "valid": now < until}))
        return
    typer.echo(f"{name} until {until.date()}" + ("" if now < until else ": RUN OUT; sotdae device renew"))
