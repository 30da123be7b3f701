"""`sotdae bench`: measure here and now, beside the targets and what the machine allows."""

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from sotdae_provisioning.bench import core, enrolment, ingest, loop, side_by_side, startup, tables
from sotdae_provisioning.bench.figures import Result
from sotdae_provisioning.bench.machine import describe
from sotdae_provisioning.bench.peers import contenders
from sotdae_provisioning.bench.side_by_side import SideBySide
from sotdae_shared.errors import SotdaeError

bench_app = typer.Typer(no_args_is_help=True, help="Measure, side by side.")

BENCHES = {
    "loop": "Trip vote to acknowledged Modbus write, beside a bare pymodbus loop.",
    "core": "Scans a second through the decision core.",
    "startup": "Start of a gate to protection, and its memory.",
    "ingest": "Readings a second from the broker into the hub's durable stores.",
    "enrol": "Devices a minute, from files and at the office, beside openssl and curl.",
}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Trips = Annotated[int, typer.Option(min=1, help="Trips of the gate, and as many of the bare loop.")]
Runs = Annotated[int, typer.Option(min=1, help="Starts of the gate, and as many of the bare loop.")]
Measured = TypeVar("Measured", Result, SideBySide)
Peers = Annotated[
    bool, typer.Option("--peers", help="Beside Node-RED and Home Assistant instead (tools/bench_peers).")
]
Scans = Annotated[int, typer.Option(min=1, help="Scans of a whole controller.")]
Messages = Annotated[int, typer.Option(min=1, help="Messages of 50 readings each.")]
Devices = Annotated[int, typer.Option(min=1, help="Devices to enrol, either way.")]


@bench_app.command("list")
def show(as_json: AsJson = False) -> None:
    """List the benchmarks."""
    if as_json:
        typer.echo(json.dumps(BENCHES))
        return
    for name, what in BENCHES.items():
        typer.echo(f"{name:<10}{what}")


@bench_app.command("loop")
def bench_loop(trips: Trips = 200, peers: Peers = False, as_json: AsJson = False) -> None:
    """Trip vote to acknowledged Modbus write, beside a bare pymodbus loop, or a gate beside its peers.

    Example:  sotdae bench loop --trips 50
    """
    with _scratch() as directory:
        where = Path(directory)
        found: Result | SideBySide = (
            _measure(_side_by_side(trips, where)) if peers else _measure(loop.measure(trips, where, _dice()))
        )
    _report([found], as_json)


@bench_app.command("core")
def bench_core(scans: Scans = 20_000, as_json: AsJson = False) -> None:
    """Scans a second through the decision core.

    Example:  sotdae bench core --scans 5000 --json
    """
    _report([core.measure(scans)], as_json)


@bench_app.command("startup")
def bench_startup(runs: Runs = 5, as_json: AsJson = False) -> None:
    """Start of a gate to protection, and its memory."""
    with _scratch() as directory:
        _report([_measure(startup.measure(runs, Path(directory)))], as_json)


@bench_app.command("ingest")
def bench_ingest(messages: Messages = 4_000, as_json: AsJson = False) -> None:
    """Readings a second from the broker into the hub's durable stores."""
    with _scratch() as directory:
        _report([_measure(ingest.measure(messages, Path(directory)))], as_json)


@bench_app.command("enrol")
def bench_enrol(devices: Devices = 1_000, as_json: AsJson = False) -> None:
    """Devices a minute, from files and at the office, beside openssl and curl."""
    with _scratch() as directory:
        _report([_measure(enrolment.measure(devices, Path(directory)))], as_json)


@bench_app.command("all")
def bench_all(
    *,
    trips: Trips = 200,
    scans: Scans = 20_000,
    runs: Runs = 5,
    messages: Messages = 4_000,
    devices: Devices = 1_000,
    as_json: AsJson = False,
) -> None:
    """Run every benchmark, one after the other."""
    with _scratch() as first, _scratch() as second, _scratch() as third, _scratch() as fourth:
        results = [
            _measure(loop.measure(trips, Path(first), _dice())),
            core.measure(scans),
            _measure(startup.measure(runs, Path(second))),
            _measure(ingest.measure(messages, Path(third))),
            _measure(enrolment.measure(devices, Path(fourth))),
        ]
    _report(results, as_json)


def _scratch() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="sotdae-bench-")


def _dice() -> random.Random:
    return random.Random(int.from_bytes(os.urandom(8)))  # noqa: S311 - when the water comes, no secret


def _measure(measuring: Coroutine[Any, Any, Measured]) -> Measured:
    try:
        return asyncio.run(measuring)
    except SotdaeError as error:
        typer.echo(f"sotdae bench: {error}", err=True)
        raise typer.Exit(1) from error


async def _side_by_side(trips: int, directory: Path) -> SideBySide:
    return await side_by_side.measure(contenders(), trips, directory, _dice())


def _report(results: Sequence[Result | SideBySide], as_json: bool) -> None:
    machine, command = describe(), " ".join(["sotdae", *sys.argv[1:]])
    if as_json:
        found = [result.as_json() for result in results]
        typer.echo(json.dumps({"command": command, "machine": machine, "results": found}))
        return
    console = Console()
    for result in results:
        console.print(tables.of(result))
        console.print(f"[dim]{result.how}[/dim]\n")
    console.print(f"{command}\n" + ", ".join(f"{key} {value}" for key, value in machine.items()))
