"""People who sign policies, and a site that takes theirs."""

from collections.abc import Callable
from dataclasses import replace

from edge.core.people import WALL
from edge.core.plant import SITE, Story
from signing_kit import Signers, draft

from sotdae_edge.core.events import BadPolicy, ClockTold, PolicyCame
from sotdae_edge.core.site import PolicyRules
from sotdae_shared.messages import PolicyBody

_SIGNERS = Signers(40, {"jung": "GG", "oh": "GG", "yoon": "GG", "shin": "41135"})
KEYS, TRUST = _SIGNERS.keys, _SIGNERS.trust
RULED = replace(SITE, policy=PolicyRules(TRUST))
"""The site of the stories, taking policies."""


def drafted(version: int = 1, scope: tuple[str, ...] = ("GG",), **values: float) -> PolicyBody:
    """Return a policy that nobody has signed."""
    return draft(WALL, version, scope, **values)


def by(policy: PolicyBody, *names: str) -> PolicyBody:
    """Return it with these people's signatures."""
    return _SIGNERS.sign(policy, *names)


def good(version: int = 1, **values: float) -> PolicyBody:
    """Return a policy that two people have signed."""
    return by(drafted(version, **values), "jung", "oh")


def _comes(bundle: PolicyBody) -> Callable[[Story], object]:
    return lambda story: story.give(PolicyCame(bundle))


POLICIES: dict[str, Callable[[Story], object]] = {
    "low caution": _comes(good(3, caution_cm=4.0, caution_off_s=60.0)),
    "stricter": _comes(good(5, close_cm=10.0, caution_cm=3.0, predict_from_cm=2.0, repair_s=3600.0)),
    "own file": _comes(good(6)),
    "again": _comes(good(5, close_cm=10.0, caution_cm=3.0, predict_from_cm=2.0, repair_s=3600.0)),
    "older": _comes(good(2, caution_cm=6.0)),
    "same number": _comes(good(5, caution_cm=6.0)),
    "one person": _comes(by(drafted(9, caution_cm=4.0), "jung")),
    "too high": _comes(good(9, close_cm=200.0)),
    "malformed": lambda story: story.give(BadPolicy("version: Field required", "ab" * 32)),
    "review": lambda story: story.give(ClockTold(WALL.timestamp() + 500 * 86_400)),
}
"""Moves of a random story; most of them are refused."""
