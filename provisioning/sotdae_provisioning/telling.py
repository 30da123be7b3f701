"""How a command about papers says what is wrong, and with which code it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sotdae_shared.errors import ConfigError, SotdaeError, WireError


@contextmanager
def told() -> Iterator[None]:
    """Tell an error in words: 2 for what a person must mend, 1 for what may pass."""
    try:
        yield
    except (ConfigError, WireError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except (SotdaeError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
