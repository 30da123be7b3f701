"""`sotdae policy forget`: a node that was taken down for good."""

import json
from typing import Annotated

import typer

from sotdae_edge.panel.terms import language, said
from sotdae_provisioning.policy.at_hub import HubOption, TokenOption
from sotdae_provisioning.policy.hub import Hub
from sotdae_provisioning.policy.options import JsonOption
from sotdae_provisioning.policy.telling import told_whole


def forget(
    facility: Annotated[str, typer.Argument(help="Its facility, such as GG-41113-UP-0007.")],
    node: Annotated[str, typer.Argument(help="Its name, such as gate-41113-up-0007.")],
    hub: HubOption,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the record.", prompt="Reason (--reason)")],
    token_file: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count on a node no more: no roll-out waits for it, and its last word freezes none.

    All that it said stays. Should it be heard again, it counts again. Its papers: sotdae device revoke.

    Example:  sotdae policy forget GG-41113-UP-0007 gate-7 --hub http://127.0.0.1:8080 --reason "torn down"
    """
    with told_whole(as_json=as_json):
        word = Hub(hub, token_file).forget(facility, node, reason)
        text = f"{facility}/{node}: not counted on any more, until it is heard"
        typer.echo(json.dumps(word, ensure_ascii=False) if as_json else said(language(), text))
