"""The story on a terminal: a live screen where there is one, plain lines where there is not."""

import sys
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sotdae_provisioning.demo.story import Moment

BAR_CM = 40.0
KEYS = (
    "c cut link  k kill hub  v car under the arm  l it leaves  s stick a sensor  p power  r restore  q quit\n"
    "w 4.5 cm of water  d dry road"
)


class Lines:
    """Prints each line of the time line once."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console
        self._shown = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        """End."""

    def show(self, moment: Moment) -> None:
        """Print what is new."""
        for at, text in moment.events[self._shown :]:
            depth = moment.truth.get("depth_cm")
            level = "" if depth is None else f"{depth:5.1f} cm"
            self._console.print(f"[dim]{at:6.1f} s {level:>9}[/dim]  {text}", highlight=False, soft_wrap=True)
        self._shown = len(moment.events)


class Screen:
    """A live panel: water against its thresholds, arm, warnings, province, and the time line."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`."""
        self._live = Live(console=console, refresh_per_second=8, transient=False)

    def __enter__(self) -> Self:
        """Take the screen."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self._live.__exit__(kind, error, trace)

    def show(self, moment: Moment) -> None:
        """Draw."""
        self._live.update(render(moment))


def render(moment: Moment) -> Panel:
    """Return the picture of a moment."""
    parts: list[RenderableType] = [
        _water(moment.truth),
        _status(moment),
        _timeline(moment),
        Text(KEYS, style="dim"),
    ]
    title = f"[bold]{moment.scenario.title}[/bold]  {moment.story_time}"
    return Panel(Group(*parts), title=title, subtitle=moment.url, padding=(1, 2))


def _water(truth: dict[str, Any]) -> Text:
    depth = float(truth.get("depth_cm", 0.0))
    cells = int(min(depth, BAR_CM) / BAR_CM * 60)
    style = "red" if depth >= 15 else "yellow" if depth >= 5 else "blue"
    bar = Text("water ", style="bold")
    bar.append("█" * cells + "·" * (60 - cells), style=style)
    bar.append(f" {depth:5.1f} cm  (caution 5, close 15, unsafe 30)")
    return bar


def _status(moment: Moment) -> Table:
    truth = moment.truth
    table = Table.grid(padding=(0, 3))
    arm = f"{truth.get('arm_deg', 90):.0f}°"
    state = "CLOSED" if truth.get("limit_closed") else "OPEN" if truth.get("limit_open") else "moving"
    sign = "NO ENTRY" if truth.get("sign_closed") else "caution" if truth.get("sign_caution") else "off"
    table.add_row(
        f"barrier [bold]{state}[/bold] {arm}",
        f"sign [bold]{sign}[/bold]",
        _lamp("flashers", truth.get("flasher_on")),
        _lamp("siren", truth.get("siren_on")),
    )
    table.add_row(
        _alive("gate", moment.gate_up),
        _alive("broker", moment.broker_up),
        _alive("hub", moment.hub_up),
        f"river {truth.get('river_cm', 0):.0f} cm",
    )
    return table


def _lamp(name: str, on: Any) -> str:
    return f"{name} [red bold]ON[/red bold]" if on else f"{name} off"


def _alive(name: str, up: bool) -> str:
    return f"{name} [green]up[/green]" if up else f"{name} [red bold]DOWN[/red bold]"


def _timeline(moment: Moment) -> Table:
    table = Table.grid(padding=(0, 2))
    for at, text in moment.events[-12:]:
        table.add_row(f"[dim]{at:6.1f} s[/dim]", text)
    return table


def open_screen(console: Console) -> Lines | Screen:
    """Return a live screen on a terminal, else plain lines."""
    return Screen(console) if console.is_terminal and sys.stdin.isatty() else Lines(console)
