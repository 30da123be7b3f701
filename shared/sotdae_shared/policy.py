"""Whose policy counts: k of n people, each for a province or a city, over canonical JSON.

The version stands in the signed part; the floor below which nothing is taken stands outside of it, at
each node. Nothing here reads a clock: a policy never stops to apply because of a date.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Approval, PolicyBody
from sotdae_shared.signing import PrivateKey, canonical, sign, verify

DOMAIN = b"sotdae policy v1\n"
"""Comes before the signed bytes, so that a signature of a policy is one of nothing else."""
_STRICT = ConfigDict(frozen=True, extra="forbid")


class Signer(BaseModel):
    """Somebody whose signature under a policy counts, and where."""

    model_config = _STRICT

    key: Annotated[str, Field(min_length=1, max_length=64)]
    public: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    scope: Annotated[str, Field(pattern=r"^([A-Z]{2}|[0-9]{5})$")]
    """The province (``GG``), or the code of the one city whose facilities they may rule."""


class Trust(BaseModel):
    """How many of whom must sign. The file of a gate or hub holds it; no policy can change it."""

    model_config = _STRICT

    needed: Annotated[int, Field(ge=2, le=8)] = 2
    signers: Annotated[tuple[Signer, ...], Field(min_length=2, max_length=64)]

    @model_validator(mode="after")
    def _distinct(self) -> "Trust":
        for what in ("key", "public", "name"):
            if len({getattr(signer, what).lower() for signer in self.signers}) < len(self.signers):
                raise ValueError(f"policy.signers: two have the same {what}; one person is one signature")
        if self.needed > len(self.signers):
            raise ValueError(f"policy.needed: {self.needed} of {len(self.signers)} signers can never sign")
        return self


def signed_bytes(policy: PolicyBody) -> bytes:
    """Return what people sign: the whole policy without its approvals, and without what it does not set.

    So a value that a later release learns to set changes nothing of what was signed before.
    """
    return DOMAIN + canonical(policy.model_dump(mode="json", exclude={"approvals"}, exclude_none=True))


def approve(policy: PolicyBody, key: str, private: PrivateKey) -> PolicyBody:
    """Return the policy with one more approval; an older one of the same key is replaced."""
    others = tuple(approval for approval in policy.approvals if approval.key != key)
    mine = Approval(key=key, signature=sign(private, signed_bytes(policy)))
    return policy.model_copy(update={"approvals": (*others, mine)})


def covers(policy: PolicyBody, facility: FacilityId) -> bool:
    """Tell whether a policy speaks to a facility."""
    names = {facility.split("-")[0], facility.city, str(facility)}
    return facility.type in policy.types and not names.isdisjoint(policy.scope)


def unsigned(policy: PolicyBody, trust: Trust) -> str | None:
    """Return why a policy's signatures do not suffice, or None if they do.

    One bad approval refuses the whole: whoever spoiled it is not to choose which of the rest count.
    """
    if not policy.approvals:
        return "unsigned"
    known, data = {signer.key: signer for signer in trust.signers}, signed_bytes(policy)
    people = set()
    for approval in policy.approvals:
        signer = known.get(approval.key)
        if signer is None:
            return f"unknown key {approval.key}"
        if not all(_rules(signer, scope) for scope in policy.scope):
            return f"{signer.name} may sign for {signer.scope} only"
        if not verify(signer.public, data, approval.signature):
            return f"bad signature of {approval.key}"
        people.add(signer.key)
    if len(people) < trust.needed:
        return f"signed by {len(people)} of {trust.needed} people"
    return None


def refusal(policy: PolicyBody, trust: Trust, facility: FacilityId, floor: int) -> str | None:
    """Return why a facility must not take a policy, or None: its address, its signatures, its version."""
    if not covers(policy, facility):
        return f"other scope: it does not speak to {facility}"
    reason = unsigned(policy, trust)
    if reason is not None:
        return reason
    if policy.version <= floor:
        return f"version {policy.version} is not above {floor}"
    return None


def _rules(signer: Signer, scope: str) -> bool:
    """Tell whether somebody may sign for an entry of a scope."""
    if len(signer.scope) == 2:
        return scope == signer.scope or scope.isdigit() or scope.startswith(f"{signer.scope}-")
    return scope == signer.scope or (len(scope) > 5 and scope.split("-")[1] == signer.scope)
