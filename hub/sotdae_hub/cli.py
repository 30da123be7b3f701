"""`sotdae hub`: run, account, release-key, openapi."""

import asyncio
import gc
import json
import logging
import os
import random
import re
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from sotdae_hub.accounting import count_stores
from sotdae_hub.adapters.http import listen
from sotdae_hub.adapters.release_key import make_release_key
from sotdae_hub.app import Hub, open_stores, openapi_document
from sotdae_hub.config import BrokerConfig, HttpConfig, HubConfig, load_config
from sotdae_hub.faults import parse_fault
from sotdae_shared.errors import ConfigError, SotdaeError
from sotdae_shared.signing import public_of

app = typer.Typer(
    no_args_is_help=True,
    help="The province's hub: remembers, explains, relays.",
    pretty_exceptions_enable=False,
)
DIR = typer.Option(help="The hub's directory: journal, stores, pictures.")


@app.command()
def run(
    config: Annotated[Path | None, typer.Option(help="Configuration file, see hub.example.toml.")] = None,
    dir: Annotated[Path | None, DIR] = None,  # noqa: A002
    broker: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The broker, where no --config names it.")
    ] = "127.0.0.1:1883",
    port: Annotated[int, typer.Option(help="HTTP port on 127.0.0.1; 0 takes a free one.")] = 8080,
    fault: Annotated[str | None, typer.Option(help="Inject a fault: drop-after-ack=<share>.")] = None,
) -> None:
    """Run until SIGTERM. Prints one JSON line when ready.

    Example:  sotdae hub run --config hub.toml
    """
    gc.set_threshold(50_000)  # decoded messages are many and free of cycles: look for cycles seldom
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_run(config, dir, broker, port, fault))
    except SotdaeError as error:
        _fail(error)


async def _run(config: Path | None, dir_: Path | None, broker: str, port: int, fault: str | None) -> None:
    settings = _settings(config, dir_, broker, port)
    rng = random.Random(int.from_bytes(os.urandom(8)))  # noqa: S311
    lose = None if fault is None else parse_fault(fault, rng)
    server = listen(settings.http.host, settings.http.port)
    try:
        stores = open_stores(settings)
    except SotdaeError:
        server.close()
        raise
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, taken = server.getsockname()[:2]
    url = f"http://[{host}]:{taken}" if ":" in host else f"http://{host}:{taken}"

    def ready() -> None:
        typer.echo(json.dumps({"ready": True, "url": url}))

    try:
        await Hub(settings, stores, rng, lose).run(server, stop, ready)
    finally:
        stores.close()


def _settings(config: Path | None, dir_: Path | None, broker: str, port: int) -> HubConfig:
    if config is not None:
        return load_config(config)
    host, _, number = broker.rpartition(":")
    problems = []
    if dir_ is None:
        problems.append("give --config FILE, or --dir DIR with --broker HOST:PORT and --port")
    if not host or not re.fullmatch("[0-9]{1,5}", number) or not 1 <= int(number) <= 65535:
        problems.append(f"--broker {broker}: want HOST:PORT with a port from 1 to 65535, not {number!r}")
    if not 0 <= port <= 65535:
        problems.append(f"--port {port}: want 0 to 65535")
    if dir_ is None or problems:
        raise ConfigError("hub run", problems)
    try:
        at = BrokerConfig(host=host, port=int(number))
    except ValidationError as error:
        raise ConfigError("hub run", [f"--broker {broker}: {error.errors()[0]['msg']}"]) from error
    return HubConfig(dir=dir_, broker=at, http=HttpConfig(port=port))


@app.command()
def account(
    dir: Annotated[Path, DIR],  # noqa: A002
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count what the stores hold, after the hub has stopped."""
    try:
        found = count_stores(dir)
    except SotdaeError as error:
        _fail(error)
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    typer.echo(f"stored {found.stored}  distinct {found.distinct}  duplicated {found.duplicated}")
    typer.echo(f"dropped {found.dropped}  quarantined {found.quarantined}")
    for each in found.streams:
        typer.echo(
            f"  {each.node} {each.boot} {each.cls}: stored {each.stored} of {each.top}, "
            f"duplicated {each.duplicated}, dropped {each.dropped}, quarantined {each.quarantined}"
        )


@app.command("release-key")
def release_key(
    name: Annotated[str, typer.Option(help="Short name of the key, such as hub-2026.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; never overwritten.")],
) -> None:
    """Make this hub's release key, and print the lines for its file and for the gates' files."""
    try:
        public = public_of(make_release_key(out))
    except ConfigError as error:
        _fail(error)
    typer.echo(f"# in the hub's file\n[release]\nname = {json.dumps(name)}\nkey = {json.dumps(str(out))}\n")
    typer.echo(f"# in each gate's file\n[[release]]\nkey = {json.dumps(name)}\npublic = {json.dumps(public)}")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the API."""
    typer.echo(json.dumps(openapi_document(), ensure_ascii=False, indent=2))


def _fail(error: SotdaeError) -> NoReturn:
    typer.echo(f"sotdae hub: {error}", err=True)
    raise typer.Exit(2 if isinstance(error, ConfigError) else 1)
