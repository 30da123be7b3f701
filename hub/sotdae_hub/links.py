"""Which nodes are heard, kept in the loop; told by the writer and by a tick."""

from collections.abc import Callable, Iterable

from sotdae_hub.core.ingest import Accepted, Presence, Quarantined, Verdict
from sotdae_hub.core.presence import NodeLink, announced, heard, remembered, tick
from sotdae_hub.ports import Arrival, Twin
from sotdae_hub.views import Link
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address


class Links:
    """One NodeLink per node. Changed in the loop only; read from anywhere."""

    def __init__(
        self, silent_after_s: float, monotonic_s: Callable[[], float], twins: Iterable[Twin]
    ) -> None:
        """Start with what was last heard before the hub stopped: unknown since then."""
        self._silent_after_s = silent_after_s
        self._monotonic_s = monotonic_s
        self._links: dict[str, dict[Address, NodeLink]] = {}
        for twin in twins:
            self._put(Address(FacilityId(twin.facility), twin.node), remembered(twin.heard_at))

    def take(self, batch: Iterable[tuple[Arrival, Verdict]]) -> set[str]:
        """Note a batch; return the facilities whose status changed."""
        changed = set()
        now_s = self._monotonic_s()
        for arrival, verdict in batch:
            match verdict:
                case Presence(address, state):
                    link = announced(self._get(address), state, arrival.retained)
                case Accepted() | Quarantined() if not arrival.retained:
                    address = Address(FacilityId(verdict.header.facility), verdict.header.node)
                    link = heard(self._get(address), arrival.at, now_s)
                case _:
                    continue
            changed |= self._put(address, link)
        return changed

    def tick(self) -> set[str]:
        """Let time pass; return the facilities whose status changed."""
        now_s = self._monotonic_s()
        changed = set()
        for nodes in self._links.values():
            for address, link in nodes.items():
                changed |= self._put(address, tick(link, now_s, self._silent_after_s))
        return changed

    def online(self, facility: str) -> list[Address]:
        """Return the nodes of a facility that are online, the last heard first."""
        nodes = self._links.get(facility, {}).copy()
        online = [(link.heard_mono_s or 0.0, address) for address, link in nodes.items() if _up(link)]
        return [address for _, address in sorted(online, key=lambda each: each[0], reverse=True)]

    def at(self, address: Address) -> NodeLink:
        """Return the link of one node."""
        return self._get(address)

    def facilities(self) -> set[str]:
        """Return every facility that was ever heard or announced."""
        return set(self._links.copy())

    def of(self, facility: str) -> Link:
        """Return the link of a facility: online if one of its nodes is."""
        links = list(self._links.get(facility, {}).copy().values())
        online = [link.since for link in links if _up(link) and link.since is not None]
        known = [link.since for link in links if link.since is not None]
        since = min(online) if online else max(known, default=None)
        last = max((link.heard_at for link in links if link.heard_at is not None), default=None)
        return Link(status="online" if online else "unknown", since=since, last_heard=last)

    def _get(self, address: Address) -> NodeLink:
        return self._links.get(address.facility, {}).get(address, NodeLink())

    def _put(self, address: Address, link: NodeLink) -> set[str]:
        facility = str(address.facility)
        nodes = self._links.setdefault(facility, {})
        before = nodes.get(address)
        nodes[address] = link
        return set() if before is not None and before.status == link.status else {facility}


def _up(link: NodeLink) -> bool:
    return link.status == "online"
