"""`sotdae demo`: watch an underpass flood and the gate close itself."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sotdae_edge.config import load_gate
from sotdae_provisioning.demo.places import directories, reports
from sotdae_provisioning.demo.plot import plot
from sotdae_provisioning.demo.report import Report, write_report
from sotdae_provisioning.demo.scenarios import SCENARIOS
from sotdae_provisioning.demo.screen import open_screen
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.story import Story, live_step
from sotdae_provisioning.demo.truth import read_truth
from sotdae_shared.errors import ConfigError, SotdaeError

demo_app = typer.Typer(invoke_without_command=True)
DEFAULT = ("gauge", "cut")
"""The stories of a plain `sotdae demo`: real recorded water, then the network dead."""


@demo_app.callback()
def demo(
    *,
    scenario: Annotated[
        str | None, typer.Option(help=f"Story: {', '.join(SCENARIOS)}. Default: gauge, then cut.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Tell one story and exit 0 if it ended well.")] = False,
    speed: Annotated[
        float,
        typer.Option(
            help="Let the water rise N times faster; such a run never counts as ended well.", min=0.5
        ),
    ] = 1.0,
    report: Annotated[Path | None, typer.Option(help="Write figures to this JSON file, one a story.")] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep logs and stores here; must be empty.")
    ] = None,
    port: Annotated[int, typer.Option(help="Console's port; 0 takes a free one.", min=0, max=65535)] = 0,
    camera: Annotated[bool, typer.Option(help="Draw and serve the camera's picture.")] = True,
) -> None:
    """Real broker, hub, simulator (Modbus, RTSP) and agents, as separate processes on loopback.

    Without a scenario: recorded flood water, then a flood with broker and hub dead. On a terminal each
    story waits at its end for you to look around; --once ends at once.
    """
    console = Console()
    names = [scenario] if scenario is not None else list(DEFAULT[: 1 if once else None])
    try:
        wheres, papers = _places(names, directory, report)
    except ConfigError as error:
        typer.echo(f"sotdae demo: {error}", err=True)
        raise typer.Exit(2) from error
    good = True
    for name in names:
        try:
            told = asyncio.run(_tell(name, console, speed, wheres[name], port, camera=camera, stay=not once))
        except SotdaeError as error:
            typer.echo(f"sotdae demo: {name}: {error}", err=True)
            raise typer.Exit(1) from error
        except asyncio.CancelledError:  # by q, Ctrl-C or SIGTERM; the stack has ended by then
            typer.echo(f"sotdae demo: {name}: stopped before its end; logs: {wheres[name]}", err=True)
            raise typer.Exit(130) from None
        good = good and ended_well(told)
        if name in papers:
            write_report(told, papers[name])
            console.print(f"report: {papers[name]}", soft_wrap=True, highlight=False)
    others = ", ".join(name for name in SCENARIOS if name not in names)
    console.print(
        f"more stories: {_called()} --scenario NAME, with {others}", soft_wrap=True, highlight=False
    )
    raise typer.Exit(0 if good else 1)


def _called() -> str:
    """Return the words that start a demo here: nobody has activated the environment of `make demo`."""
    program = Path(sys.argv[0])
    return f"{program} demo" if program.name == "sotdae" else "sotdae demo"


def _places(
    names: list[str], directory: Path | None, report: Path | None
) -> tuple[dict[str, Path], dict[str, Path]]:
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise ConfigError("--scenario", [f"no story named {unknown[0]!r}; there are: {', '.join(SCENARIOS)}"])
    return directories(directory, names), reports(report, names)


def ended_well(report: Report) -> bool:
    """Tell whether a run ended as it must: closed or one area incident, nothing lost, nothing touched.

    A run whose water was not as fast as it really is proves nothing and never ends well.
    """
    accounted = (
        not report.accelerated and report.lost == 0 and report.duplicated == 0 and report.contacts == 0
    )
    if report.scenario == "homes":
        return accounted and report.area_incidents == 1
    return accounted and report.level_at_close_cm is not None and report.opened_by is None


async def _tell(
    name: str, console: Console, speed: float, where: Path, port: int, *, camera: bool, stay: bool
) -> Report:
    stack = Stack(where, SCENARIOS[name], camera=camera, http_port=port)
    with open_screen(console) as screen, _keys() as keys:
        story = Story(stack, screen.show, speed, stay=stay and sys.stdin.isatty())
        running = asyncio.ensure_future(story.run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        listening = asyncio.ensure_future(_obey(keys, story, running))
        try:
            told = await running
        finally:
            listening.cancel()
    picture = where / "story.png"
    truth = read_truth(where / "truth.jsonl")
    plot(truth, load_gate(where / "gate.toml").site, told, SCENARIOS[name].title, picture)
    text = f"\n[bold]{told.verdict}[/bold]\n{SCENARIOS[name].why}\nplot: {picture}   logs: {where}"
    console.print(text, soft_wrap=True, highlight=False)
    return told


@contextlib.contextmanager
def _keys() -> Iterator[asyncio.Queue[str]]:
    """Yield a queue of keys pressed; empty for ever where there is no terminal."""
    keys: asyncio.Queue[str] = asyncio.Queue()
    if not sys.stdin.isatty():
        yield keys
        return
    import termios
    import tty

    kept = termios.tcgetattr(sys.stdin)
    loop = asyncio.get_running_loop()
    tty.setcbreak(sys.stdin)
    loop.add_reader(sys.stdin, lambda: keys.put_nowait(sys.stdin.read(1)))
    try:
        yield keys
    finally:
        loop.remove_reader(sys.stdin)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)


async def _obey(keys: asyncio.Queue[str], story: Story, running: "asyncio.Future[Report]") -> None:
    while True:
        key = await keys.get()
        if key == "q" and story.stay:
            story.stay = False
            story.left.set()
        elif key == "q":
            running.cancel()
        elif (step := live_step(key)) is not None:
            story.wanted.put_nowait(step)
