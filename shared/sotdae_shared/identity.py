"""What a certificate says of its holder: one DNS name (DESIGN 7).

URI names cannot live under name constraints in OpenSSL, so a node's identity is a DNS name below its city's.
"""

from sotdae_shared.topics import Address

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
