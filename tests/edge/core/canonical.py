"""The state key of the exploration: a whole watched gate, with every time relative to now.

The walk is by introspection, so that a field added to the gate is in the key by itself. What is not in
the key, or not as it stands, is in LEFT_OUT, RELATIVE or REDUCED, each with its reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from inspect import get_annotations
from typing import Any, get_args, get_type_hints

from edge.core.reasons import LEFT_OUT, RELATIVE, SNAPPED, gauged

from sotdae_edge.core.ages import periods
from sotdae_edge.core.site import Site

Rule = Callable[["Canonical", Any, Any], object]
"""(walk, value, its owner) to what stands in the key."""
NEVER = float("-inf")


_PLANS: dict[type, tuple[tuple[str, Rule], ...] | None] = {}


def horizons(site: Site) -> Mapping[str, float]:
    """Return for how long, in seconds, each time goes on to matter after it has passed (0: not at all)."""
    return {name: after(site) for name, after in RELATIVE.items()}


def plan(kind: type) -> tuple[tuple[str, Rule], ...] | None:
    """Return how each field of a dataclass goes into the key; nothing of a collection; None of an atom."""
    if not is_dataclass(kind):
        return None if kind in _ATOMS or issubclass(kind, Enum) else ()
    found = []
    for each in fields(kind):
        name = named(kind, each.name)
        if name not in LEFT_OUT:
            found.append((each.name, _rule(name)))
    return tuple(found)


def named(kind: type, field_name: str) -> str:
    """Return a field's name with that of the class which declares it."""
    owner = next(base for base in kind.__mro__ if field_name in get_annotations(base))
    return f"{owner.__name__}.{field_name}"


def _rule(name: str) -> Rule:
    if name in REDUCED:
        return REDUCED[name]
    if name in RELATIVE:
        return lambda walk, value, _: None if value is None else walk.relative(value, walk.horizons[name])
    if name in SNAPPED:
        snap = SNAPPED[name]
        return lambda walk, value, _: None if value is None else snap(value)
    return _plain


def _plain(walk: "Canonical", value: Any, _: object) -> object:
    return walk.of(value)


@dataclass(slots=True)
class Canonical:
    """One walk over one watched gate. Equal parts get equal numbers, so that a key is small."""

    site: Site
    horizons: Mapping[str, float]
    parts: dict[tuple[object, ...], int]
    now: float = 0.0
    count: int = 0
    """The plant's last scan counter."""
    names: dict[str, int] = field(default_factory=dict)

    def of(self, value: Any) -> object:
        """Return what stands in the key for a value."""
        kind = value.__class__
        if kind not in _PLANS:
            _PLANS[kind] = plan(kind)
        rules = _PLANS[kind]
        if rules is None:
            return value
        if rules:
            part = tuple([rule(self, getattr(value, name), value) for name, rule in rules])
            return self.parts.setdefault(part, len(self.parts))
        if kind is dict:
            return tuple(sorted([(name, self.of(each)) for name, each in value.items()]))
        if kind in (set, frozenset):
            return tuple(sorted(value))
        return tuple([self.of(each) for each in value])

    def relative(self, value: Any, horizon_s: float) -> object:
        """Return a time, or each of several, relative to now: `horizon_s` ago at the most."""
        if value.__class__ is dict:
            return tuple(sorted([(name, self.relative(at, horizon_s)) for name, at in value.items()]))
        return max(value - self.now, -horizon_s)

    def incident(self, name: str) -> int:
        """Return which of the names seen in this walk it is: incidents are told apart, not called by name."""
        return self.names.setdefault(name, len(self.names))

    def counted(self, count: Any) -> object:
        """Return whether a counter is the plant's last one; older ones never come again."""
        if isinstance(count, tuple):
            return tuple([self.counted(each) for each in count])
        return None if count is None else count == self.count


_ATOMS = frozenset({int, float, str, bool, type(None)})


def _memento(walk: Canonical, value: Any, _: object) -> object:
    """What a restart reads: not the state; numbers and ages are left out as in the gate itself."""
    if value is None:
        return None
    incident = value["incident"]
    short_s = min(value["short_s"], walk.site.times.repair)
    ages = tuple(min(value["ages"][name]["age_s"], most) for name, most in periods(walk.site).items())
    policy = value["policy"]
    ruled = policy and (policy["floor"], _numbered(policy["in_force"]), _numbered(policy["waiting"]))
    known = None if incident is None else (walk.incident(incident["name"]), incident["rank"])
    return (known, tuple(sorted(value["bypassed"])), short_s, ages, ruled)


def _numbered(bundle: Mapping[str, Any] | None) -> int | None:
    """Return the version of a bundle that was kept; no two of a cut have the same."""
    return None if bundle is None else bundle["version"]


def _version(walk: Canonical, value: Any, _: object) -> int | None:
    return None if value is None else value.version


def _while(alive: Callable[[Canonical, Any], bool], rule: Rule) -> Rule:
    """Leave a value out while nothing reads it."""
    return lambda walk, value, owner: rule(walk, value, owner) if alive(walk, owner) else None


def _snapped(walk: Canonical, value: Any, _: object) -> object:
    return None if value is None else SNAPPED["Sample"](value)


def _fresh(walk: Canonical, owner: Any) -> bool:
    return bool(walk.now < owner.fresh_until)


def _rates(walk: Canonical, value: Any, _: object) -> object:
    """Rates to the nearest 30 cm/min: the steep rise of the representatives, or none."""
    return tuple(sorted([(name, round(rate / 30), round(low / 30)) for name, (rate, low) in value.items()]))


def _entered(walk: Canonical, value: Any, way: Any) -> object:
    """When a state began, where something waits for that; of a lowering only which was first."""
    since = way.lane.clear_since
    if way.state == "lowering":
        return since is not None and since <= value
    if way.state in ("clearing", "held_open", "closed"):
        return walk.relative(value, _need_s(walk.site, way.state))
    return None


def _need_s(site: Site, state: str) -> float:
    if state != "closed":
        return max(site.times.clear, site.times.clear_after_raise)
    return site.emptying_s if len(site.approaches) > 1 else 0.0


def _gauged(walk: Canonical, _: object) -> bool:
    return gauged(walk.site)


def _due(walk: Canonical, value: Any, _: object) -> object:
    return None if value is None else walk.relative(value, 0.0)


def _planned(walk: Canonical, _: object) -> bool:
    """Tell whether ages are kept, which are another thing at each saving."""
    return walk.site.selftest is not None


REDUCED: dict[str, Rule] = {
    "Gate.save_due": _while(_planned, _due),
    "Policies.in_force": _version,
    "Policies.waiting": _version,
    "Pulse.by": lambda walk, value, _: bool(value),
    "Pulse.lit": lambda walk, value, _: tuple(sorted(value)),
    "SelfTests.failed": lambda walk, value, _: tuple(sorted(value)),
    "Incident.name": lambda walk, value, _: walk.incident(value),
    "Nonce.incident": lambda walk, value, _: walk.incident(value),
    "Waiting.incident": lambda walk, value, _: walk.incident(value),
    "Gate.nonce": _while(lambda walk, gate: gate.nonce is not None and walk.now < gate.nonce.until, _plain),
    "Nonce.earlier": _while(
        lambda walk, one: one.earlier is not None and walk.now < one.earlier.until, _plain
    ),
    "ChannelState.counts": lambda walk, value, _: walk.counted(value),
    "Single.count": lambda walk, value, _: walk.counted(value),
    "Witness.count": lambda walk, value, _: walk.counted(value),
    "Story.memento": _memento,
    "Arm.words": _while(
        _fresh, lambda walk, value, _: tuple([_snapped(walk, each, None) for each in value.values()])
    ),
    "ChannelState.level": _while(_fresh, _plain),
    "Sensing.rates": _rates,
    "Sensing.river": _while(_gauged, _plain),
    "Single.value": _while(lambda walk, single: walk.now < single.good_until, _snapped),
    "Witness.occupied": _while(lambda walk, one: one.healthy and walk.now < one.fresh_until, _plain),
    "ApproachState.entered": _entered,
    "ApproachState.start_deg": _while(lambda _, way: way.motion_due is not None, _snapped),
    "ApproachState.clear_need_s": _while(lambda _, way: way.state in ("clearing", "held_open"), _plain),
    "ApproachState.escapes": lambda walk, value, _: min(value, walk.site.retries + 1),
}


def reachable(kind: object, seen: set[type] | None = None) -> Iterator[type]:
    """Yield every dataclass that a value of this type may hold, but for what is left out of the key."""
    seen = set() if seen is None else seen
    if isinstance(kind, type) and is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        yield kind
        hints = get_type_hints(kind)
        for each in fields(kind):
            if named(kind, each.name) not in LEFT_OUT:
                yield from reachable(hints[each.name], seen)
    for inner in get_args(kind):
        yield from reachable(inner, seen)
