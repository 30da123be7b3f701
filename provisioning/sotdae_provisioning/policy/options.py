"""What several commands are asked alike."""

from pathlib import Path
from typing import Annotated

import typer

from sotdae_edge.panel.terms import Lang

PolicyFile = Annotated[Path, typer.Argument(help="A draft (.toml) or a bundle (.json).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language; by default that of LANG.")]
