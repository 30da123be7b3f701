"""What several commands are asked alike, and in which language they answer."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sotdae_edge.panel.terms import Lang

PolicyFile = Annotated[Path, typer.Argument(help="A draft (.toml) or a bundle (.json).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language; by default that of LANG.")]


def language(asked: Lang | None) -> Lang:
    """Return the language asked for, or that of the environment."""
    words = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return asked or ("ko" if next(filter(None, words), "").startswith("ko") else "en")
