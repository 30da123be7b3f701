"""Every parser of outside bytes, by name."""

from fuzz import bridge_parsers, edge_parsers, hub_parsers, record_parsers, shared_parsers
from fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for parsers in (shared_parsers, bridge_parsers, edge_parsers, record_parsers, hub_parsers)
    for target in parsers.TARGETS
}
