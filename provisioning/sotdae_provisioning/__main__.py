"""`sotdae`: one command line for every role. Sub-commands load only when they are asked for."""

import importlib
import importlib.metadata
import io
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

HELP = "Sotdae guards a province: gates that close themselves, and a hub that sees them."


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-command: where it lives, what it is for, and the extra that brings its libraries."""

    module: str
    name: str
    extra: str
    help: str = ""
    """For the list of parts; a part that is loaded says it itself."""


PARTS: dict[str, Part] = {
    "demo": Part(
        "sotdae_provisioning.demo.cli", "demo_app", "demo", "Watch an underpass flood and the gate close."
    ),
    "gate": Part("sotdae_edge.cli", "gate_app", "gate", "Run or check the agent of one gate."),
    "city": Part("sotdae_edge.cli", "city_app", "city", "Run the agent of a city hub."),
    "slope": Part("sotdae_edge.slope.cli", "slope_app", "city", "Study a slope's displacement series."),
    "hub": Part("sotdae_hub.cli", "app", "hub", "Run the provincial hub."),
    "bridge": Part("sotdae_firmware_bridge.cli", "app", "gate", "Read, write and simulate field devices."),
    "replay": Part(
        "sotdae_edge.replay.cli", "replay_app", "gate", "Run recorded levels through the gate's core."
    ),
    "record": Part(
        "sotdae_edge.record.cli", "record_app", "gate", "Check, read and replay a gate's decision record."
    ),
    "models": Part("sotdae_edge.vision.cli", "app", "vision", "List, fetch and verify models."),
    "dashboards": Part(
        "sotdae_hub.grafana.cli", "dashboards_app", "grafana", "Write or push dashboards for Grafana."
    ),
    "ca": Part("sotdae_provisioning.pki.cli", "ca_app", "tech", "The province's certification authorities."),
    "device": Part("sotdae_provisioning.device.cli", "device_app", "tech", "Give a box its identity."),
    "policy": Part(
        "sotdae_provisioning.policy.cli", "policy_app", "tech", "Thresholds of many gates, signed by people."
    ),
    "broker": Part("sotdae_provisioning.broker_cli", "broker_app", "broker", "Run a broker with TLS."),
    "bench": Part("sotdae_provisioning.bench.cli", "bench_app", "demo", "Measure, side by side."),
}

LEAN: dict[tuple[str, str], Part] = {
    ("gate", "panel"): Part("sotdae_edge.panel.cli", "panel_app", "panel"),
    ("gate", "key"): Part("sotdae_edge.panel.cli", "panel_app", "panel"),
    ("gate", "watchdog"): Part("sotdae_edge.watchdog.cli", "watchdog_app", "gate"),
}
"""Commands that must not load what the rest of their part needs."""


def build(asked: str | None, second: str = "") -> typer.Typer:
    """Return the command line with the asked part in full and the others by name; None loads all."""
    app = typer.Typer(
        no_args_is_help=True, help=HELP, pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    app.callback()(_root)
    for name, part in PARTS.items():
        if asked is None or asked == name:
            app.add_typer(_load(name, LEAN.get((name, second), part)), name=name)
        else:
            app.add_typer(typer.Typer(help=part.help), name=name)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sotdae {importlib.metadata.version('sotdae')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Every command has --help; those that print data have --json."""


def _load(name: str, part: Part) -> typer.Typer:
    try:
        loaded = getattr(importlib.import_module(part.module), part.name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("sotdae"):
            raise
        typer.echo(
            f"`sotdae {name}` needs {error.name}: in a checkout of Sotdae,  pip install '.[{part.extra}]'",
            err=True,
        )
        raise SystemExit(2) from error
    assert isinstance(loaded, typer.Typer)  # noqa: S101
    return loaded


def main() -> None:
    """Entry point of the `sotdae` command."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a serial console may know neither Hangul nor frames
        sys.stdout.reconfigure(errors="replace")
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    completing = "_SOTDAE_COMPLETE" in __import__("os").environ
    asked, second, *_ = [*words, "", ""]
    try:
        command = build(None if completing else asked, second)
    except KeyboardInterrupt:  # libraries take a second or more to load
        raise SystemExit(130) from None
    command()


if __name__ == "__main__":
    main()
