"""How a walk speaks with its technician: on a terminal, or through answers prepared in a file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sotdae_provisioning.device.walk.result import Result, Value, Walk
from sotdae_shared.errors import ConfigError

LONGEST = 1_000
"""Characters of an answer; the line of a ticket may have three hundred."""


class Asker(Protocol):
    """Questions by their name in the table of words; `about` tells one of a kind from the others."""

    def begin(self, number: int, of: int, step: str) -> None:
        """Say which step comes."""

    def doing(self, code: str, **values: Value) -> None:
        """Say what happens now."""

    def yes(self, code: str, **values: Value) -> bool | None:
        """Ask for yes or no; None when the person leaves it open."""

    def act(self, code: str, about: str = "", **values: Value) -> bool:
        """Ask for something to be done by hand; False when the person leaves it out."""

    def text(self, code: str, default: str) -> str:
        """Ask for a line."""

    def unseen(self, code: str) -> str:
        """Ask for a line that nobody else may see; empty if none is given."""

    def on_site(self, **values: Value) -> bool:
        """Ask somebody to vouch by name for standing at the arm. No default ever answers this."""

    def ended(self, result: Result) -> bool:
        """Show how a step went; True to try it again."""

    def verdict(self, walk: Walk) -> None:
        """Show what it all comes to."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Answers by question name. `on_site` must carry the technician's name; nothing else stands for it."""

    answers: Mapping[str, Any]
    assume_yes: bool
    technician: str
    shows: Asker
    """Where steps and findings are shown."""

    def begin(self, number: int, of: int, step: str) -> None:
        """Say which step comes."""
        self.shows.begin(number, of, step)

    def doing(self, code: str, **values: Value) -> None:
        """Say what happens now."""
        self.shows.doing(code, **values)

    def yes(self, code: str, **_: Value) -> bool | None:
        """Return the answer of the file; without one, yes if all is assumed, else open."""
        answer = self.answers.get(code, True if self.assume_yes else None)
        return answer if isinstance(answer, bool) else None

    def act(self, code: str, about: str = "", **values: Value) -> bool:
        """Return whether the file says `true`: somebody or something does it. Never assumed."""
        done = self.answers.get(f"{code}.{about}" if about else code) is True
        if done:
            self.shows.doing(code, **values)
        return done

    def text(self, code: str, default: str) -> str:
        """Return the line of the file, or the default."""
        return str(self.answers.get(code, default))[:LONGEST]

    def unseen(self, code: str) -> str:
        """Return the line of the file, or none."""
        return self.text(code, "")

    def on_site(self, **_: Value) -> bool:
        """Return whether the file names the technician as the one who stands there."""
        return bool(self.technician) and self.answers.get("on_site") == self.technician

    def ended(self, result: Result) -> bool:
        """Show how a step went; never again by itself."""
        self.shows.ended(result)
        return False

    def verdict(self, walk: Walk) -> None:
        """Show what it all comes to."""
        self.shows.verdict(walk)


def answers_of(path: Path | None) -> dict[str, Any]:
    """Read a TOML file of answers. ConfigError if it cannot be read."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(str(path), [f"no file of answers: {why}"]) from error
