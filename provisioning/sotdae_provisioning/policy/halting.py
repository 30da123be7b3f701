"""`sotdae policy abort|resume`: a roll-out stopped by people, and let go on."""

import json
from typing import Annotated, Any

import typer

from sotdae_edge.panel.terms import language, said
from sotdae_provisioning.policy.at_hub import HubOption, TokenOption
from sotdae_provisioning.policy.hub import Hub
from sotdae_provisioning.policy.options import JsonOption
from sotdae_provisioning.policy.telling import told_whole
from sotdae_shared.messages import MAX_COUNT

VersionArgument = Annotated[int, typer.Argument(help="The policy's version.", min=1, max=MAX_COUNT)]


def abort(
    version: VersionArgument, hub: HubOption, *, token_file: TokenOption = None, as_json: JsonOption = False
) -> None:
    """Stop a roll-out: nobody else is told. It calls nothing back: a gate that has the policy keeps it.

    So does one where it waits: only people who sign may take it away, by a newer version.

    Example:  sotdae policy abort 7 --hub http://127.0.0.1:8080
    """
    with told_whole(as_json=as_json):
        desk = Hub(hub, token_file)
        stopped = desk.abort(version)
        kept_at = _kept_at(version, desk.status())
        if as_json:
            typer.echo(json.dumps({**stopped, "kept_at": kept_at}, ensure_ascii=False))
            return
        tongue = language()
        typer.echo(said(tongue, f"policy {version}: {stopped['state']}; nobody else is told"))
        if kept_at:
            names = ", ".join(kept_at)
            text = f"kept at {names}; the way back is a newer version: sotdae policy rollback"
            typer.echo(said(tongue, text))


def resume(
    version: VersionArgument, hub: HubOption, *, token_file: TokenOption = None, as_json: JsonOption = False
) -> None:
    """Let a stopped roll-out go on at the ring where it stopped; who refused is asked again.

    Example:  sotdae policy resume 7 --hub http://127.0.0.1:8080
    """
    with told_whole(as_json=as_json):
        going = Hub(hub, token_file).resume(version)
        text = f"policy {version}: {going['state']}, ring {going['ring']} of {len(going['rings'])}"
        typer.echo(json.dumps(going, ensure_ascii=False) if as_json else said(language(), text))


def _kept_at(version: int, status: dict[str, Any]) -> list[str]:
    """Return the facilities that have a version in force, or hold it until all is calm."""
    return sorted(
        {node["facility"] for node in status["nodes"] if version in (node["applied"], node["waits"])}
    )
