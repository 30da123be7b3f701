"""What is wrong with a policy before anybody signs it: by the same rules by which each gate judges it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sotdae_edge.core.policy import RIVER, given, limit_of, problems
from sotdae_edge.core.site import Site
from sotdae_edge.replay.layout import BUILT_IN
from sotdae_shared.identity import no_scope
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import covers

REVIEW_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a policy at a place: a site's file, or the policy itself."""

    place: str
    weight: Literal["wrong", "warning"]
    text: str


def findings(
    name: str, policy: PolicyBody, sites: Sequence[tuple[str, Site]], now: datetime
) -> list[Finding]:
    """Return all that is to be said of a policy, at each site's file; without one, at a plain underpass."""
    found = [Finding(name, "wrong", text) for text in strange(policy.scope)]
    found += [Finding(name, "warning", text) for text in _doubts(policy, now)]
    if not sites:
        plain = policy.model_copy(update={"values": policy.values.model_copy(update=dict.fromkeys(RIVER))})
        found += [Finding(name, "wrong", text) for text in at_site(BUILT_IN, plain)]
    for place, site in sites:
        if covers(policy, FacilityId(site.facility)):
            found += [Finding(place, "wrong", text) for text in at_site(site, policy)]
        else:
            text = f"the policy does not speak to {site.facility}: scope {', '.join(policy.scope)}"
            found.append(Finding(place, "warning", f"{text}, types {', '.join(policy.types)}"))
    return found


def at_site(site: Site, policy: PolicyBody) -> list[str]:
    """Return why a site would refuse a policy whole, each with what mends it; signatures apart."""
    return [f"{problem}{_mend(site, policy, problem)}" for problem in problems(site, policy)]


def hopeless(policy: PolicyBody) -> list[str]:
    """Return what nobody should sign: values beyond the limits of every gate, places that are not there."""
    weaker = (text for text in at_site(BUILT_IN, policy) if text.startswith("weaker than interlock"))
    return [*strange(policy.scope), *weaker]


def strange(scope: Iterable[str]) -> list[str]:
    """Return what a scope names that cannot be there, such as a city by a code that none has."""
    reasons = {entry: no_scope(entry) for entry in scope}
    return [f"scope: {entry}: {reason}" for entry, reason in reasons.items() if reason is not None]


def _mend(site: Site, policy: PolicyBody, problem: str) -> str:
    """Return what would mend a value that is beyond its bounds."""
    bounds = {} if site.policy is None else site.policy.bounds
    for name, value in given(policy).items():
        limit = limit_of(name)
        least, most = bounds.get(name, (limit.least, limit.most))
        if f"{name} {value:g} is " in problem:
            return f". Mend: set {name} to {least if value < least else most:g}, or leave it out"
    return ""


def _doubts(policy: PolicyBody, now: datetime) -> Iterator[str]:
    if policy.review_by <= now:
        yield f"review_by: {policy.review_by.date()} is over; gates would warn at once"
    elif policy.review_by - now < REVIEW_SOON:
        yield f"review_by: {policy.review_by.date()} is less than {REVIEW_SOON.days} days away"
    if policy.issued_at > now + timedelta(days=1):
        yield f"issued_at: {policy.issued_at.date()} has not come yet"
    if not given(policy):
        yield "values: none is set; every site goes back to its own file"
