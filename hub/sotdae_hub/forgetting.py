"""Nodes that people took down for good: policies count on them no more, until they are heard again."""

import asyncio
import logging
from math import ceil
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sotdae_hub.core.rings import Member
from sotdae_hub.ports import Forgotten
from sotdae_hub.spreading import Spreader
from sotdae_hub.views import ForgottenView
from sotdae_shared.errors import LinkError, SotdaeError
from sotdae_shared.ids import FacilityId, FacilityText, NodeText
from sotdae_shared.topics import Address

log = logging.getLogger(__name__)


class UnknownNodeError(SotdaeError):
    """No such node was ever heard."""


class StillHeardError(SotdaeError):
    """The node is there."""


class Forgetting(BaseModel):
    """A node that is gone for good, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facility: FacilityText
    node: NodeText
    reason: Annotated[str, Field(min_length=1, max_length=500)]


async def forget(spreader: Spreader, asked: Forgetting, by: str) -> ForgottenView:
    """Count on a node no more: it is not waited for, and its last word freezes nothing. Its records stay.

    Raises:
        UnknownNodeError: if it was never heard.
        StillHeardError: if it is heard.
        LinkError: if it cannot be kept, or the hub has not listened for long enough to know.
    """
    member, address = Member(asked.facility, asked.node), Address(FacilityId(asked.facility), asked.node)
    async with spreader.lock:
        fleet = await asyncio.to_thread(spreader.look)
        if member not in fleet.twins:
            raise UnknownNodeError(f"no node {member} was ever heard")
        if spreader.links.at(address).status == "online":
            raise StillHeardError(f"{member} is heard: switch it off first")
        _must_have_listened(spreader, member)
        word = Forgotten(member, spreader.wall(), by, asked.reason, spreader.head())
        await asyncio.to_thread(spreader.store.forget, word)
    log.info("%s is not counted on any more, says %s: %s", member, by, asked.reason)
    return _view(word)


def _must_have_listened(spreader: Spreader, member: Member) -> None:
    """Raise LinkError while a node that is there could not have been heard: just after a start, say."""
    wait_s = spreader.must_listen_s()
    if wait_s is None:
        raise LinkError(f"whether {member} is gone cannot be known: this hub does not hear the broker")
    if wait_s > 0:
        raise LinkError(f"whether {member} is gone shows in {ceil(wait_s)} s: this hub just began to listen")


def forgotten(spreader: Spreader) -> list[ForgottenView]:
    """Return who said of which node that it is gone, the newest first. Blocks. Raises LinkError."""
    return [_view(word) for word in reversed(spreader.store.forgotten())]


def _view(word: Forgotten) -> ForgottenView:
    return ForgottenView(
        facility=word.member.facility, node=word.member.node, at=word.at, by=word.by, reason=word.reason
    )
