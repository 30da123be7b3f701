"""Policies as people publish, watch, stop and resume them. The hub has no signer's key: it can forge none."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from sotdae_hub.core.rings import Member, rings_of
from sotdae_hub.core.rollout import OVER, Rollout, State, abort, resume, wanted
from sotdae_hub.ports import KeptRollout
from sotdae_hub.spreading import Fleet, Spreader
from sotdae_hub.views import PolicyNode, PolicyStatus, PolicyView, RolloutView
from sotdae_shared.errors import SotdaeError
from sotdae_shared.ids import FacilityId, FacilityText
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import covers, unsigned
from sotdae_shared.topics import Address
from sotdae_shared.trust import Trust

NOBODY = "no gate there that takes policies is heard yet; publish when `sotdae policy status` shows its gates"
"""Published to nobody it would be done at once, and go to each who comes later with no ring before it."""
Percent = Annotated[FiniteFloat, Field(gt=0, le=100)]


class UntrustedPolicyError(SotdaeError):
    """The signatures do not suffice."""


class PolicyConflictError(SotdaeError):
    """It does not fit what was published or what the nodes have."""


class UnknownPolicyError(SotdaeError):
    """No policy of this version was published here."""


class Publication(BaseModel):
    """A signed policy, and how it is to go out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: PolicyBody
    rings: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=16)] = (1, 10, 50, 100)
    """Percent of the facilities that have it after each ring."""
    canary: Annotated[tuple[FacilityText, ...], Field(max_length=100)] = ()
    """Facilities that have it before all others."""
    leave_out: Annotated[tuple[FacilityText, ...], Field(max_length=100)] = ()
    """Facilities that never get it and are not counted, as where a node reports a version that cannot be."""
    abort_percent: Annotated[FiniteFloat, Field(ge=0, le=100)] = 5
    """It stops when more than this share of a ring refuses or falls silent."""
    soak_s: Annotated[FiniteFloat, Field(ge=0, le=604_800)] = 300
    """How long a ring must be well before the next one begins."""

    @model_validator(mode="after")
    def _rising(self) -> "Publication":
        if list(self.rings) != sorted(set(self.rings)) or self.rings[-1] != 100:
            raise ValueError("rings: want rising percents that end with 100, such as 1, 10, 50, 100")
        return self


@dataclass(frozen=True, slots=True)
class Policies:
    """What the API does with policies."""

    spreader: Spreader
    trust: Trust | None

    async def publish(self, asked: Publication) -> RolloutView:
        """Take a policy and begin its roll-out; it replaces one that is still going out to the same nodes.

        Raises:
            UntrustedPolicyError: if people who may sign for its scope have not signed it.
            PolicyConflictError: if its version is not above all that its gates have had, or none is heard.
            LinkError: if it cannot be kept.
        """
        spreader, policy = self.spreader, asked.policy
        if self.trust is None:
            raise PolicyConflictError("this hub knows no signers: its file needs a [policy] section")
        reason = unsigned(policy, self.trust)
        if reason is not None:
            raise UntrustedPolicyError(reason)
        async with spreader.lock:
            fleet = await asyncio.to_thread(spreader.look)
            left_out = frozenset(asked.leave_out)
            everybody = _takers(policy, fleet)
            nodes = [
                node for node in everybody if node.facility not in left_out and node not in fleet.forgotten
            ]
            self._check_version(policy, nodes, fleet)
            counted = [node for node in nodes if node not in fleet.gone]
            if not counted:
                raise PolicyConflictError(f"scope {', '.join((*policy.scope, *policy.types))}: {NOBODY}")
            _check_names("canary", asked.canary, counted)
            _check_names("leave_out", left_out, everybody)
            for older in self._replaced(policy):
                await spreader.turn_to(abort(older, f"version {policy.version} replaces it"))
            rings = rings_of(policy.version, counted, asked.rings, asked.canary)
            at = spreader.wall()
            rollout = Rollout(policy, rings, asked.abort_percent, asked.soak_s, left_out)
            kept = KeptRollout(rollout, at, at)
            await asyncio.to_thread(spreader.store.publish, rollout, at)
            spreader.begin(kept)
        return _rollout_view(kept)

    async def abort(self, version: int) -> RolloutView:
        """Stop a roll-out: nobody else is told. Raises UnknownPolicyError, PolicyConflictError, LinkError."""
        async with self.spreader.lock:
            rollout = self._of(version).rollout
            if rollout.state is State.DONE:
                raise PolicyConflictError(f"version {version} is everywhere: a newer version can replace it")
            await self.spreader.turn_to(abort(rollout, "stopped by an operator"))
        return _rollout_view(self._of(version))

    async def resume(self, version: int) -> RolloutView:
        """Go on at the ring where it stopped; who refused is asked again.

        Raises:
            UnknownPolicyError: if there is no such version.
            PolicyConflictError: if it is not stopped, or a newer one came after it.
            LinkError: if it cannot be kept.
        """
        async with self.spreader.lock:
            before = self._of(version)
            if before.rollout.state is not State.ABORTED:
                raise PolicyConflictError(f"version {version} is {before.rollout.state}, not aborted")
            for other in self.spreader.rollouts:
                if other.version > version and overlap(other.policy, before.rollout.policy):
                    raise PolicyConflictError(f"version {other.version} came after it")
            at = self.spreader.wall()
            kept = KeptRollout(resume(before.rollout), before.published_at, at)
            await asyncio.to_thread(self.spreader.store.resume, kept.rollout, at)
            self.spreader.begin(kept)
        return _rollout_view(kept)

    def policies(self) -> list[PolicyView]:
        """Return every policy, the newest first."""
        newest = sorted(self.spreader.kept.items(), reverse=True)
        return [PolicyView(policy=each.rollout.policy, rollout=_rollout_view(each)) for _, each in newest]

    def status(self) -> PolicyStatus:
        """Return how far each policy is and what each node has. Blocks. Raises LinkError."""
        fleet, rollouts = self.spreader.look(), self.spreader.rollouts
        counted = {member for rollout in rollouts for member in rollout.ring_of}
        takers = {member for member, twin in fleet.twins.items() if twin.health.policy is not None}
        return PolicyStatus(
            rollouts=tuple(view.rollout for view in self.policies()),
            nodes=tuple(self._node(member, rollouts, fleet) for member in sorted(counted | takers)),
        )

    def _node(self, member: Member, rollouts: list[Rollout], fleet: Fleet) -> PolicyNode:
        twin, want = fleet.twins.get(member), wanted(rollouts, member)
        counts = next((each for each in reversed(rollouts) if member in each.ring_of), None)
        told = max((each for each in (want, counts) if each), key=lambda each: each.version, default=None)
        verdict = None if told is None else fleet.verdicts.get((member, told.version))
        address, word = Address(FacilityId(member.facility), member.node), fleet.forgotten.get(member)
        return PolicyNode(
            facility=member.facility,
            node=member.node,
            link=self.spreader.links.at(address).status,
            desired=None if want is None else want.version,
            applied=None if twin is None else twin.health.policy,
            waits=None if twin is None else twin.health.policy_waits,
            refused=None if verdict is None else verdict.refused,
            since=None if verdict is None else verdict.at,
            ring=None if counts is None else counts.ring_of[member] + 1,
            forgotten=None if word is None else f"{word.by}: {word.reason}",
        )

    def _of(self, version: int) -> KeptRollout:
        if version not in self.spreader.kept:
            raise UnknownPolicyError(f"no policy of version {version} was published here")
        return self.spreader.kept[version]

    def _check_version(self, policy: PolicyBody, nodes: list[Member], fleet: Fleet) -> None:
        """Raise PolicyConflictError unless it is above what is published here and what these nodes report."""
        if policy.version in self.spreader.kept:
            raise PolicyConflictError(f"version {policy.version} was published already")
        for other in reversed(self.spreader.rollouts):
            if other.version > policy.version and overlap(other.policy, policy):
                raise PolicyConflictError(f"version {policy.version} is not above {other.version} before it")
        for member in nodes:
            had = fleet.had(member)
            if had >= policy.version:
                raise PolicyConflictError(
                    f"version {policy.version} is not above {had}, which {member} has: take a higher one, "
                    f"or if it cannot be so, publish with --leave-out {member.facility}"
                )

    def _replaced(self, policy: PolicyBody) -> list[Rollout]:
        """Return what a policy replaces. Raises PolicyConflictError where others would be left half way."""
        found = [
            each for each in self.spreader.rollouts if each.state not in OVER and overlap(each.policy, policy)
        ]
        for each in found:
            left = [node for node in each.ring_of if not covers(policy, FacilityId(node.facility))]
            if left:
                raise PolicyConflictError(
                    f"version {each.version} is still going out, to {left[0]} too: abort it first, or wait"
                )
        return found


def overlap(one: PolicyBody, other: PolicyBody) -> bool:
    """Tell whether two policies may speak to the same facility."""
    return not set(one.types).isdisjoint(other.types) and any(
        _holds(a, b) or _holds(b, a) for a in one.scope for b in other.scope
    )


def _holds(wide: str, narrow: str) -> bool:
    """Tell whether an entry of a scope holds another. A city's code does not say its province: it may."""
    if len(wide) == 2:
        return narrow == wide or narrow.isdigit() or narrow.startswith(f"{wide}-")
    return wide == narrow or (len(narrow) > 5 and narrow.split("-")[1] == wide)


def _takers(policy: PolicyBody, fleet: Fleet) -> list[Member]:
    """Return the nodes in a policy's scope that take policies, by name."""
    return sorted(
        member
        for member, twin in fleet.twins.items()
        if twin.health.policy is not None and covers(policy, FacilityId(member.facility))
    )


def _check_names(term: str, named: Iterable[str], nodes: list[Member]) -> None:
    """Raise PolicyConflictError unless each facility has one of the nodes."""
    strange = set(named) - {node.facility for node in nodes}
    if strange:
        raise PolicyConflictError(f"{term} {min(strange)}: no node there takes this policy")


def _rollout_view(kept: KeptRollout) -> RolloutView:
    rollout, policy = kept.rollout, kept.rollout.policy
    sizes = [0] * rollout.rings
    for ring in rollout.ring_of.values():
        sizes[ring] += 1
    return RolloutView(
        version=policy.version,
        state=rollout.state.value,
        why=rollout.why,
        frozen_by=rollout.wet,
        since=kept.since,
        ring=rollout.ring + 1,
        rings=tuple(sizes),
        abort_percent=rollout.abort_percent,
        soak_s=rollout.soak_s,
        left_out=tuple(sorted(rollout.left_out)),
        published_at=kept.published_at,
        scope=policy.scope,
        reason=policy.reason,
        review_by=policy.review_by,
    )
