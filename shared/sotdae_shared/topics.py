"""Topic names: the only place that knows a topic string.

``sotdae/v1/{city}/{facility}/{node}/up/{kind}`` and ``.../down/{kind}``; presence is retained on
``.../up/state``.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from sotdae_shared.errors import TopicError, WireError
from sotdae_shared.ids import FacilityId, NodeText
from sotdae_shared.messages import DOWN_KINDS, UP_KINDS, Kind

ROOT = "sotdae/v1"
STATE = "state"
_NODE: TypeAdapter[str] = TypeAdapter(NodeText)


@dataclass(frozen=True, slots=True)
class Address:
    """One node of one facility."""

    facility: FacilityId
    node: str

    @property
    def base(self) -> str:
        """The common start of all topics of this node."""
        return f"{ROOT}/{self.facility.city}/{self.facility}/{self.node}"

    def up(self, kind: Kind) -> str:
        """Topic on which the node sends `kind`."""
        return f"{self.base}/up/{kind}"

    def down(self, kind: Kind) -> str:
        """Topic on which the node receives `kind`."""
        return f"{self.base}/down/{kind}"

    @property
    def state(self) -> str:
        """Topic of the node's retained presence."""
        return f"{self.base}/up/{STATE}"

    @property
    def all_down(self) -> str:
        """Filter for everything the node may be told."""
        return f"{self.base}/down/#"


ALL_UP = f"{ROOT}/+/+/+/up/#"
"""Filter for everything the hub ingests."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A topic, understood. `kind` is None for presence."""

    address: Address
    direction: Literal["up", "down"]
    kind: Kind | None


def parse(topic: str) -> Parsed:
    """Understand a topic.

    Raises:
        TopicError: if it does not follow the scheme or its city is not its facility's.
    """
    words = topic.split("/")
    if len(words) != 7 or "/".join(words[:2]) != ROOT or words[5] not in ("up", "down"):
        raise TopicError(f"topic {topic[:120]!r}: want {ROOT}/<city>/<facility>/<node>/up|down/<kind>")
    try:
        facility = FacilityId(words[3])
        node = _NODE.validate_python(words[4])
    except (WireError, ValidationError) as error:
        raise TopicError(f"topic {topic[:120]!r}: {error}") from error
    if facility.city != words[2]:
        raise TopicError(f"topic {topic[:120]!r}: city {words[2][:40]!r} is not that of {facility}")
    address = Address(facility, node)
    if words[5] == "up":
        return Parsed(address, "up", _kind(words[6], UP_KINDS, topic))
    return Parsed(address, "down", _kind(words[6], DOWN_KINDS, topic))


def _kind(word: str, allowed: frozenset[Kind], topic: str) -> Kind | None:
    if word == STATE and allowed is UP_KINDS:
        return None
    if word in Kind._value2member_map_ and Kind(word) in allowed:
        return Kind(word)
    raise TopicError(f"topic {topic[:120]!r}: {word!r} is not a kind that travels this way")
