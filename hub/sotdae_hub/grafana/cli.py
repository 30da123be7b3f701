"""`sotdae dashboards`: write or push the dashboards."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from sotdae_hub.adapters.grafana import GrafanaServer
from sotdae_hub.grafana.underpass import underpass
from sotdae_shared.errors import ConfigError, SotdaeError

dashboards_app = typer.Typer(no_args_is_help=True, help="Write or push dashboards for Grafana.")

Caution = Annotated[float, typer.Option(help="Caution level, cm.")]
Close = Annotated[float, typer.Option(help="Closing level, cm.")]
Unsafe = Annotated[float, typer.Option(help="Unsafe level, cm.")]


@dashboards_app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="File to write; default is standard output.")] = None,
    caution: Caution = 5.0,
    close: Close = 15.0,
    unsafe: Unsafe = 30.0,
) -> None:
    """Write the underpass dashboard as JSON, as Grafana imports or provisions it."""
    text = json.dumps(underpass(caution, close, unsafe), ensure_ascii=False, indent=2)
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        typer.echo(f"sotdae dashboards: {out}: cannot be written: {error.strerror}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"wrote {out}")


@dashboards_app.command()
def push(
    *,
    url: Annotated[str, typer.Option(help="Address of Grafana.")],
    token_file: Annotated[Path, typer.Option(help="File with a service account's token.")],
    folder: Annotated[str | None, typer.Option(help="Uid of the folder; default is the general one.")] = None,
    caution: Caution = 5.0,
    close: Close = 15.0,
    unsafe: Unsafe = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create or replace the underpass dashboard on a Grafana server."""
    try:
        board = underpass(caution, close, unsafe)
        with closing(GrafanaServer(url, _token(token_file))) as server:
            path = server.push(board, folder)
    except SotdaeError as error:
        typer.echo(f"sotdae dashboards: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, ConfigError) else 1) from error
    typer.echo(json.dumps({"ok": True, "uid": board["uid"], "path": path}) if as_json else f"pushed: {path}")


def _token(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(file, error) from error
