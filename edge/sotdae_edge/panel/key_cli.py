"""`sotdae gate key`: people's keys, and what every command needs to unlock one."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from sotdae_edge.ending import end
from sotdae_edge.panel.keys import is_encrypted, load_key, make_key, passphrase_in, roster_block
from sotdae_edge.unseen import asked
from sotdae_shared.errors import ConfigError
from sotdae_shared.signing import public_of

key_app = typer.Typer(no_args_is_help=True, help="Keys of the people whose signatures count.")

_INSTEAD = "give --passphrase-file FILE, whose first line it is"
Level = Literal["panel", "city", "province"]
Secret = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file whose first line is the passphrase.")
]


@key_app.command("new")
def new(
    *,
    name: Annotated[str, typer.Option("--name", help="The person's name, as records will have it.")],
    key: Annotated[str, typer.Option("--key", "-k", help="Short name of the key, such as kim-2026.")],
    level: Annotated[Level, typer.Option("--level", help="Where this person stands among those who order.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; never overwritten.")],
    passphrase_file: Secret = None,
    bare: Annotated[
        bool, typer.Option("--no-passphrase", help="Leave the file unlocked: whoever has it can sign.")
    ] = False,
) -> None:
    """Make an Ed25519 key and print the roster lines for the gate's file. The file never leaves you.

    Example:  sotdae gate key new --name "Kim Jiwon" --key kim-2026 --level panel --out kim.pem
    """
    try:
        private = make_key(out, None if bare else _new_passphrase(passphrase_file))
    except ConfigError as error:
        end(error)
    typer.echo(
        f"{out}: written. Paste these lines into the gate's file, check it, restart its agent:", err=True
    )
    typer.echo(roster_block(name, key, level, public_of(private)))


@key_app.command("show")
def show(key: Annotated[Path, typer.Argument(help="The key file.")], passphrase_file: Secret = None) -> None:
    """Print the public key of a key file.

    Example:  sotdae gate key show kim.pem
    """
    try:
        typer.echo(public_of(load_key(key, passphrase_of(key, passphrase_file))))
    except ConfigError as error:
        end(error)


def passphrase_of(key: Path, file: Path | None) -> str | None:
    """Return the passphrase of a key file, asked for if need be; None for a file that has none."""
    if not is_encrypted(key):
        return None
    return passphrase_in(file) if file else asked(f"Passphrase of {key.name}", _INSTEAD)


def _new_passphrase(file: Path | None) -> str:
    return passphrase_in(file) if file else asked("New passphrase", _INSTEAD, twice=True)
