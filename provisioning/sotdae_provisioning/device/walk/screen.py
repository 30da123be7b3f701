"""A walk on a terminal: large plain steps for wet hands, over ssh or a serial console."""

import sys
from dataclasses import dataclass
from getpass import getpass

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from sotdae_edge.panel.terms import Lang
from sotdae_provisioning.device.walk.asking import LONGEST
from sotdae_provisioning.device.walk.result import Result, State, Value, Walk
from sotdae_provisioning.device.walk.words import (
    MARKS,
    finding_text,
    said,
    step_title,
    value_text,
    value_title,
)

_STYLES = {
    "ok": "bold green", "failed": "bold red", "skipped": "bold yellow", "not_done": "bold yellow",
    "not_fitted": "dim", "complete": "bold green", "incomplete": "bold yellow",
}  # fmt: skip
_NO, _SKIP, _AGAIN = ("n", "ㅜ"), ("s", "ㄴ"), ("r", "ㄱ")
"""With a Hangul keyboard on, the same keys work."""
_SHORT = 24
"""Longer words, such as fingerprints, are for the report."""


@dataclass(frozen=True, slots=True)
class Shows:
    """Shows a walk on stderr; standard output is for the result alone. Asks nothing."""

    console: Console
    lang: Lang

    def begin(self, number: int, of: int, step: str) -> None:
        """Say which step comes."""
        title = Text(f"{step_title(self.lang, step)}", "bold")
        bar = "█" * number + "░" * (of - number)
        self.console.print()
        self.console.print(Panel(title, title=f"{number} / {of}", subtitle=bar, width=76, padding=(0, 2)))

    def doing(self, code: str, **values: Value) -> None:
        """Say what happens now."""
        self.console.print(
            f"  {said('questions', self.lang, code, **values)}", markup=False, highlight=False, soft_wrap=True
        )

    def yes(self, code: str, **_: Value) -> bool | None:
        """Ask nothing: open."""
        return None

    def act(self, code: str, about: str = "", **_: Value) -> bool:
        """Ask nothing: left out."""
        return False

    def text(self, code: str, default: str) -> str:
        """Ask nothing: the default."""
        return default

    def unseen(self, code: str) -> str:
        """Ask nothing: none."""
        return ""

    def on_site(self, **_: Value) -> bool:
        """Ask nothing: nobody is there."""
        return False

    def ended(self, result: Result) -> bool:
        """Show values, findings and how the step went."""
        for each in result.measured:
            text = value_text(self.lang, each.value, each.unit)
            if len(text) <= _SHORT or each.name in ("identity", "place", "broker", "software"):
                self.console.print(
                    f"    {value_title(self.lang, each.name)}: {text}",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )
        state = result.state.value
        line = Text(f"  {MARKS[state]} {said('states', self.lang, state)}", _STYLES[state])
        self.console.print(line)
        for finding in result.findings:
            text, mend = finding_text(self.lang, finding)
            self.console.print(f"    {text}", markup=False, highlight=False, soft_wrap=True)
            if mend:
                self.console.print(
                    f"    → {mend}", style="bold", markup=False, highlight=False, soft_wrap=True
                )
        return False

    def verdict(self, walk: Walk) -> None:
        """Show what the whole walk comes to, and each step that leaves something to do."""
        word = said("states", self.lang, walk.verdict.value)
        self.console.print()
        text = Text(f"{walk.place.name}  {walk.place.facility}\n{word}", _STYLES[walk.verdict.value])
        self.console.print(Panel(text, width=76, padding=(0, 2)))
        for step in walk.steps:
            found = walk.of(step)
            state = State.NOT_DONE if found is None else found.state
            if state not in (State.OK, State.NOT_FITTED):
                how = said("states", self.lang, state.value)
                line = f"  {MARKS[state]} {step_title(self.lang, step)}: {how}"
                self.console.print(line, style=_STYLES[state], markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Terminal(Shows):
    """Asks as well. Enter is always the way on; the end of input leaves everything open."""

    technician: str = ""

    def yes(self, code: str, **values: Value) -> bool | None:
        """Ask for yes or no; None when the person leaves it open."""
        answer = self._asked(code, "keys.yes", **values)
        return None if answer is None or answer in _SKIP else answer not in _NO

    def act(self, code: str, about: str = "", **values: Value) -> bool:
        """Ask for something to be done by hand; False when the person leaves it out."""
        answer = self._asked(code, "keys.act", **values)
        return answer is not None and answer not in (*_SKIP, *_NO)

    def text(self, code: str, default: str) -> str:
        """Ask for a line."""
        shown = f" [{default}]" if default else ""
        answer = self._line(f"  {said('questions', self.lang, code)}{shown}: ")
        return answer or default

    def unseen(self, code: str) -> str:
        """Ask for a line and do not echo it: a walk is shown to bystanders, and its screen is kept."""
        try:
            return getpass(f"  {said('questions', self.lang, code)}: ", sys.stderr).strip()[:LONGEST]
        except EOFError:
            return ""

    def on_site(self, **_: Value) -> bool:
        """Ask for the technician's name, typed whole: no key pressed by mistake moves an arm."""
        self.console.print(
            f"\n  {said('questions', self.lang, 'on_site')}", style="bold red", highlight=False
        )
        answer = self._line(f"  {said('questions', self.lang, 'on_site.word')}: ")
        if answer and answer != self.technician:
            self.doing("on_site.other", technician=self.technician)
        return bool(answer) and answer == self.technician

    def ended(self, result: Result) -> bool:
        """Show how a step went; after one that did not go well ask whether to try again."""
        Shows.ended(self, result)
        if result.state in (State.OK, State.NOT_FITTED):
            return False
        answer = self._line(f"  {said('questions', self.lang, 'keys.again')}: ")
        return (answer or "").lower() in _AGAIN

    def _asked(self, code: str, keys: str, **values: Value) -> str | None:
        self.console.print(
            f"\n  {said('questions', self.lang, code, **values)}",
            style="bold",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        answer = self._line(f"  {said('questions', self.lang, keys)}: ")
        return None if answer is None else answer.lower()

    def _line(self, prompt: str) -> str | None:
        """Return what was typed; None at the end of input."""
        self.console.print(prompt, end="", markup=False, highlight=False, soft_wrap=True)
        try:
            return input().strip()[:LONGEST]
        except EOFError:
            return None
