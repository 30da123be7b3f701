"""Secrets as a person gives them to a command: typed unseen, or in a pipe; never as an argument."""

import sys

import typer

from sotdae_shared.errors import ConfigError

MAX_LETTERS = 4_096


def asked(what: str, instead: str, *, twice: bool = False) -> str:
    """Return a secret that is typed unseen, `twice` if it is new; with no terminal the first line of a pipe.

    Raises:
        ConfigError: if nothing comes; it names what can be done `instead`.
    """
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)).strip("\r\n")
    try:
        line = sys.stdin.readline(MAX_LETTERS + 1).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(what, ["what came in the pipe is no text"]) from error
    if not line or len(line) > MAX_LETTERS:
        found = "nothing came in a pipe" if not line else f"the line has more than {MAX_LETTERS} letters"
        raise ConfigError(what, [f"there is no terminal to ask on, and {found}: {instead}"])
    return line
