"""`sotdae record`: check, read and replay what a gate has put on record."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sotdae_edge.record.again import Replay
from sotdae_edge.record.chain import signature
from sotdae_edge.record.files import files_of
from sotdae_edge.record.verify import Segment, check_all
from sotdae_shared.errors import LinkError

record_app = typer.Typer(no_args_is_help=True, help="Check, read and replay a gate's decision record.")

PathArgument = Annotated[Path, typer.Argument(help="A segment, or a gate's whole record directory.")]
KeyOption = Annotated[
    str | None, typer.Option("--key", help="The device's public key, 64 hexadecimal digits.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MAX_SHOWN = 10


@record_app.command("verify")
def verify(path: PathArgument, *, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Say whether the record holds, and which entry is the first that does not. Exit code 1 then.

    Example:  sotdae record verify /var/lib/sotdae/gate/record
    """
    ok = True
    with _readable():
        for segment in check_all(list(files_of(path)), key):
            ok = ok and segment.ok
            typer.echo(json.dumps(_verdict(segment)) if as_json else _words(segment))
    if not ok:
        raise typer.Exit(1)


@record_app.command("show")
def show(
    path: PathArgument,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every entry, not only what was done.")] = False,
) -> None:
    """Print entries as JSON lines: decisions, alarms, orders; with --all every scan and tick too.

    Example:  sotdae record show /var/lib/sotdae/gate/record
    """
    with _readable():
        for segment in check_all(list(files_of(path))):
            for number, value in enumerate(segment.values, start=1):
                if everything or _worth_telling(value):
                    typer.echo(json.dumps({"segment": segment.name, "entry": number, **value}))
            _warn(segment)


@record_app.command("replay")
def replay(path: PathArgument, *, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Run the record through this version's core. Exit code 1 if anything is decided otherwise.

    Example:  sotdae record replay /var/lib/sotdae/gate/record
    """
    run, found, ok = Replay(), 0, True
    with _readable():
        for segment in check_all(list(files_of(path)), key):
            ok = ok and segment.ok
            _warn(segment)
            for difference in run.play(segment):
                found += 1
                if found <= MAX_SHOWN and not as_json:
                    place = f"{difference.segment}, entry {difference.entry}"
                    typer.echo(f"{place}:\n  recorded {difference.recorded}\n  now      {difference.now}")
    counts = {"calls": run.calls, "decisions": run.decisions, "differences": found, "intact": ok}
    typer.echo(
        json.dumps(counts) if as_json else ", ".join(f"{name} {value}" for name, value in counts.items())
    )
    if found or not ok:
        raise typer.Exit(1)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except LinkError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _verdict(segment: Segment) -> dict[str, Any]:
    return {
        "segment": segment.name, "ok": segment.ok, "entries": len(segment.values), "ended": segment.ended,
        "recovered": segment.recovered, "signed_to": segment.signed_to, "torn": segment.torn,
        "first_bad": segment.first_bad, "problems": segment.problems, "device": segment.header.get("device"),
        "site_sha256": segment.header.get("site_sha256"),
    }  # fmt: skip


def _words(segment: Segment) -> str:
    if not segment.ok:
        return "\n".join([f"{segment.name}: DOES NOT HOLD", *(f"  - {each}" for each in segment.problems)])
    end = "ended" if segment.ended else "not ended: still being written, or cut off"
    end += " by the next start" if segment.recovered else ""
    return f"{segment.name}: holds, {len(segment.values)} entries, signed up to {segment.signed_to}, {end}"


def _warn(segment: Segment) -> None:
    if not segment.ok:
        typer.echo(_words(segment), err=True)


def _worth_telling(value: dict[str, Any]) -> bool:
    if "record" in value or signature(value) is not None:
        return False
    told = {name for name, _ in value.get("do", [])} & {"Decided", "Alarm", "Answer"}
    return bool(told) or bool(value.keys() & {"command", "release", "bad", "nonce", "lost"})
