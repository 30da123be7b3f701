"""Whose policy counts: k of n people, each for a province or a city, over canonical JSON.

The version stands in the signed part; the floor below which nothing is taken stands outside of it, at
each node. Nothing here reads a clock: a policy never stops to apply because of a date.
"""

from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Approval, PolicyBody
from sotdae_shared.signing import PrivateKey, canonical, sign, verify
from sotdae_shared.trust import Signer, Trust

DOMAIN = b"sotdae policy v1\n"
"""Comes before the signed bytes, so that a signature of a policy is one of nothing else."""


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
