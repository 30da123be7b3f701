"""How a command about papers says what is wrong, and with which code it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sotdae_edge.panel.terms import Lang, language, said, worded
from sotdae_shared.errors import ConfigError, SotdaeError, WireError

_A_PERSONS = (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError, PermissionError)
"""A path mistyped, or somebody else's: no later try finds it well."""


@contextmanager
def told(lang: Lang | None = None) -> Iterator[None]:
    """Tell an error in words: 2 for what a person must mend, 1 for what may pass.

    In the language, by default that of the environment.
    """
    tongue = lang or language()
    try:
        yield
    except (ConfigError, WireError) as error:
        typer.echo(str(worded(tongue, error)), err=True)
        raise typer.Exit(2) from error
    except SotdaeError as error:
        typer.echo(str(worded(tongue, error)), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        named = error.filename is not None and error.strerror is not None
        text = f"{error.filename}: {error.strerror}" if named else str(error)
        typer.echo(said(tongue, text), err=True)
        raise typer.Exit(2 if isinstance(error, _A_PERSONS) else 1) from error
