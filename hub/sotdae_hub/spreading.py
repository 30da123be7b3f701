"""Spreads policies: looks at the nodes, takes roll-outs on, and tells each node what it is to have.

What a node is told is a hint: it checks the whole policy itself. Each step is on disk before anything is
sent, so that whatever ends the hub, the next start sends what is missing and skips no ring.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sotdae_hub.core.rings import Member
from sotdae_hub.core.rollout import OVER, Rollout, Seen, State, step, wanted
from sotdae_hub.links import Links
from sotdae_hub.ports import Forgotten, KeptRollout, PolicyStore, PolicyVerdict, Records, Twin
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Kind, PolicyBody
from sotdae_shared.policy import covers
from sotdae_shared.topics import Address
from sotdae_shared.wire import encode_down

log = logging.getLogger(__name__)

TURN_S = 1.0
REST_S = 5.0
"""Between two looks while no roll-out is under way."""
AGAIN_S = 60.0
"""A node that still reports an older version is told again this often at most."""
SILENT_S = 60.0
"""A node that was heard in its ring, then not for so long, fell silent; radio links may be gone shorter."""
SENDS = 200
"""At most so many nodes are told in one turn."""
GONE = timedelta(days=30)
"""Who was not heard for so long, though the hub listens, is no longer waited for and freezes nothing."""
WET = frozenset({"caution", "close"})


class Board(Protocol):
    """Where a policy is put up for a node."""

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""

    async def keep(self, topic: str, payload: bytes) -> None:
        """Have the broker keep a node's newest word; an empty one takes it away. Raises LinkError."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is known of all nodes."""

    twins: Mapping[Member, Twin]
    verdicts: Mapping[tuple[Member, int], PolicyVerdict]
    gone: frozenset[Member]
    """Nodes that are no longer counted on; they are told all the same should they come back."""
    forgotten: Mapping[Member, Forgotten]
    """Those of them of whom people said so; who was heard since is no longer among them."""
    flooded: tuple[str, ...]
    """Facilities whose last word was caution or above; one that fell silent so is among them."""

    def gone_from(self, rollout: Rollout) -> frozenset[Member]:
        """Return whom a roll-out need not wait for; nobody, if none else is there."""
        return frozenset() if rollout.ring_of.keys() <= self.gone else self.gone

    def wet(self, policy: PolicyBody) -> str | None:
        """Return a facility in a policy's scope whose last word was caution or above."""
        return next((each for each in self.flooded if covers(policy, FacilityId(each))), None)

    def had(self, member: Member) -> int:
        """Return the highest version that a node says it has, in force or waiting; 0 for none."""
        twin = self.twins.get(member)
        return 0 if twin is None else max(twin.health.policy or 0, twin.health.policy_waits or 0)


@dataclass(frozen=True, slots=True)
class _Told:
    first_s: float
    last_s: float


@dataclass(slots=True)
class Spreader:
    """Runs in the loop; reads and writes in worker threads. `lock` keeps one change at a time."""

    store: PolicyStore
    records: Records
    links: Links
    board: Board
    wall: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    head: Callable[[], int]
    """Where the journal ends."""
    quiet_s: float
    """How long a start of the hub listens for a node before it tells it anything."""
    started_at: datetime
    kept: dict[int, KeptRollout] = field(init=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _told: dict[tuple[int, Member], _Told] = field(default_factory=dict)
    _withdrawn: set[tuple[int, Member]] = field(default_factory=set)
    _begun_s: dict[int, float] = field(default_factory=dict)
    """From when on silence counts: the start of this hub, or the last time that people said go on."""
    _listening_s: float | None = None
    _some: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Go on from what is on disk."""
        self.kept = {each.rollout.version: each for each in self.store.rollouts()}

    @property
    def rollouts(self) -> list[Rollout]:
        """Every roll-out, by version."""
        return [self.kept[version].rollout for version in sorted(self.kept)]

    async def run(self) -> None:
        """Take roll-outs on until cancelled."""
        while True:
            try:
                async with self.lock:
                    await self.turn()
            except LinkError as error:
                log.warning("policies: %s", error)
            idle = self._listening_s is not None and all(each.state in OVER for each in self.rollouts)
            with suppress(TimeoutError):
                async with asyncio.timeout(REST_S if idle else TURN_S):
                    await self._some.wait()
            self._some.clear()

    def begin(self, kept: KeptRollout) -> None:
        """Take up a roll-out that is new, or goes on; it is on disk already."""
        version = kept.rollout.version
        self.kept[version] = kept
        self._begun_s[version] = self.monotonic_s()
        self._told = {key: told for key, told in self._told.items() if key[0] != version}
        self._withdrawn = {key for key in self._withdrawn if key[0] != version}
        self._some.set()

    async def turn_to(self, rollout: Rollout) -> None:
        """Keep a roll-out's new state, then go by it. Raises LinkError."""
        before = self.kept[rollout.version]
        same = (before.rollout.state, before.rollout.ring) == (rollout.state, rollout.ring)
        since = before.since if same else self.wall()
        if not same or before.rollout.why != rollout.why:
            await asyncio.to_thread(self.store.save, rollout, since)
            log.info(
                "policy %d: %s, ring %d: %s", rollout.version, rollout.state, rollout.ring + 1, rollout.why
            )
        self.kept[rollout.version] = replace(before, rollout=rollout, since=since)
        self._some.set()

    async def turn(self) -> None:
        """Look once, and do what that calls for; under the lock. Raises LinkError."""
        now_s = self.monotonic_s()
        if not self.board.connected:
            self._listening_s = None
            return
        self._listening_s = now_s if self._listening_s is None else self._listening_s
        if not self.kept:
            return
        fleet = await asyncio.to_thread(self.look)
        for rollout in (each for each in self.rollouts if each.state not in OVER):
            gone = fleet.gone_from(rollout)
            seen = {
                member: Seen("gone") if member in gone else self._seen(rollout.version, member, fleet, now_s)
                for member in rollout.ring_of
            }
            after = step(rollout, seen, fleet.wet(rollout.policy), now_s)
            if after != rollout:
                await self.turn_to(after)
        await self._withdraw(fleet)
        await self._tell(fleet, now_s)

    def look(self) -> Fleet:
        """Return what is known of all nodes. Blocks. Raises LinkError."""
        twins = {Member(twin.facility, twin.node): twin for twin in self.records.twins()}
        listened = self._listened(self.monotonic_s())
        gone = {node for node, twin in twins.items() if listened and self.wall() - twin.heard_at > GONE}
        forgotten = {word.member: word for word in self.store.forgotten() if self._unheard(word, twins)}
        gone |= forgotten.keys()
        here = twins.keys() - gone
        flooded = sorted({node.facility for node in here if twins[node].health.stage in WET})
        return Fleet(twins, self.store.verdicts(), frozenset(gone), forgotten, tuple(flooded))

    def _unheard(self, word: Forgotten, twins: Mapping[Member, Twin]) -> bool:
        """Whether nothing came of a node since somebody said that it is gone."""
        twin = twins.get(word.member)
        online = self.links.at(_address(word.member)).status == "online"
        return twin is not None and not online and twin.offset <= word.offset

    def must_listen_s(self) -> float | None:
        """Return for how long silence says nothing yet; 0 for no longer, None where no broker is reached."""
        if self._listening_s is None or not self.board.connected:
            return None
        return max(0.0, self.quiet_s - (self.monotonic_s() - self._listening_s))

    def _listened(self, now_s: float) -> bool:
        """Whether whoever is there has had the time to be heard."""
        return self._listening_s is not None and now_s - self._listening_s >= self.quiet_s

    def _seen(self, version: int, member: Member, fleet: Fleet, now_s: float) -> Seen:
        twin = fleet.twins.get(member)
        if twin is None:
            return Seen("absent")
        verdict = fleet.verdicts.get((member, version))
        return Seen(
            self._heard(version, member, twin, now_s), twin.health.policy, twin.health.policy_waits,
            None if verdict is None else verdict.refused,
        )  # fmt: skip

    def _heard(
        self, version: int, member: Member, twin: Twin, now_s: float
    ) -> Literal["online", "silent", "absent"]:
        link = self.links.at(_address(member))
        if link.status == "online":
            return "online" if twin.heard_at >= self.started_at else "absent"
        told = self._told.get((version, member))
        has = version in (twin.health.policy, twin.health.policy_waits)
        after_s = max(self._begun_s.get(version, 0.0), told.first_s if told else 0.0)
        if link.heard_mono_s is None or link.heard_mono_s <= after_s or not (told or has):
            return "absent"
        quiet_s = now_s - max(link.heard_mono_s, self._listening_s or now_s)
        return "silent" if quiet_s > SILENT_S else "absent"

    async def _withdraw(self, fleet: Fleet) -> None:
        """Take down what was stopped, where no node has taken it: who comes back must not find it."""
        rollouts = self.rollouts
        for rollout in (each for each in rollouts if each.state is State.ABORTED):
            for member in (each for each in rollout.ring_of if rollout.reached(each)):
                key, want = (rollout.version, member), wanted(rollouts, member)
                newer = want is not None and want.version > rollout.version
                if key in self._withdrawn or newer or fleet.had(member) >= rollout.version:
                    continue
                await self.board.keep(_address(member).down(Kind.POLICY), b"")
                self._withdrawn.add(key)
                if want is not None:
                    self._told.pop((want.version, member), None)

    async def _tell(self, fleet: Fleet, now_s: float) -> None:
        """Tell the nodes what they lack; nobody in a scope with water, and nobody before it spoke."""
        rollouts, sent = self.rollouts, 0
        wet = {rollout.version: fleet.wet(rollout.policy) for rollout in rollouts}
        for member, twin in fleet.twins.items():
            want = wanted(rollouts, member)
            if want is None or twin.health.policy is None or wet[want.version] is not None:
                continue
            seen = self._seen(want.version, member, fleet, now_s)
            if seen.has(want.version) or seen.trouble(want.version) is not None or sent == SENDS:
                continue
            if self._may_tell(want.version, member, twin, now_s):
                await self.board.keep(_address(member).down(Kind.POLICY), encode_down(want.policy))
                first = self._told.get((want.version, member), _Told(now_s, now_s)).first_s
                self._told[(want.version, member)] = _Told(first, self.monotonic_s())
                sent += 1

    def _may_tell(self, version: int, member: Member, twin: Twin, now_s: float) -> bool:
        told = self._told.get((version, member))
        if told is None:
            return twin.heard_at >= self.started_at or self._listened(now_s)
        online = self.links.at(_address(member)).status == "online"
        return online and now_s - told.last_s >= AGAIN_S


def _address(member: Member) -> Address:
    return Address(FacilityId(member.facility), member.node)
