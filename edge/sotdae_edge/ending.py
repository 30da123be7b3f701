"""How every command of the edge says what is wrong, and with which code it ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer

from sotdae_shared.errors import ConfigError, SotdaeError


def end(error: SotdaeError, *, as_json: bool = False) -> NoReturn:
    """Say what is wrong and end: 2 for what a person must mend, 1 for what a later try may find well."""
    if not isinstance(error, ConfigError):
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({"ok": False, "source": error.source, "problems": error.problems}))
    else:
        typer.echo(error.listed, err=True)
    raise typer.Exit(2) from error


@contextmanager
def plotting(target: Path) -> Iterator[None]:
    """Say why a plot cannot be drawn, and end with 2: no library for it, or no place."""
    if not target.suffix or target.is_dir():
        # The library would add one and write beside the folder.
        typer.echo(f"--plot {target}: want a file whose name ends in .png, .svg or .pdf", err=True)
        raise typer.Exit(2)
    try:
        yield
    except ModuleNotFoundError as error:
        typer.echo(f"--plot needs {error.name}: in a checkout of Sotdae,  pip install '.[demo]'", err=True)
        raise typer.Exit(2) from error
    except (OSError, ValueError) as error:
        typer.echo(f"--plot {target}: {getattr(error, 'strerror', None) or error}", err=True)
        raise typer.Exit(2) from error
