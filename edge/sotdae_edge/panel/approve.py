"""`sotdae gate approve`: one person's signature under an order to open, on their own machine, without a line.

The request comes from a page of the hub, so nothing in it is believed: what is signed is printed from the
order itself, and what the hub says besides stands apart.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sotdae_edge.ending import end
from sotdae_edge.panel.cli import KeyFile
from sotdae_edge.panel.key_cli import Secret, passphrase_of
from sotdae_edge.panel.keys import load_key
from sotdae_edge.panel.terms import Lang, language, state_term, term, worded
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.messages import Approval, CommandBody, Name, Text
from sotdae_shared.signing import PrivateKey, public_of, sign_command

MAX_FILE = 64 * 1024


class Place(BaseModel):
    """What the hub calls the place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text = ""
    name_en: Text = ""
    disambiguation: Text = ""


class Request(BaseModel):
    """What two people are asked to sign, as the console writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: CommandBody
    place: Place = Place()
    keys: Annotated[dict[Name, str], Field(max_length=200)] = {}
    """Public key by its name, as the gate has them."""

    def key_of(self, private: PrivateKey) -> str | None:
        """Return the name under which the gate knows a key."""
        mine = public_of(private)
        return next((name for name, public in self.keys.items() if public.lower() == mine), None)


def read_request(raw: bytes) -> Request:
    """Understand a request. WireError if it is none, or asks for anything but a bare order to open."""
    if len(raw) > MAX_FILE:
        raise WireError(f"is no request: more than {MAX_FILE} bytes")
    try:
        found = Request.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:120] or "file"
        raise WireError(f"is no request: {place}: {first['msg']}") from error
    command = found.command
    if command.target != "open" or command.nonce is None or command.incident is None:
        raise WireError(
            f"asks to {command.target}: only an order to open over a gate's nonce is approved here"
        )
    if command.approvals:
        raise WireError("has approvals already: each person signs the bare request")
    return found


def words(request: Request, key: str, lang: Lang) -> list[str]:
    """Return what somebody is about to sign, line by line."""
    order, place = request.command, request.place
    name = place.name if lang == "ko" else place.name_en or place.name
    until = order.not_after.isoformat(sep=" ", timespec="seconds")
    items = ", ".join(term(lang, f"check.{item}").removeprefix("check.") for item in order.checklist)
    rows = [
        ("approve.facility", order.facility),
        ("approve.called", f"{name} {place.disambiguation}".strip() or "–"),
        ("approve.incident", str(order.incident)),
        ("approve.state", state_term(lang, order.expect_state)),
        ("approve.reason", order.reason or "–"),
        ("approve.attested", items or "–"),
        ("approve.until", until),
        ("approve.nonce", str(order.nonce)),
        ("approve.key", key),
    ]
    title = term(lang, "approve.title")
    return [title, *(f"  {term(lang, label)}: {_plain(value)}" for label, value in rows)]


def approve(
    request: Annotated[Path, typer.Argument(help="The request that the console gave.")],
    *,
    key: KeyFile,
    name: Annotated[
        str | None, typer.Option("--as", help="Name of the key, where the request does not have it.")
    ] = None,
    lang: Annotated[Lang | None, typer.Option("--lang", help="Language; by default that of LANG.")] = None,
    passphrase_file: Secret = None,
) -> None:
    """Sign an order to open, after reading what it says. Prints the approval, to be given to the console.

    Example:  sotdae gate approve request.json --key kim.pem
    """
    tongue = lang or language()
    try:
        found = _read(request)
        private = load_key(key, passphrase_of(key, passphrase_file))
        signer = found.key_of(private) or name
        if signer is None:
            raise ConfigError(str(key), ["is not among the gate's people; if it is, give its name with --as"])
    except ConfigError as error:
        end(worded(tongue, error))
    for line in words(found, signer, tongue):
        typer.echo(line, err=True)
    if typer.prompt(term(tongue, "approve.type"), err=True, default="", show_default=False).strip() != "open":
        typer.echo(term(tongue, "approve.left"), err=True)
        raise typer.Exit(1)
    approval: Approval = sign_command(found.command, signer, private)
    typer.echo(json.dumps(approval.model_dump()))


def _read(path: Path) -> Request:
    try:
        with path.open("rb") as stream:
            return read_request(stream.read(MAX_FILE + 1))
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error
    except WireError as error:
        raise ConfigError(str(path), [str(error)]) from error


def _plain(text: str) -> str:
    """Return text that cannot move a cursor or hide what stands beside it."""
    return "".join(each if each.isprintable() else "�" for each in text)
