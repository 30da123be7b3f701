"""`sotdae gate panel` and `sotdae gate key`: commands that need nothing of the agent but its file."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sotdae_edge.config import GateConfig, load_gate
from sotdae_edge.ending import end
from sotdae_edge.panel.client import ANSWER_S, Connection
from sotdae_edge.panel.key_cli import Secret, key_app, passphrase_of
from sotdae_edge.panel.keys import load_key
from sotdae_edge.panel.terms import Lang, language, said, state_term, worded
from sotdae_edge.panel.view import rows
from sotdae_edge.panel.wire import Shown
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.signing import PrivateKey

panel_app = typer.Typer(no_args_is_help=True, help="The technician's screen, and people's keys.")
panel_app.add_typer(key_app, name="key")

KeyFile = Annotated[Path, typer.Option("--key", "-k", help="Your key file, made by `sotdae gate key new`.")]


@panel_app.command("panel")
def panel(
    *,
    config: Annotated[Path, typer.Option("--config", "-c", help="The agent's TOML file.")],
    key: KeyFile,
    lang: Annotated[Lang | None, typer.Option("--lang", help="Language; by default that of LANG.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Print the gate once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print JSON.")] = False,
    passphrase_file: Secret = None,
) -> None:
    """Show the gate live, and give it orders that you sign. Runs beside the agent, over its local socket.

    Example:  sotdae gate panel --config /etc/sotdae/gate.toml --key kim.pem
    """
    tongue = lang or language()
    try:
        gate = load_gate(config)
        if not gate.panel.enabled:
            raise ConfigError(str(config), ["panel.enabled: is false, so the agent serves no panel"])
        private = load_key(key, passphrase_of(key, passphrase_file))
        if once:
            _print(asyncio.run(_once(gate, private)), tongue, as_json)
            return
    except (ConfigError, LinkError) as error:
        end(worded(tongue, error))
    _screen(gate.panel_socket, private, key, tongue)


async def _once(gate: GateConfig, private: PrivateKey) -> Shown:
    connection = await Connection.open(gate.panel_socket)
    try:
        await connection.login(private)
        async with asyncio.timeout(ANSWER_S):
            while True:
                if isinstance(word := await connection.next(), Shown):
                    return word
    except TimeoutError as error:
        raise LinkError("the agent shows nothing") from error
    finally:
        await connection.close()


def _print(shown: Shown, lang: Lang, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(shown.model_dump(mode="json", exclude={"say"}), ensure_ascii=False))
        return
    gate = shown.gate
    name = gate.place.name if lang == "ko" else gate.place.name_en
    typer.echo(f"   {name}  {gate.place.facility}: {state_term(lang, gate.state)}")
    for row in rows(gate, lang):
        typer.echo(f"{row.mark:<3}{row.label}: {row.text}")


def _screen(path: Path, private: PrivateKey, key: Path, lang: Lang) -> None:
    try:
        from sotdae_edge.panel.screen.app import PanelApp  # noqa: PLC0415 - an extra of its own
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("sotdae"):
            raise
        text = f"the screen needs {error.name}: in a checkout of Sotdae,  pip install '.[panel]'"
        typer.echo(said(lang, text), err=True)
        raise typer.Exit(2) from error
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        typer.echo(said(lang, "the screen needs a terminal; scripts want  --once --json"), err=True)
        raise typer.Exit(2)
    PanelApp(path, private, key, lang).run(mouse=False)
