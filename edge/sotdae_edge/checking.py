"""`check-config` of both agents: every problem of a file, or what the agent would make of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sotdae_edge.core.policy import allowed
from sotdae_edge.core.site import Site
from sotdae_edge.ending import end
from sotdae_edge.fitting import fitted_city, fitted_gate
from sotdae_edge.panel.terms import language, said, worded
from sotdae_shared.errors import ConfigError

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The agent's TOML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def check_gate(config: ConfigPath, as_json: AsJson = False) -> None:
    """Check a gate's file and list every problem. Exit code 2 if there is one.

    Example:  sotdae gate check-config --config /etc/sotdae/gate.toml
    """
    try:
        site = fitted_gate(config).site
    except ConfigError as error:
        end(error if as_json else worded(language(), error), as_json=as_json)
    answer = {
        "ok": True, "facility": site.facility, "lead_s": round(site.lead_s, 1),
        "policy": None if site.policy is None else allowed(site),
    }  # fmt: skip
    text = f"OK: {site.facility} closes {site.lead_s:.0f} s ahead of {site.levels.unsafe_cm:g} cm"
    told = "\n".join(said(language(), line) for line in (text, *_policy(site)))
    typer.echo(json.dumps(answer) if as_json else told)


def _policy(site: Site) -> Iterator[str]:
    """Yield what a signed policy may set at a site."""
    if site.policy is None:
        yield "policies: none is taken; there is no [policy] section"
        return
    trust = site.policy.trust
    yield f"policies: {trust.needed} of {len(trust.signers)} people sign one; it may set"
    yield from (f"  {name} from {least:g} to {most:g}" for name, (least, most) in allowed(site).items())


def check_city(config: ConfigPath, as_json: AsJson = False) -> None:
    """Check a city agent's file and list every problem. Exit code 2 if there is one.

    Example:  sotdae city check-config --config /etc/sotdae/city.toml
    """
    try:
        found = fitted_city(config)
    except ConfigError as error:
        end(error if as_json else worded(language(), error), as_json=as_json)
    answer = {"ok": True, "facility": found.facility.id, "homes": len(found.homes)}
    text = f"OK: {found.facility.id}, {len(found.homes)} homes"
    typer.echo(json.dumps(answer) if as_json else said(language(), text))
