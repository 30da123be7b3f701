"""People who sign policies, and what they sign. Their keys are in memory; with files: `policy_kit`."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues
from sotdae_shared.policy import approve
from sotdae_shared.signing import PrivateKey, private_of, public_of
from sotdae_shared.trust import Signer, Trust

UNDERPASS = (FacilityType.UNDERPASS,)


class Signers:
    """People by the scope in which each may sign, and one more, mallory, whom nobody trusts."""

    def __init__(self, seed: int, scopes: Mapping[str, str]) -> None:
        names = (*scopes, "mallory")
        self.keys: dict[str, PrivateKey] = {
            name: private_of(bytes([seed + at]) * 32) for at, name in enumerate(names)
        }
        self.trust = Trust(
            signers=tuple(
                Signer(key=name, public=public_of(self.keys[name]), name=name.title(), scope=scope)
                for name, scope in scopes.items()
            )
        )

    def sign(self, draft: PolicyBody, *names: str) -> PolicyBody:
        """Return it with these people's signatures."""
        for name in names:
            draft = approve(draft, name, self.keys[name])
        return draft


def draft(
    at: datetime, version: int, scope: tuple[str, ...] = ("GG",),
    types: tuple[FacilityType, ...] = UNDERPASS, **values: float,
) -> PolicyBody:  # fmt: skip
    """Return a policy that nobody has signed, good for a year."""
    return PolicyBody(
        version=version, scope=scope, types=types, issued_at=at, review_by=at + timedelta(days=365),
        reason="rainy season", values=PolicyValues(**values),
    )  # fmt: skip
