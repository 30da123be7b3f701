"""Every parser of outside bytes, by name."""

from fuzz import (
    access_parsers,
    bridge_parsers,
    edge_parsers,
    hub_parsers,
    modbus_parser,
    office_parsers,
    policy_parsers,
    record_parsers,
    shared_parsers,
    walk_parsers,
)
from fuzz.target import Target

_FAMILIES = (
    shared_parsers, bridge_parsers, modbus_parser, edge_parsers, access_parsers, record_parsers, hub_parsers,
    office_parsers, policy_parsers, walk_parsers,
)  # fmt: skip
TARGETS: dict[str, Target] = {target.name: target for family in _FAMILIES for target in family.TARGETS}
