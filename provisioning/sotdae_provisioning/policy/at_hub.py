"""`sotdae policy publish|status|rollback`: a policy on its way to the gates, and what they have."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from sotdae_edge.panel.terms import Lang, language, said, worded
from sotdae_provisioning.policy.board import board, lines
from sotdae_provisioning.policy.draft import back_to, write_draft
from sotdae_provisioning.policy.files import read_policy
from sotdae_provisioning.policy.hub import Hub
from sotdae_provisioning.policy.options import JsonOption, LangOption
from sotdae_provisioning.policy.telling import told_whole
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.messages import MAX_COUNT

LOOK_S = 1.0
"""Between two looks of --watch; a hub that is gone is asked again as often."""

HubOption = Annotated[str, typer.Option("--hub", help="Address of the hub, as it says at its start.")]
TokenOption = Annotated[
    Path | None, typer.Option("--token-file", help="File with an operator's token, where the hub wants one.")
]
LeaveOutOption = Annotated[
    list[str] | None,
    typer.Option(metavar="FACILITY", help="Neither told nor counted, whatever it reports. Repeat."),
]
WatchOption = Annotated[bool, typer.Option("--watch", help="Go on showing it.")]


def publish(
    bundle: Annotated[Path, typer.Argument(help="The signed bundle (.json).")],
    hub: HubOption,
    *,
    rings: Annotated[
        str | None, typer.Option(help="Percent of the facilities after each ring. Default: 1,10,50,100.")
    ] = None,
    canary: Annotated[list[str] | None, typer.Option(help="Facilities that go first. Repeat.")] = None,
    leave_out: LeaveOutOption = None,
    soak_s: Annotated[
        float | None, typer.Option("--soak", help="Seconds that a ring must be well. Default: 300.", min=0)
    ] = None,
    abort_percent: Annotated[
        float | None, typer.Option(help="Stop when more than this of a ring refuse. Default: 5.")
    ] = None,
    watch: WatchOption = False,
    token_file: TokenOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a signed policy to the hub, which tells the gates ring by ring; --watch follows it to its end.

    Example:  sotdae policy publish rainy.json --hub http://127.0.0.1:8080 --rings 1,10,100 --watch
    """
    tongue = lang or language()
    with told_whole(as_json=as_json, lang=tongue):
        policy = read_policy(bundle)
        if bundle.suffix != ".json":
            raise ConfigError(str(bundle), [f"is a draft; have it signed: sotdae policy sign {bundle}"])
        wanted: dict[str, Any] = {"rings": _rings(rings), "canary": canary, "leave_out": leave_out}
        wanted |= {"soak_s": soak_s, "abort_percent": abort_percent}
        desk = Hub(hub, token_file)
        begun = desk.publish(policy, {name: value for name, value in wanted.items() if value is not None})
        if not watch:
            sizes = f"{sum(begun['rings'])} nodes in {len(begun['rings'])} rings"
            text = f"policy {policy.version}: {begun['state']}, {sizes}"
            typer.echo(json.dumps(begun) if as_json else said(tongue, text))
            return
        ended = _follow(desk, tongue, _ended(policy.version), as_json=as_json)
        raise typer.Exit(0 if ended == "done" else 1)


def status(
    hub: HubOption,
    *,
    watch: WatchOption = False,
    token_file: TokenOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how far each policy is, and at each gate which one it is to have and which it has.

    Example:  sotdae policy status --hub http://127.0.0.1:8080 --watch
    """
    tongue = lang or language()
    with told_whole(as_json=as_json, lang=tongue):
        desk = Hub(hub, token_file)
        if watch:
            with suppress(KeyboardInterrupt):
                _follow(desk, tongue, lambda _: None, as_json=as_json)
            return
        found = desk.status()
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        else:
            Console().print(board(tongue, found))


def rollback(
    version: Annotated[int, typer.Argument(help="Whose values come back; 0: each site's own file.", min=0)],
    hub: HubOption,
    *,
    out: Annotated[Path, typer.Option("--out", help="The draft to write; never overwritten.")],
    leave_out: LeaveOutOption = None,
    token_file: TokenOption = None,
) -> None:
    """Write a new version with older values, to be signed anew: a number never comes twice.

    Example:  sotdae policy rollback 6 --hub http://127.0.0.1:8080 --out back-to-6.toml
    """
    with told_whole(as_json=False):
        desk = Hub(hub, token_file)
        published = desk.published()
        nodes = [node for node in desk.status()["nodes"] if node["facility"] not in (leave_out or ())]
        had = [node[name] or 0 for node in nodes for name in ("applied", "waits", "desired")]
        highest = max([*had, *(each.version for each in published)], default=0)
        if highest >= MAX_COUNT:
            raise ConfigError(
                "rollback", [f"a gate reports version {highest}, the last: name it, --leave-out"]
            )
        made = back_to(version, published, highest, datetime.now(UTC).replace(microsecond=0))
        write_draft(out, made)
        text = f"{out}: version {made.version} with the values of {version}; have it signed, publish it"
        typer.echo(said(language(), text))


def _follow(
    desk: Hub, lang: Lang, ended: Callable[[dict[str, Any]], str | None], *, as_json: bool
) -> str | None:
    """Show the status until it has ended; a hub that is gone for a while is waited for."""
    console, last = Console(), ""
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            try:
                found = desk.status()
            except LinkError as error:
                last = _say_once(str(worded(lang, error)), last, err=True)
                time.sleep(LOOK_S)
                continue
            if console.is_terminal and not as_json:
                live.update(board(lang, found), refresh=True)
            else:
                now = json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines(lang, found))
                last = _say_once(now, last)
            if (how := ended(found)) is not None:
                return how
            time.sleep(LOOK_S)


def _say_once(now: str, before: str, *, err: bool = False) -> str:
    if now != before:
        typer.echo(now, err=err)
    return now


def _ended(version: int) -> Callable[[dict[str, Any]], str | None]:
    def how(status: dict[str, Any]) -> str | None:
        states = [each["state"] for each in status["rollouts"] if each["version"] == version]
        return next((state for state in states if state in ("done", "aborted")), None)

    return how


def _rings(text: str | None) -> list[float] | None:
    try:
        return None if text is None else [float(word) for word in text.split(",")]
    except ValueError:
        raise ConfigError("--rings", [f"{text!r}: want percents such as 1,10,100"]) from None
