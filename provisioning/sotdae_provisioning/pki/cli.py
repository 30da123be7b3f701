"""`sotdae ca`: the province's certification authorities on one machine."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from rich.console import Console
from rich.table import Table

from sotdae_edge.panel import keys
from sotdae_provisioning.pki.certificates import Names, PublicKey, common_name, new_key, requested
from sotdae_provisioning.pki.codes import Codes
from sotdae_provisioning.pki.folder import LIST, Folder, pem, write, write_key
from sotdae_provisioning.pki.office import Office
from sotdae_provisioning.pki.province import Certified, Province
from sotdae_provisioning.pki.statements import (
    DENY_FILE,
    deny_keys,
    floor_shown,
    publish_deny_list,
    raise_floor,
    stated_floor,
)
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError
from sotdae_shared.identity import address_from
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import MAX_COUNT

SERVICES = ("hub", "broker", "office")
LISTENING = ("broker", "office")
"""What others connect to: its certificate must name where."""
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")  # RFC 1123, section 2.1

ca_app = typer.Typer(no_args_is_help=True, help="The province's certification authorities.")

DirOption = Annotated[Path, typer.Option("--dir", help="Folder of the authorities.", envvar="SOTDAE_CA")]
PassOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", help="First line locks the keys of the authorities. Recommended.", exists=True
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FloorOption = Annotated[int | None, typer.Option(help="Lowest version to be taken.", min=0, max=MAX_COUNT)]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for key.pem, cert.pem, chain.pem, root.pem.")]


@ca_app.command()
def init(
    name: Annotated[str, typer.Argument(help="The province, such as Gyeonggi.")],
    folder: DirOption,
    *,
    city: Annotated[list[str] | None, typer.Option(help="Make a city's authority too, by its code.")] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help="Make papers of hub, broker and office for this host or address, in DIR/papers."),
    ] = None,
    passphrase_file: PassOption = None,
) -> None:
    """Make the root and the authority of the province NAME. Then move root/key.pem into a safe.

    Example:  sotdae ca init Gyeonggi --dir ca --city 41113 --host office.example --passphrase-file phrase
    """
    with told():
        province, phrase = Province(folder), passphrase_in(passphrase_file)
        province.init(name, phrase, _now())
        for code in city or []:
            province.add_city(code, phrase, _now())
        for service in SERVICES if host else ():
            _hand_out(folder / "papers" / service, None, _service(province, service, host or [], phrase))
        typer.echo(f"made {folder}/root and {folder}/province; move {folder}/root/key.pem into a safe")


@ca_app.command()
def city(
    codes: Annotated[list[str], typer.Argument(help="Codes of cities or counties, such as 41113.")],
    folder: DirOption,
    passphrase_file: PassOption = None,
) -> None:
    """Make the authorities of cities, by their five-digit codes; each can name only its own devices.

    Example:  sotdae ca city 41113 41135 --dir ca --passphrase-file phrase
    """
    with told():
        for code in codes:
            Province(folder).add_city(code, passphrase_in(passphrase_file), _now())
            typer.echo(f"made {folder}/cities/{code}")


@ca_app.command()
def issue(
    folder: DirOption,
    out: OutOption,
    *,
    facility: Annotated[
        str | None, typer.Option(help="A device's facility, such as GG-41113-UP-0007.")
    ] = None,
    node: Annotated[str | None, typer.Option(help="The device's name, such as gate-41113-up-0007.")] = None,
    service: Annotated[str | None, typer.Option(help=f"A service instead: {', '.join(SERVICES)}.")] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="Host name or address a service answers under.")
    ] = None,
    csr: Annotated[
        Path | None, typer.Option(help="Certify this request; else a key is made in --out.", exists=True)
    ] = None,
    passphrase_file: PassOption = None,
) -> None:
    """Certify a device (--facility, --node) or a service (--service, --host).

    Example:  sotdae ca issue --dir ca --service broker --host broker.example --out broker
    """
    with told():
        if (service is None) is (facility is None or node is None):
            raise ConfigError("issue", ["want --facility and --node, or --service"])
        if service not in (None, *SERVICES):
            raise ConfigError("--service", [f"{service!r}: want one of {', '.join(SERVICES)}"])
        if service in LISTENING and not host:
            raise ConfigError("issue", [f"want --host: its certificate must name where the {service} is"])
        province, phrase = Province(folder), passphrase_in(passphrase_file)
        if service is not None:
            made = _hand_out(out, csr, _service(province, service, host or [], phrase))
        else:
            address = address_from(str(facility), str(node))
            made = _hand_out(out, csr, lambda key: province.certify_device(address, key, phrase, _now()))
        typer.echo(
            f"{common_name(made.certificate)} until {_day(made.certificate.not_valid_after_utc)}: {out}"
        )


@ca_app.command()
def revoke(
    what: Annotated[str, typer.Argument(help="A certificate's file, or its serial number.")],
    folder: DirOption,
    reason: Annotated[str, typer.Option(help="Why, for the record.", prompt="Reason (--reason)")],
    passphrase_file: PassOption = None,
) -> None:
    """Make a certificate void, by its file or its serial number, and publish the list that says so.

    Example:  sotdae ca revoke gate/cert.pem --reason stolen --dir ca
    """
    with told():
        province = Province.at(folder)
        owner = province.revoke(_serial(what), reason, _now())
        phrase = passphrase_in(passphrase_file)
        (path,) = province.publish_lists([owner], phrase, _now())
        publish_deny_list(province, phrase, _now())
        typer.echo(f"void; the lists that say so: {path}, {folder / DENY_FILE}")


@ca_app.command()
def crl(folder: DirOption, passphrase_file: PassOption = None) -> None:
    """Publish every revocation list anew: each is good for seven days.

    Example:  sotdae ca crl --dir ca --passphrase-file phrase
    """
    with told():
        province = Province.at(folder)
        working = [each for each in province.folders() if each.path != province.root.path]
        for path in province.publish_lists(working, passphrase_in(passphrase_file), _now()):
            typer.echo(str(path))


@ca_app.command()
def deny(
    folder: DirOption,
    *,
    key: Annotated[list[str] | None, typer.Option(help="Public half of a person's key, to be void.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write it here too, for a box without a link.")] = None,
    passphrase_file: PassOption = None,
) -> None:
    """Publish the deny list anew: void boxes and certificates, and people's KEYs that count no more.

    Example:  sotdae ca deny --dir ca --out deny.json
    """
    with told():
        province = Province.at(folder)
        if any(not re.fullmatch("[0-9a-fA-F]{64}", each) for each in key or []):
            raise ConfigError("--key", ["want 64 hexadecimal digits: sotdae gate key show FILE"])
        phrase = passphrase_in(passphrase_file)
        deny_keys(province, [each.lower() for each in key or []], reason, _now())
        raw = publish_deny_list(province, phrase, _now())
        if out is not None:
            write(out, raw)
        typer.echo(str(folder / DENY_FILE))


@ca_app.command()
def floor(
    scope: Annotated[str, typer.Argument(help="A facility, a city's code, or GG for the province.")],
    folder: DirOption,
    *,
    policy: FloorOption = None,
    site: FloorOption = None,
    roster: FloorOption = None,
    out: Annotated[Path | None, typer.Option(help="Write a facility's signed floor, for --papers.")] = None,
    passphrase_file: PassOption = None,
    as_json: JsonOption = False,
) -> None:
    """Raise the versions below which the boxes of SCOPE take nothing; they hear of it within the hour.

    Without a version it shows those that hold.

    Example:  sotdae ca floor GG --dir ca --policy 12
    """
    with told():
        province = Province.at(folder)
        place = None if out is None else FacilityId(scope)
        wanted = {"policy": policy, "site": site, "roster": roster}
        raise_floor(province, scope, {name: at for name, at in wanted.items() if at is not None})
        if out is not None and place is not None:
            write(out, stated_floor(province, place, passphrase_in(passphrase_file), _now()))
        found = floor_shown(province, scope)
        if as_json:
            parts = {part: None if at is None else at[0] for part, at in found.items()}
            typer.echo(json.dumps({"scope": scope, **parts}))
            return
        for part, at in found.items():
            source = "" if at is None or at[1] == scope else f" (of {at[1]})"
            typer.echo(f"{part} {'none' if at is None else at[0]}{source}")


@ca_app.command()
def serve(
    folder: DirOption,
    papers: Annotated[Path, typer.Option(help="The office's own papers: sotdae ca issue --service office.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 is a free one.", min=0, max=65535)] = 8443,
    passphrase_file: PassOption = None,
) -> None:
    """Run the enrolment office: boxes enrol with a one-time code and renew by themselves (EST, RFC 7030).

    Example:  sotdae ca serve --dir ca --papers ca/papers/office --host 0.0.0.0
    """
    from sotdae_provisioning.pki.est import serve as serve_est

    with told():
        office = Office(Province.at(folder), Codes(folder / "codes.db"), passphrase_in(passphrase_file))
        serve_est(office, papers, host, port, lambda at: typer.echo(json.dumps({"ready": True, "port": at})))


@ca_app.command()
def show(folder: DirOption, as_json: JsonOption = False) -> None:
    """List the authorities and every certificate they gave.

    Example:  sotdae ca show --dir ca
    """
    with told():
        province = Province.at(folder)
        rows = [row for each in province.folders() for row in _rows(each)]
        if as_json:
            typer.echo(json.dumps(rows))
            return
        table = Table("authority", "name", "until", "state", "serial")
        for row in rows:
            table.add_row(row["authority"], row["name"], row["until"][:10], row["state"], row["serial"][:16])
        Console().print(table)


def _rows(folder: Folder) -> Iterator[dict[str, Any]]:
    now = _now()
    with folder.ledger() as ledger:
        given = ledger.all()
    for each in given:
        state = "valid" if each.expires_at > now else "expired"
        yield {
            "authority": common_name(folder.certificate()),
            "name": each.name,
            "until": each.expires_at.isoformat(),
            "state": f"void: {each.reason}" if each.revoked_at else state,
            "serial": f"{each.serial:x}",
            "list": str(folder.path / LIST),
        }


def _service(
    province: Province, service: str, hosts: list[str], passphrase: str | None
) -> Callable[[PublicKey], Certified]:
    names = _names(hosts)  # before a folder is made for what cannot be
    return lambda key: province.certify_service(service, names, key, passphrase, _now())


def _hand_out(out: Path, csr: Path | None, certify: Callable[[PublicKey], Certified]) -> Certified:
    """Have a request certified, or else a key that is made here, and keep the papers in a folder."""
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    if csr is not None:
        made = certify(requested(csr.read_bytes())[0])
    else:
        key = new_key()
        made = certify(key.public_key())
        write_key(out / "key.pem", key, None)
    write(out / "chain.pem", made.full_chain)
    write(out / "root.pem", made.root)
    write(out / "cert.pem", pem(made.certificate))
    return made


def _names(hosts: list[str]) -> Names:
    dns, ips = [], []
    for host in hosts:
        try:
            ips.append(ip_address(host))
        except ValueError:
            if _HOST.fullmatch(host) is None:
                raise ConfigError("--host", [f"{host!r}: want the name or the address of a host"]) from None
            dns.append(host)
    return Names(tuple(dns), tuple(ips))


def _serial(what: str) -> int:
    path = Path(what)
    try:
        if path.is_file():
            return x509.load_pem_x509_certificate(path.read_bytes()).serial_number
        return int(what, 16)
    except ValueError:
        raise ConfigError(what, ["neither a certificate's file nor a serial number in hexadecimal"]) from None


def passphrase_in(path: Path | None) -> str | None:
    """Return the first line of a passphrase file; None without one. ConfigError if it is empty."""
    return None if path is None else keys.passphrase_in(path)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _day(at: datetime) -> str:
    return at.date().isoformat()
