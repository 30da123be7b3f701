"""What a certificate says of its holder: one DNS name (DESIGN 7).

URI names cannot live under name constraints in OpenSSL, so a node's identity is a DNS name below its city's.
"""

import re

from sotdae_shared.cities import city_of
from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

PROVINCE = "GG"
"""Gyeonggi: where a facility's id begins."""
_NODE = re.compile(r"([a-z0-9][a-z0-9-]{0,47})\.([a-z]{2}-[0-9]{4})\.([0-9]{5})\.sotdae\.internal")

DOMAIN = "sotdae.internal"
"""Names here are never looked up; they only stand in certificates."""


def city_subtree(city: str) -> str:
    """Return the names that a city's authority may give: the five-digit code and everything below."""
    return f"{city}.{DOMAIN}"


def identity_of(address: Address) -> str:
    """Return a node's name, such as ``gate-1.up-0007.41113.sotdae.internal``."""
    _, city, kind, number = address.facility.lower().split("-")
    return f"{address.node}.{kind}-{number}.{city_subtree(city)}"


def service_of(service: str) -> str:
    """Return the name of a part of the hub, such as ``ingest.hub.sotdae.internal``."""
    return f"{service}.hub.{DOMAIN}"


def address_from(facility: str, node: str) -> Address:
    """Return a node's address from two words. WireError: which one is wrong, and what is wanted."""
    address = Address(FacilityId(facility), node)
    if address_of(identity_of(address)) != address:
        raise WireError(f"node {node[:40]!r}: want lower-case letters, digits, hyphens; at most 48; of GG")
    return address


def no_scope(text: str) -> str | None:
    """Return why a text is neither ``GG``, a city's code nor a facility of a city; None if it is one."""
    if text == PROVINCE:
        return None
    try:
        code = text if text.isdigit() else FacilityId(text).city
    except WireError:
        return "want GG-41113-UP-0007 (a facility), 41113 (a city) or GG"
    if city_of(code) is None:
        return f"no city or county of this province has the code {code[:40]}"
    return None


def address_of(name: str) -> Address | None:
    """Return the node that a name names; None if it is not a node's name."""
    found = _NODE.fullmatch(name)
    if found is None:
        return None
    node, facility, city = found.groups()
    try:
        return Address(FacilityId(f"{PROVINCE}-{city}-{facility.upper()}"), node)
    except WireError:
        return None
