"""`sotdae gate panel`: the screen. It shows, asks and signs; the gate decides."""

import asyncio
import signal
import sys
import termios
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from sotdae_edge.panel.client import Session
from sotdae_edge.panel.screen import paint
from sotdae_edge.panel.screen.flows import Flows, Told, tell
from sotdae_edge.panel.screen.prompt import Prompt
from sotdae_edge.panel.terms import HELP, Lang, term
from sotdae_edge.panel.view import clock, span
from sotdae_shared.signing import PrivateKey

PAINT_S = 0.25
TERMINAL_S = 1.0
FLOW_S = 300.0
"""An order that nobody finishes is given up; a nonce that others asked for first may end a minute sooner."""


class PanelApp(App[None]):
    """One gate's screen for one person."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("c,ㅊ", "close", "close"),
        ("o,ㅐ", "open", "open"),
        ("b,ㅠ", "bypass", "bypass"),
        ("t,ㅅ", "test", "test"),
        ("question_mark", "explain", "help"),
        ("q,ㅂ", "quit", "quit"),
        ("up", "scroll(-1)", ""),
        ("down", "scroll(1)", ""),
        ("pageup", "scroll(-10)", ""),
        ("pagedown", "scroll(10)", ""),
    ]
    CSS = """
    Screen { background: black; color: white; layout: vertical; }
    #title { height: 2; }
    #band { height: 3; text-style: bold; background: #ffd700; color: #000000; }
    #band { text-wrap: nowrap; text-overflow: ellipsis; }
    #band.failed { background: #af0000; color: #ffffff; }
    #band.closed { background: #0000af; color: #ffffff; }
    #band.open { background: #00af00; color: #000000; }
    #body { height: 1fr; scrollbar-size: 0 0; }
    #said { height: auto; max-height: 3; text-style: bold; }
    #keys { height: 1; background: #303030; color: #ffffff; }
    """

    def __init__(self, path: Path, me: PrivateKey, key_file: Path, lang: Lang) -> None:
        """Take the socket's place, this person's key and its file, and the language."""
        super().__init__()
        self._session, self._lang = Session(path, me, lambda: asyncio.get_running_loop().time()), lang
        self.prompt = Prompt()
        self._flows = Flows(self._session, me, key_file, lang, self.prompt.ask)
        self._explaining = self._busy = False
        self._silence_told = False
        """Whether what was said last holds only as long as the agent is not heard."""

    def compose(self) -> ComposeResult:
        """Lay out: which place, its state, everything else, what was said last, the keys."""
        yield Static(id="title", markup=False)
        yield Static(id="band", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="rows", markup=False)
        yield Static(id="said", markup=False)
        yield self.prompt
        yield Static(term(self._lang, "keys"), id="keys", markup=False)

    def on_mount(self) -> None:
        """Begin to listen and to paint."""
        self._listen()
        self.set_interval(PAINT_S, self._paint)
        if not self.is_headless:
            self.set_interval(TERMINAL_S, end_with_terminal)
        self._paint()

    @work(group="session")
    async def _listen(self) -> None:
        await self._session.run()

    def _paint(self) -> None:
        last, heard, lang = self._session.shown, self._session.heard(), self._lang
        band = self.query_one("#band", Static)
        band.set_classes(paint.band_kind(None if heard is None or last is None else last.gate))
        if last is None:
            band.update(paint.lost_band(None, None, self._session.problem, lang))
        elif heard is None:
            band.update(paint.lost_band(last.at, self._session.silent_s(), self._session.problem, lang))
        else:
            band.update(paint.band(last.gate, last.at, lang))
        if heard is not None and self._silence_told:
            self._tell(Told(""))
        if self._explaining:
            self._show("rows", "\n".join(HELP[lang]))
        elif last is not None:
            self._show("rows", paint.body(last.gate, lang, heard=heard is not None))
        if last is not None:
            self._show("title", paint.title(last.gate, last.at if heard else None, self._who(), lang))

    def _show(self, name: str, text: Text | str) -> None:
        self.query_one(f"#{name}", Static).update(text)

    def _who(self) -> str:
        welcome = self._session.welcome
        return "" if welcome is None else welcome.person.name

    def action_close(self) -> None:
        """Close the gate."""
        self._follow(self._flows.close)

    def action_open(self) -> None:
        """Open the gate, by two people."""
        self._follow(self._flows.open)

    def action_bypass(self) -> None:
        """Take a channel out of the vote, or let it vote again."""
        self._follow(self._flows.bypass)

    def action_test(self) -> None:
        """Try the lamps, the siren or a channel."""
        self._follow(self._flows.test)

    def action_explain(self) -> None:
        """Show the help, or the gate again."""
        self._explaining = not self._explaining
        self._paint()

    def action_help_quit(self) -> None:
        """Say how to leave to whoever presses Ctrl-C: it ends nothing here."""
        self._tell(Told(term(self._lang, "leave")))

    def action_scroll(self, rows: int) -> None:
        """Move through the rows."""
        self.query_one("#body", VerticalScroll).scroll_relative(y=rows, animate=False)

    def _follow(self, flow: Callable[[], Awaitable[str]]) -> None:
        """Begin one thing; a key pressed in the middle of another begins nothing."""
        if not self._busy:
            self._busy = True
            self._tell(Told(""))
            self._go_through(flow)

    @work(group="flow")
    async def _go_through(self, flow: Callable[[], Awaitable[str]]) -> None:
        try:
            async with asyncio.timeout(FLOW_S):
                told = await tell(flow, self._lang)
        except TimeoutError:
            told = Told(term(self._lang, "too_slow", span(FLOW_S)))
        finally:
            self._busy = False
        last = self._session.shown
        self._tell(told if last is None else told._replace(text=f"{clock(last.at)} {told.text}"))

    def _tell(self, told: Told) -> None:
        self._silence_told = told.while_silent
        self._show("said", told.text)


def end_with_terminal() -> None:
    """End as a hang-up does when the terminal is gone: a screen without one would spin for ever."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except (termios.error, OSError, ValueError):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGHUP)
