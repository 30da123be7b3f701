"""`sotdae device list`, `show`, `revoke`, `replace` at the office; `rotate` on the box."""

import json
import os
import secrets
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sotdae_provisioning.device.bulk_cli import DirOption, JsonOption, PapersOption
from sotdae_provisioning.device.fleet import REPLACED, Box, State, boxes, found, nowadays, successor
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.renewing import hear, office_of
from sotdae_provisioning.device.rows import inert, serial_from
from sotdae_provisioning.device.standing import alone
from sotdae_provisioning.device.ticket import Ticket, office_from
from sotdae_provisioning.pki.cli import PassOption, passphrase_in
from sotdae_provisioning.pki.codes import LIFE, Codes, Grant
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import publish_deny_list
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError, SotdaeError
from sotdae_shared.identity import address_from

_COLOURS = {
    State.ACTIVE: "green", State.WAITING: "cyan", State.DUE: "yellow", State.LATE: "bold yellow",
    State.EXPIRED: "bold red", State.REVOKED: "red", State.REPLACED: "dim",
}  # fmt: skip


def names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the nodes that begin so, for the shell's completion; none where the ledgers cannot be read."""
    folder = ctx.params.get("folder") or os.environ.get("SOTDAE_CA")
    try:
        listed = [] if folder is None else known(Province(Path(folder)))
    except (SotdaeError, OSError):
        return []
    return [box.address.node for box in listed if box.address.node.startswith(incomplete)]


WhoArgument = Annotated[
    str,
    typer.Argument(help="Its node, its whole name, or its maker's serial number.", autocompletion=names),
]


def known(province: Province) -> list[Box]:
    """Return the boxes of every city's ledger, and those whose code is out."""
    province.root.certificate()
    given = []
    for code in province.cities():
        with province.city(code).ledger() as ledger:
            given += ledger.all()
    now = nowadays()
    return boxes(given, Codes(province.path / "codes.db").out(now), now)


def list_boxes(
    folder: DirOption,
    *,
    state: Annotated[list[State] | None, typer.Option(help="Only these.")] = None,
    city: Annotated[str | None, typer.Option(help="Only this city, by its code.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the boxes: who they are, how they stand, until when, and when they last renewed.

    Example:  sotdae device list --dir ca --state late --state expired
    """
    with told():
        province = Province(folder)
        if city is not None:
            province.city(city)  # says where there is none of this code
        listed = [
            box
            for box in known(province)
            if (not state or box.state in state) and city in (None, box.address.facility.city)
        ]
        if as_json:
            typer.echo(json.dumps([box.as_json() for box in listed]))
            return
        table = Table("facility", "node", "box", "state", "until", "renewed", box=None, pad_edge=False)
        for column in table.columns:
            column.overflow = "fold"
        for box in listed:
            renewed = "" if box.renewed_at is None else f"{box.renewed_at:%Y-%m-%d}"
            shown = f"[{_COLOURS[box.state]}]{box.state}[/]"
            where = str(box.address.facility)
            table.add_row(where, box.address.node, box.serial or "?", shown, f"{box.until:%Y-%m-%d}", renewed)
        console = Console()
        console.print(table)
        counted = Counter(box.state for box in listed)
        console.print(", ".join(f"{counted[each]} {each}" for each in State if counted[each]) or "no boxes")


def show_box(province: Province, who: str, as_json: bool) -> None:
    """Show one box with every certificate it was given."""
    box = found(known(province), who)
    history = [
        {
            "serial": f"{each.serial:x}", "box": each.box, "issued_at": each.issued_at.isoformat(),
            "expires_at": each.expires_at.isoformat(), "void": each.reason if each.revoked_at else None,
        }
        for each in box.given
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps(box.as_json() | {"history": history}))
        return
    why = f" ({inert(box.reason)})" if box.reason else ""
    typer.echo(f"{box.address.facility}  {box.address.node}  box {box.serial or '?'}: {box.state}{why}")
    table = Table("given", "until", "box", "certificate", "void")
    for given in box.given:
        void = escape(inert(given.reason or "yes")) if given.revoked_at else ""
        days = f"{given.issued_at:%Y-%m-%d}", f"{given.expires_at:%Y-%m-%d}"
        table.add_row(*days, given.box or "?", f"{given.serial:x}"[:16], void)
    Console().print(table)


def rotate(
    papers: PapersOption,
    office: Annotated[str | None, typer.Option(help="Where the office is now; else where it was.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Give this box a new key and papers now, before they are due: when somebody may have seen the key.

    Example:  sotdae device rotate --papers /etc/sotdae/papers
    """
    with told():
        mine = Papers(papers)
        before, where = mine.certificate(), office_of(mine, office)
        where.renew(mine, nowadays())
        heard, after = hear(mine, where), mine.certificate()
        old, until = f"{before.serial_number:x}", after.not_valid_after_utc
        if as_json:
            typer.echo(json.dumps({"former": old, "until": until.isoformat()}))
            return
        typer.echo(f"new key, papers until {until.date()}; {heard}")
        typer.echo(f"The former papers count until they are struck off at the office: sotdae ca revoke {old}")


def revoke(
    who: WhoArgument,
    folder: DirOption,
    reason: Annotated[str, typer.Option(help="Why, for the record.", prompt="Reason (--reason)")],
    *,
    passphrase_file: PassOption = None,
    as_json: JsonOption = False,
) -> None:
    """Strike a box off: all its papers are void, brokers cut it off, the lists that say so are published.

    Example:  sotdae device revoke gate-7 --dir ca --reason stolen
    """
    with told():
        province = Province(folder)
        box = found(known(province), who)
        if not box.given:
            raise ConfigError(who, ["has no papers yet; its code runs out by itself"])
        void = _strike_off(province, box, reason, passphrase_in(passphrase_file))
        if as_json:
            typer.echo(json.dumps({"node": box.address.node, "void": void}))
            return
        typer.echo(f"{box.address.node} is struck off: {void} certificates void, lists published")


def replace(
    who: WhoArgument,
    folder: DirOption,
    serial: Annotated[str, typer.Option(help="The new box's serial number, as its maker printed it.")],
    office: Annotated[str, typer.Option(help="Where the new box reaches the office: https://host:port.")],
    *,
    node: Annotated[
        str | None, typer.Option(help="The new box's node; else the next free name. See docs/identity.md.")
    ] = None,
    passphrase_file: PassOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace a broken box: the old one is struck off, the new one gets a code for the same facility.

    Example:  sotdae device replace gate-7 --dir ca --serial SN-8 --office https://office:8443
    """
    province = Province(folder)
    with told(), alone(province):
        listed = known(province)
        old, box, where = found(listed, who), serial_from(serial), office_from(office)
        holding = [each for each in listed if each.serial == box and each.state in _HOLDING]
        if holding:
            raise ConfigError(box, [f"this box is {holding[0].address.node}; a successor is another box"])
        name = node or successor(old.address.node, (each.address.node for each in listed))
        address = address_from(str(old.address.facility), name)
        _free(listed, name, old)
        phrase = passphrase_in(passphrase_file)
        codes, until = Codes(folder / "codes.db"), nowadays() + LIFE
        codes.void(old.address.node)
        if old.given:
            _strike_off(province, old, f"{REPLACED}{name}, box {box}", phrase)
        code = codes.give(Grant(address, box, until), secrets.choice)
        root = province.root.certificate().fingerprint(hashes.SHA256()).hex()
        ticket = Ticket(where, address, code, root).text()
        if as_json:
            answer = {"struck_off": old.address.node, "node": name, "until": until.isoformat()}
            typer.echo(json.dumps(answer | {"ticket": ticket}))
            return
        typer.echo(
            f"{old.address.node} is struck off; {address.facility} goes on as {name}, box {box}\n{ticket}"
        )


_HOLDING = (State.ACTIVE, State.DUE, State.LATE, State.WAITING)


def _free(listed: list[Box], name: str, old: Box) -> None:
    for each in listed:
        if each.address.node == name and each.address != old.address and each.state in _HOLDING:
            raise ConfigError(name, [f"is a node of {each.address.facility} already: choose another name"])


def _strike_off(province: Province, box: Box, reason: str, passphrase: str | None) -> int:
    now, folder = nowadays(), province.city(box.address.facility.city)
    Codes(province.path / "codes.db").void(box.address.node)
    working = [each for each in box.given if each.revoked_at is None]
    with folder.ledger() as ledger:
        for each in working:
            ledger.revoke(each.serial, reason, now)
    province.publish_lists([folder], passphrase, now)
    publish_deny_list(province, passphrase, now)
    return len(working)
