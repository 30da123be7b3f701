"""What a signed policy may set at a site, and the site as it is then. Names end in their unit."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

from sotdae_edge.core import limits
from sotdae_edge.core.limits import Limit
from sotdae_edge.core.site import Levels, Site, Times
from sotdae_shared.messages import PolicyBody, PolicyValues

RIVER = ("river_caution_cm", "river_trigger_cm")
"""Above a gauge's own datum: one number for many sites means nothing, and a site without a gauge has none."""


def limit_of(name: str) -> Limit:
    """Return the bounds that no policy leaves. KeyError if a policy has no value of this name."""
    return limits.LEVELS[name] if name in limits.LEVELS else limits.TIMES[name.removesuffix("_s")]


def given(policy: PolicyBody) -> dict[str, float]:
    """Return the values that a policy sets."""
    return policy.values.model_dump(exclude_none=True)


def apply(base: Site, policy: PolicyBody) -> Site:
    """Return a site under a policy: what it does not set is as in the site's own file, not as it was before.

    A drill's dry time stays on top.
    """
    values = given(policy)
    levels = {name: value for name, value in values.items() if name in limits.LEVELS}
    times = {name.removesuffix("_s"): value for name, value in values.items() if name not in levels}
    if base.drill:
        times.pop("reopen_dry", None)
    return replace(base, levels=replace(base.levels, **levels), times=replace(base.times, **times))


def problems(base: Site, policy: PolicyBody) -> list[str]:
    """Return everything for which a site must refuse the whole policy."""
    found = [*_beyond_limits(policy), *_beyond_bounds(base, policy)]
    if found:
        return found
    site = apply(base, policy)
    times = site.times
    if site.drill:  # what the policy sets was judged above; the drill's own is below the limit
        times = replace(times, reopen_dry=limits.TIMES["reopen_dry"].least)
    on_foot = site.riverside is not None
    found = limits.problems(site.levels, times, site.geometry, on_foot=on_foot)
    found += [*limits.start_problems(site), *limits.channel_problems(site.channels, site.levels)]
    return found


def bounds_problems(bounds: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """Yield whatever is wrong with a site's own bounds, each with its place."""
    for name, (least, most) in bounds.items():
        if name not in PolicyValues.model_fields:
            yield f"policy.bounds.{name}: a policy has no such value"
            continue
        limit = limit_of(name)
        if not limit.least <= least <= most <= limit.most:
            span = f"{limit.least:g} <= least <= most <= {limit.most:g}"
            yield f"policy.bounds.{name}: want {span}: {limit.why}"


def allowed(base: Site) -> dict[str, tuple[float, float]]:
    """Return the least and most of each value that a policy may set at a site; nothing without rules."""
    if base.policy is None:
        return {}
    bounds, found = base.policy.bounds, {}
    for name in PolicyValues.model_fields:
        limit = limit_of(name)
        if name in bounds or name not in RIVER:
            found[name] = bounds.get(name, (limit.least, limit.most))
    return found


def changes(before: Site, after: Site) -> tuple[str, ...]:
    """Return in words what differs of levels and times."""
    return (*_differ(before.levels, after.levels, ""), *_differ(before.times, after.times, "_s"))


def _differ(before: Levels | Times, after: Levels | Times, unit: str) -> Iterator[str]:
    for name in (each.name for each in fields(before)):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name}{unit} {_said(old)} to {_said(new)}"


def _said(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _beyond_limits(policy: PolicyBody) -> Iterator[str]:
    for name, value in given(policy).items():
        limit = limit_of(name)
        text = _beyond(name, value, limit.least, limit.most)
        if text is not None:
            yield f"weaker than interlock: {text}: {limit.why}"


def _beyond_bounds(base: Site, policy: PolicyBody) -> Iterator[str]:
    bounds = {} if base.policy is None else base.policy.bounds
    for name, value in given(policy).items():
        if name in bounds:
            text = _beyond(name, value, *bounds[name])
            if text is not None:
                yield f"beyond the site's own bounds: {text}"
        elif name in RIVER:
            yield f"{name}: taken only where the site's file gives policy.bounds.{name}"


def _beyond(name: str, value: float, least: float, most: float) -> str | None:
    if value > most:
        return f"{name} {value:g} is above {most:g}"
    return f"{name} {value:g} is below {least:g}" if value < least else None
