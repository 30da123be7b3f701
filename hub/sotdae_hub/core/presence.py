"""Who is heard. Liveness is the age of the last live message, never a retained word."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sotdae_shared.messages import StateBody


@dataclass(frozen=True, slots=True)
class NodeLink:
    """Whether one node is heard."""

    status: Literal["online", "unknown"] = "unknown"
    since: datetime | None = None
    """When the status began: for `unknown` the last time it was heard; None if it never was."""
    heard_at: datetime | None = None
    heard_mono_s: float | None = None
    session: str | None = None
    """The session its retained word last announced."""


def remembered(heard_at: datetime | None) -> NodeLink:
    """Start after a pause of the hub: nothing is known since the node was last heard."""
    return NodeLink(since=heard_at, heard_at=heard_at)


def heard(link: NodeLink, at: datetime, mono_s: float) -> NodeLink:
    """Take note of a live message; `at` is the hub's clock."""
    since = link.since if link.status == "online" else at
    return replace(link, status="online", since=since, heard_at=at, heard_mono_s=mono_s)


def announced(link: NodeLink, state: StateBody, retained: bool) -> NodeLink:
    """Take note of a node's word about itself. It can end a session, but never prove one alive.

    An `offline` of another session is a late will of a connection that was already replaced.
    """
    if state.status == "online":
        return replace(link, session=state.session)
    if not retained and link.session in (None, state.session):
        return _silent(link)
    return link


def tick(link: NodeLink, mono_s: float, silent_after_s: float) -> NodeLink:
    """Let time pass: silence for `silent_after_s` seconds is `unknown`."""
    if link.status == "online" and (link.heard_mono_s is None or mono_s - link.heard_mono_s > silent_after_s):
        return _silent(link)
    return link


def _silent(link: NodeLink) -> NodeLink:
    if link.status == "unknown":
        return link
    return replace(link, status="unknown", since=link.heard_at)
