"""`sotdae models`: which models are here, whether they are sound, and how to get them."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from sotdae_edge.vision import models
from sotdae_shared.errors import ConfigError, LinkError, SotdaeError

app = typer.Typer(no_args_is_help=True, help="Vision models: list, pull, verify.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _state(model: models.Known) -> tuple[str, Path | None]:
    try:
        path = models.locate(model.name, os.environ)
        models.verify(path)
    except ConfigError as error:
        return ("broken" if "sha256" in str(error) else "absent"), None
    return "ready", path


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that Sotdae knows and whether they are here."""
    rows = [(model, *_state(model)) for model in models.KNOWN.values()]
    if as_json:
        found = [
            {"name": model.name, "state": state, "path": path and str(path), "sha256": model.sha256,
             "licence": model.licence, "knows": model.knows}
            for model, state, path in rows
        ]  # fmt: skip
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("model", "state", "knows", "licence")
    for model, state, _ in rows:
        table.add_row(model.name, state, model.knows, model.licence)
    Console().print(table)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names or files; all that are here if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check digests. Exit code 1 if a file is not what it should be."""
    problems: list[str] = []
    checked: list[str] = []
    for name in names or [model.name for model in models.KNOWN.values() if _state(model)[0] != "absent"]:
        try:
            path = models.locate(name, os.environ)
            if models.verify(path) is None:
                problems.append(f"{path}: not a model that Sotdae knows; its digest is {models.digest(path)}")
            checked.append(str(path))
        except ConfigError as error:
            problems.append(str(error))
    if as_json:
        typer.echo(json.dumps({"checked": checked, "problems": problems}))
    else:
        typer.echo("\n".join([*(f"checked {path}" for path in checked), *problems]))
    raise typer.Exit(1 if problems else 0)


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="Name of the model, as in `list`.")],
    source: Annotated[str | None, typer.Option("--from", help="Directory, file or https address.")] = None,
) -> None:
    """Fetch a model, check its digest and keep it where agents look (SOTDAE_MODELS)."""
    try:
        model = models.known(name)
        where = source or model.url
        if where is None:
            raise ConfigError("models", [f"{name} comes with Sotdae: there is nothing to pull"])
        columns = (TextColumn(f"pulling {name}"), BarColumn(), DownloadColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(name, total=None)
            path = models.pull(
                model, where, models.home(os.environ), lambda size: progress.update(task, completed=size)
            )
    except SotdaeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1 if isinstance(error, LinkError) else 2) from error
    typer.echo(f"{path}: {path.stat().st_size} bytes, digest as pinned")
