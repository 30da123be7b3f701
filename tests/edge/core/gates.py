"""Gates in a situation of one's choice."""

from dataclasses import replace
from typing import Any

from edge.core.plant import BOOT, SITE, Plant, Story

from sotdae_edge.core.barrier import State
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.memento import Incident
from sotdae_edge.core.site import Approach, Site

FLOOD = Incident("flood-1", "level", "radar", ("why",), 5)
NORTH, SOUTH, OUT = Approach("north"), Approach("south"), Approach("out", "exit")
WIDE = replace(SITE, approaches=(NORTH, SOUTH, OUT))


def quiet(site: Site = SITE, **plant: Any) -> Story:
    """Return a gate that has seen its plant for four seconds; `plant` says what it reads."""
    story = Story(site, plant=Plant(**plant))
    story.run(4.0)
    return story


def placed(*states: State) -> Gate:
    """Return a gate whose approaches are in these states."""
    gate = Gate.start(WIDE, BOOT, 0.0)
    for at, (way, state) in enumerate(zip(gate.approaches, states, strict=True)):
        way.state, way.entered = state, 10.0 * at
    return gate
