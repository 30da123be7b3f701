"""What a deny list takes away: keys that count no more, and, when it is old, every signed opening (DESIGN 7).

Where none is told yet, nothing signed counts: an opening, a bypass or a test is refused, a policy waits.

It never takes a close away. Closing is the safe direction, and whoever can write the list must not be able
to keep a road open; a key that shall not close either is taken off the roster.
"""

from collections.abc import Iterable
from dataclasses import replace

from sotdae_edge.core.events import DenyTold
from sotdae_edge.core.site import Person, Site
from sotdae_shared.denied import MAX_AGE
from sotdae_shared.messages import CommandBody
from sotdae_shared.trust import Signer

MAX_AGE_S = MAX_AGE.total_seconds()
UNTOLD = "no deny list: whose keys still count is not known"


def newest(held: DenyTold | None, told: DenyTold) -> DenyTold:
    """Return the list that counts: never an older one after a newer, and the highest floor."""
    if held is None:
        return told
    newer = told if told.version >= held.version else held
    return replace(newer, policy_floor=max(told.policy_floor, held.policy_floor))


def untold(site: Site, told: DenyTold | None) -> bool:
    """Tell whether a site that wants a list has none: then nobody's key counts, but for a close."""
    return site.deny_list and told is None


def void(signers: Iterable[Person | Signer], told: DenyTold | None) -> list[str]:
    """Return the names of the keys among these that count no more."""
    return [] if told is None else [each.key for each in signers if each.public.lower() in told.keys]


def objection(
    command: CommandBody, signers: list[Person], site: Site, told: DenyTold | None, wall_s: float
) -> str | None:
    """Return what the deny list has against an order; nothing against a close."""
    if command.target == "close":
        return None
    if keys := void(signers, told):
        return f"denied key {', '.join(keys)}"
    if untold(site, told):
        return UNTOLD
    if command.target != "open" or told is None or not site.deny_list:
        return None
    age_s = wall_s - told.issued_s
    if age_s > MAX_AGE_S:
        return f"deny list {told.version} is {age_s / 86_400:.1f} days old: more than {MAX_AGE.days}"
    return None


def remark(signers: list[Person], told: DenyTold | None) -> str:
    """Return what is noted beside an order that is taken all the same."""
    keys = void(signers, told)
    return f"; on the deny list: {', '.join(keys)}" if keys else ""
