"""What the last run left; what cannot be read of it is told, and begun anew."""

import json
from typing import Any

from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.composing.parts import say_lost
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.homes_kept import Kept as KeptHomes
from sotdae_edge.core.site import Site
from sotdae_shared.errors import LinkError, WireError


def read_kept(store: FileState) -> tuple[dict[str, Any], list[str]]:
    """Return the last good state, and what was wrong with what lay there."""
    problems = []
    value: Any = {}
    try:
        raw = store.load()
        value = {} if raw is None else json.loads(raw)
    except (OSError, LinkError, ValueError, RecursionError) as error:
        problems.append(f"the kept state cannot be read: {error}")
    if store.corrupt:
        problems.append("a kept state was corrupt and set aside")
    return (value if isinstance(value, dict) else {}), problems


def restore(site: Site, boot: str, now: float, recorder: Recorder, kept: dict[str, Any]) -> Gate:
    """Start from the last good state; without one, the hazard is assumed unless the arm is proven open."""
    try:
        return Gate.start(site, boot, now, kept or None)
    except WireError as error:
        say_lost(recorder, "state.corrupt", str(error))
        return Gate.start(site, boot, now)


def kept_homes(kept: dict[str, Any], recorder: Recorder) -> KeptHomes:
    """Return what the last run knew of its homes; without it, all are unknown until they are heard."""
    try:
        return KeptHomes.read(kept.get("homes"))
    except WireError as error:
        say_lost(recorder, "state.corrupt", str(error))
        return KeptHomes()


def kept_part(kept: dict[str, Any], name: str, recorder: Recorder) -> dict[str, Any]:
    """Return one part of what the last run kept; what is no table is begun anew, and told."""
    part = kept.get(name) or {}
    if isinstance(part, dict):
        return part
    say_lost(recorder, "state.corrupt", f"the kept {name} are no table: they begin anew")
    return {}
