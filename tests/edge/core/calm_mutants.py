"""Seeded mutants of self-tests and policies: what each breaks, the cut that walks it, and what notices it."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from sotdae_edge.core import authority, bucket, policies, selftest
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.effects import Decided, Effect, Warn
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.policies import Policies
from sotdae_edge.core.pulse import Pulse
from sotdae_edge.core.validity import Bypass

Mutate = Callable[[pytest.MonkeyPatch], None]
_pulse, _calm, _begin = selftest._pulse, selftest.calm, selftest.begin
_adopt, _recall, _objections = policies._adopt, policies.recall, policies._objections
_keep, _frozen, _take_step = Policies.keep, policies.frozen, Gate._take_step


def _no_reasons(*_: object) -> list[str]:
    return []


def _lit_through(gate: Gate, pulse: Pulse, now: float) -> list[Effect]:
    """Go on with a test over a caution, as if only a trip counted."""
    if gate.stage is Stage.CAUTION and gate.incident is None:
        return []
    return _pulse(gate, pulse, now)


def _outliving(gate: Gate, pulse: Pulse, now: float) -> list[Effect]:
    """Go on with a test whatever comes."""
    if not _calm(gate, now) and not pulse.watch(gate.approaches, now):
        return []
    return _pulse(gate, pulse, now)


def _calm_by_water(gate: Gate, now: float) -> bool:
    """Take a dry road for a calm gate."""
    return gate.stage is Stage.NORMAL and gate.incident is None and now >= gate.caution_until


def _calm_after_flood(gate: Gate, now: float) -> bool:
    """Take a gate for calm as soon as it is open, whatever its signs still say."""
    is_open = all(way.state is State.OPEN for way in gate.approaches)
    return is_open and gate.stage is Stage.NORMAL and not gate.trips and gate.incident is None


def _forgiving(gate: Gate, pulse: Pulse, now: float) -> list[Effect]:
    """Take a test that is broken off for one that ends what failed before."""
    if not _calm(gate, now):
        gate.selftests.failed.pop(pulse.test, None)
    return _pulse(gate, pulse, now)


def _endless(pulse: Pulse, warn: Warn, now: float) -> Warn:
    return replace(warn, siren=True) if pulse.test == "siren" else replace(warn, closed=True, caution=False)


def _loud(pulse: Pulse, warn: Warn, now: float) -> Warn:
    return warn if now >= pulse.dark_at else replace(warn, closed=True, siren=True, caution=False)


def _muting(gate: Gate, command: Any, by: str, now: float) -> None:
    """Take a channel out of the vote while it stands in its bucket."""
    _begin(gate, command, by, now)
    for name, one in gate.selftests.buckets.items():
        channel = gate.sensing.channel(name)
        channel.bypass = Bypass(by, "wet test", now, one.until)
        gate.sensing.forget_levels()


TEST_MUTANTS: dict[str, tuple[str, str, Mutate]] = {
    "a test outlives calm": (
        "selftest", "a pulse never outlives calm", lambda p: p.setattr(selftest, "_pulse", _outliving),
    ),
    "a test goes on over a caution": (
        "bucket", "a pulse never outlives calm", lambda p: p.setattr(selftest, "_pulse", _lit_through),
    ),
    "a test broken off ends a failure": (
        "selftest", "a failed test is told", lambda p: p.setattr(selftest, "_pulse", _forgiving),
    ),
    "a test is taken in any state": (
        "selftest", "only by an open gate", lambda p: p.setattr(authority, "_test", _no_reasons),
    ),
    "a test is taken under the key": (
        "selftest", "only by an open gate|outlives calm",
        lambda p: p.setattr(selftest, "calm", _calm_by_water),
    ),
    "a test stands before the caution after a flood": (
        "selftest", "only by an open gate|outlives calm",
        lambda p: p.setattr(selftest, "calm", _calm_after_flood),
    ),
    "a test stays lit until its end": (
        "selftest", "goes dark in its time", lambda p: p.setattr(Pulse, "shows", _endless),
    ),
    "a lamp test is loud": (
        "selftest", "a lamp test is silent", lambda p: p.setattr(Pulse, "shows", _loud),
    ),
    "lamps flash before a car": (
        "selftest", "nothing flashes by itself before a car",
        lambda p: p.setattr(selftest, "Lane", SimpleNamespace(OCCUPIED=None)),
    ),
    "a dead sign passes": (
        "selftest", "passes only when seen lit", lambda p: p.setattr(Pulse, "problem", lambda *_: None),
    ),
    "a channel in a bucket does not vote": (
        "bucket", "none of three closes alone|no single fault hides",
        lambda p: p.setattr(selftest, "begin", _muting),
    ),
    "a bucket needs no water": (
        "bucket", "passes only through water", lambda p: p.setattr(bucket.Bucket, "problem", lambda _: None),
    ),
}  # fmt: skip


def _over_water(gate: Gate) -> str | None:
    """Ask only whether the gate is open."""
    still = gate.incident is None and all(way.state is State.OPEN for way in gate.approaches)
    return None if still else "not open"


def _while_it_ripens(gate: Gate) -> str | None:
    """Overlook what has not held for long enough yet."""
    return _over_water(gate) if gate.stage is Stage.NORMAL else "water"


def _unseen(gate: Gate) -> str | None:
    """Take water that nobody sees for none."""
    return _over_water(gate) if gate.stage is Stage.UNKNOWN else _frozen(gate)


def _going_up(gate: Gate) -> str | None:
    """Take an arm that goes up for one that is open."""
    going_up = all(way.state is State.OPENING for way in gate.approaches)
    still = gate.incident is None and gate.stage is Stage.NORMAL and not gate.sensing.since.due
    return None if going_up and still else _frozen(gate)


def _past_the_key(gate: Gate) -> str | None:
    """Ask only whether all is dry."""
    still = gate.incident is None and gate.stage is Stage.NORMAL and not gate.sensing.since.due
    return None if still else "water"


def _half_adopted(gate: Gate, policy: Any) -> None:
    """Leave the vote its old thresholds."""
    site = gate.sensing.site
    _adopt(gate, policy)
    gate.sensing.site = site


def _upon_the_last(gate: Gate, policy: Any) -> None:
    """Take the values of the last policy for those of the file."""
    before = gate.site
    _adopt(gate, policy)
    gate.site = gate.sensing.site = policies.rules.apply(before, policy)


def _half_recalled(gate: Gate, kept: object) -> None:
    """Leave the vote the file's thresholds after a restart."""
    _recall(gate, kept)
    gate.sensing.site = policies.own(gate)


def _warning_by_the_file(patch: pytest.MonkeyPatch) -> None:
    """Warn for as long as the site's own file says."""

    def take_step(gate: Gate, way: ApproachState, signal: Signal, now: float) -> Decided:
        ruled, gate.site = gate.site, policies.own(gate)
        record = _take_step(gate, way, signal, now)
        gate.site = ruled
        return record

    def clear_at(gate: Gate, way: ApproachState) -> float | None:
        return way.clear_at(gate.outputs.closed_since, policies.own(gate).times.pre_warn)

    patch.setattr(Gate, "_take_step", take_step)
    patch.setattr(Gate, "clear_at", clear_at)


def _from_the_start(gate: Gate, kept: object) -> None:
    """Put what waited in force as soon as the gate starts."""
    _recall(gate, kept)
    if gate.policies.waiting is not None:
        _adopt(gate, gate.policies.waiting)
        gate.policies.waiting = None


def _kept_without(name: str) -> Callable[[Policies], dict[str, Any] | None]:
    """Leave one bundle out of what a restart finds."""

    def keep(mine: Policies) -> dict[str, Any] | None:
        kept = _keep(mine)
        return None if kept is None else kept | {name: None}

    return keep


POLICY_MUTANTS: dict[str, tuple[str, Mutate]] = {
    "it comes over water": (
        "only below caution|where the water is seen", lambda p: p.setattr(policies, "frozen", _over_water),
    ),
    "it comes while the water ripens": (
        "only below caution", lambda p: p.setattr(policies, "frozen", _while_it_ripens),
    ),
    "it comes while somebody works at the gate": (
        "at an open gate only", lambda p: p.setattr(policies, "frozen", _past_the_key),
    ),
    "it comes where nobody sees the water": (
        "where the water is seen", lambda p: p.setattr(policies, "frozen", _unseen),
    ),
    "arms warn as long as the file says": ("as long as the policy says", _warning_by_the_file),
    "after a restart the vote has the file's thresholds": (
        "the closing level in force closes|caution level in force is shown|only below caution",
        lambda p: p.setattr(policies, "recall", _half_recalled),
    ),
    "it comes while the arm goes up": (
        "at an open gate only", lambda p: p.setattr(policies, "frozen", _going_up),
    ),
    "it never comes": (
        "waits no longer than it must", lambda p: p.setattr(policies, "frozen", lambda _: "not today"),
    ),
    "no limits are asked": (
        "never beyond the hard limits",
        lambda p: p.setattr(policies.rules, "problems", lambda *_: []),
    ),
    "one person suffices": (
        "only one that two have signed", lambda p: p.setattr(policies, "refusal", lambda *_: None),
    ),
    "an older one comes again": (
        "never an older one|the floor never sinks",
        lambda p: p.setattr(policies, "_objections", lambda gate, policy, _: _objections(gate, policy, 0)),
    ),
    "the vote keeps its thresholds": (
        "comes into force only below caution",
        lambda p: p.setattr(policies, "_adopt", _half_adopted),
    ),
    "it comes on top of the last": (
        "are those of the record", lambda p: p.setattr(policies, "_adopt", _upon_the_last),
    ),
    "a restart goes back to the file": (
        "are those of the record", lambda p: p.setattr(Policies, "keep", _kept_without("in_force")),
    ),
    "a restart loses what waits": (
        "what was taken is in force or waits",
        lambda p: p.setattr(Policies, "keep", _kept_without("waiting")),
    ),
    "a restart puts in force what waited": (
        "are those of the record", lambda p: p.setattr(policies, "recall", _from_the_start),
    ),
}  # fmt: skip
