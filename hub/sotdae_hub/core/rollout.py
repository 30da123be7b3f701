"""How far a policy has got, and whether it may go on. Nothing here waits, sends or reads a clock.

A ring is a step: the next one begins when every node of this one has the policy in force, or holds it
until its water is gone, and has done so for a while.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from sotdae_hub.core.rings import Member
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import covers

NAMED = 3
"""So many nodes are named in a reason; the status lists them all."""


class State(StrEnum):
    """What a roll-out does."""

    RUNNING = "running"
    FROZEN = "frozen"
    ABORTED = "aborted"
    DONE = "done"


OVER = frozenset({State.ABORTED, State.DONE})


@dataclass(frozen=True, slots=True)
class Rollout:
    """One policy on its way. What is kept on disk is everything but `wet` and `good_since_s`."""

    policy: PolicyBody
    ring_of: Mapping[Member, int]
    abort_percent: float
    soak_s: float
    left_out: frozenset[str] = frozenset()
    """Facilities in the scope that people named: they never get this policy."""
    ring: int = 0
    """The last ring that may have the policy."""
    state: State = State.RUNNING
    why: str = ""
    wet: str | None = None
    """The facility whose water freezes it."""
    good_since_s: float | None = None
    """Since when the whole ring is well; a restart of the hub begins this anew."""

    @property
    def version(self) -> int:
        """The version that it carries."""
        return self.policy.version

    @property
    def rings(self) -> int:
        """How many rings there are; 0 where no node was known."""
        return max(self.ring_of.values(), default=-1) + 1

    def reached(self, member: Member) -> bool:
        """Whether a node's ring has begun."""
        ring = self.ring_of.get(member)
        return ring is not None and ring <= self.ring

    def gives(self, member: Member) -> bool:
        """Whether a node is to have this policy. A finished one is for those, too, that came later."""
        match self.state:
            case State.DONE:
                named = member.facility in self.left_out
                return not named and covers(self.policy, FacilityId(member.facility))
            case State.ABORTED:
                return False
            case _:
                return self.reached(member)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a node now, as far as one version concerns it."""

    heard: Literal["online", "silent", "absent", "gone"]
    """``silent`` was heard since its ring began and is no longer; ``absent`` was not heard since; on ``gone``
    nobody counts any more."""
    applied: int | None = None
    waits: int | None = None
    refused: str | None = None
    """Why it refused this version."""

    def has(self, version: int) -> bool:
        """Whether it has a version in force, or keeps it until its water is gone."""
        return version in (self.applied, self.waits)

    def trouble(self, version: int) -> str | None:
        """Return what speaks against going on, or None."""
        if max(self.applied or 0, self.waits or 0) > version:
            return f"has version {max(self.applied or 0, self.waits or 0)} already"
        if self.heard == "silent":
            return "fell silent"
        return None if self.has(version) or self.refused is None else f"refused: {self.refused}"


ABSENT = Seen("absent")


def step(rollout: Rollout, seen: Mapping[Member, Seen], wet: str | None, now_s: float) -> Rollout:
    """Return the roll-out after a look at its nodes; at most one ring further.

    Args:
        rollout: as it is.
        seen: its nodes; one that is missing counts as absent.
        wet: a facility in its scope that is at caution or above.
        now_s: monotonic seconds.
    """
    if rollout.state in OVER:
        return rollout
    stays = _stays(rollout, seen, wet)
    if stays is not None:
        return replace(_turn(rollout, *stays), wet=wet)
    since_s = now_s if rollout.good_since_s is None else rollout.good_since_s
    if rollout.ring_of and now_s - since_s < rollout.soak_s:
        soaks = _turn(rollout, State.RUNNING, f"{_name(rollout)} is well; {rollout.soak_s:g} s must pass so")
        return replace(soaks, good_since_s=since_s)
    if rollout.ring + 1 >= rollout.rings:
        return _turn(rollout, State.DONE, "")
    return _turn(replace(rollout, ring=rollout.ring + 1), State.RUNNING, "")


def abort(rollout: Rollout, why: str) -> Rollout:
    """Return it stopped for good, unless it is over."""
    return rollout if rollout.state in OVER else _turn(rollout, State.ABORTED, why)


def resume(rollout: Rollout) -> Rollout:
    """Return an aborted roll-out going on at the ring where it stopped."""
    return _turn(rollout, State.RUNNING, "") if rollout.state is State.ABORTED else rollout


def wanted(rollouts: Sequence[Rollout], member: Member) -> Rollout | None:
    """Return the newest policy that a node is to have, of roll-outs by version."""
    return next((each for each in reversed(rollouts) if each.gives(member)), None)


def _turn(rollout: Rollout, state: State, why: str) -> Rollout:
    return replace(rollout, state=state, why=why, wet=None, good_since_s=None)


def _stays(rollout: Rollout, seen: Mapping[Member, Seen], wet: str | None) -> tuple[State, str] | None:
    """Return why it goes no further now: water, then too many that refuse, then who lacks it."""
    if wet is not None:
        return State.FROZEN, f"{wet} is at caution or above"
    spoiled = _spoiled(rollout, seen)
    if spoiled is not None:
        return State.ABORTED, spoiled
    holds = _holds(rollout, seen)
    return None if holds is None else (State.RUNNING, holds)


def _spoiled(rollout: Rollout, seen: Mapping[Member, Seen]) -> str | None:
    """Return why it must stop: too many of some ring that has begun refuse or fell silent."""
    for ring in range(rollout.ring + 1):
        members = _members(rollout, ring, seen)
        bad = {
            member: trouble
            for member in members
            if (trouble := seen.get(member, ABSENT).trouble(rollout.version)) is not None
        }
        if len(bad) * 100 > rollout.abort_percent * len(members):
            named = "; ".join(f"{member} {bad[member]}" for member in list(bad)[:NAMED])
            return f"ring {ring + 1}: {len(bad)} of {len(members)} refuse or fell silent: {named}"
    return None


def _holds(rollout: Rollout, seen: Mapping[Member, Seen]) -> str | None:
    """Return what its newest ring waits for: an answer, or too many that are not heard."""
    members = _members(rollout, rollout.ring, seen)
    now = {member: seen.get(member, ABSENT) for member in members}
    lacking = [m for m in members if now[m].heard != "online" or not now[m].has(rollout.version)]
    asked = [m for m in lacking if now[m].heard == "online" and now[m].trouble(rollout.version) is None]
    if not asked and len(lacking) * 100 <= rollout.abort_percent * len(members):
        return None
    named = ", ".join(str(member) for member in (asked or lacking)[:NAMED])
    what = "have not answered" if asked else "are not heard"
    return f"{_name(rollout)}: {len(asked or lacking)} of {len(members)} {what}: {named}"


def _name(rollout: Rollout) -> str:
    return f"ring {rollout.ring + 1} of {rollout.rings}"


def _members(rollout: Rollout, ring: int, seen: Mapping[Member, Seen]) -> list[Member]:
    there = (member for member, of in rollout.ring_of.items() if of == ring)
    return [member for member in there if seen.get(member, ABSENT).heard != "gone"]
