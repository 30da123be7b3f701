"""Breadth-first exploration of the shipped gate over a declared finite abstraction, to its fixed point.

A node is a whole watched gate; its key (canonical.py) is the complete state relative to now. Every action of
a cut (cuts.py) is taken from every node; the judge (watched.py) holds each effect against DESIGN 4.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from edge.core.canonical import Canonical, horizons
from edge.core.judged import DRY_CM, Judged, JudgedOne, clone
from edge.core.plant import Plant
from edge.core.watched import worst_s

from sotdae_edge.core import ages, alarms, authority, gate, ladder, limits, outputs, rising, selftest, signals
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.limits import Limit
from sotdae_edge.core.site import Site
from sotdae_shared import policy

Action = Callable[[Any], object]
"""Does something to a judged story."""


@dataclass(frozen=True)
class Cut:
    """One exploration: a site, and the alphabet of what happens."""

    what: str
    site: Site
    actions: Mapping[str, Action]

    kind: type[Judged] = JudgedOne
    """Who judges."""
    plant: type[Plant] = Plant
    over: Callable[[Any], bool] = lambda _: False
    """Which nodes end the walk: what comes after them is another cut's matter."""
    listens: bool = False
    """Whether the channels speak apart, so that the judge must hear each."""
    longest: Site | None = None
    """The site with the longest times that a policy gives it; None: no policy comes."""

    @property
    def tick_s(self) -> float:
        """The one unit of time."""
        return self.site.times.pre_warn

    def start(self, ticks: int = 1024) -> Judged:
        """Return a gate that has just been born, so many ticks after the clock was zero."""
        plant = self.plant(DRY_CM, DRY_CM, DRY_CM)
        return self.kind.born(self.site, ticks * self.tick_s, plant, listens=self.listens)


@dataclass
class Explored:
    """What was found: each node's successors by action, in the order of the cut's actions."""

    actions: tuple[str, ...]
    site: Site
    """With the longest times that it may have."""
    tick_s: float
    took_s: list[float] = field(init=False)
    """How long each action takes."""
    horizons: Mapping[str, float] | None = None
    parts: dict[tuple[object, ...], int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    """A node's number by its key."""
    successors: "array[int]" = field(default_factory=lambda: array("l"))
    unsettled: bytearray = field(default_factory=bytearray)
    rested: bytearray = field(default_factory=bytearray)
    """Of each edge: whether a closing was over, or given up to people, on the way."""
    rows: set[tuple[State, Signal]] = field(default_factory=set)
    ends: int = 0
    """How many nodes are over."""
    complete: bool = False

    def __post_init__(self) -> None:
        self.took_s = [0.0] * len(self.actions)

    @property
    def states(self) -> int:
        """How many nodes were found."""
        return len(self.numbers)

    @property
    def edges(self) -> int:
        """How many steps were judged."""
        return len(self.successors) - self.ends * len(self.actions)

    def key(self, story: Judged) -> int:
        """Return the key of a story's present moment."""
        if self.horizons is None:
            self.horizons = horizons(self.site)
        key = Canonical(self.site, self.horizons, self.parts, story.now, story.plant.count).of(story)
        assert isinstance(key, int)
        return key

    def after(self, node: int, action: str) -> int:
        """Return the node that an action leads to."""
        return self.successors[node * len(self.actions) + self.actions.index(action)]


@contextmanager
def ticking(site: Site) -> Iterator[None]:
    """Give the durations that no site sets whole ticks too; judge equal signatures once."""
    tick_s = site.times.pre_warn
    with pytest.MonkeyPatch.context() as patch:
        at_once = tuple([replace(rung, after_s=0.0) for rung in ladder.RUNGS])
        grades = tuple([(name, rate, priority, tick_s) for name, rate, priority, _ in rising.GRADES])
        patch.setattr(ladder, "RUNGS", at_once)
        patch.setattr(rising, "GRADES", grades)
        patch.setattr(rising, "FALL_S", tick_s)
        patch.setattr(outputs, "ASSERT_S", tick_s)
        patch.setattr(alarms, "CHATTER_S", -1.0)
        patch.setattr(signals, "KEY_BACK_S", 0.0)
        patch.setattr(authority, "verify", cache(authority.verify))
        patch.setattr(policy, "verify", cache(policy.verify))
        patch.setattr(limits, "TIMES", _reaching(site))
        if site.selftest is not None:
            patch.setattr(gate, "SAVE_S", tick_s)
        for where, name, ticks in TESTING:
            patch.setattr(where, name, ticks * tick_s)
        yield


TESTING = (
    (selftest, "ORDERED_PULSE_S", 1), (selftest, "DAILY_PULSE_S", 2), (selftest, "WINDOW_S", 4),
    (selftest, "DAY_S", 2), (selftest, "RETRY_S", 2), (ages, "HOUR_S", 1), (ages, "DAY_S", 1),
)  # fmt: skip
"""Durations of self-tests, in ticks. A lamp test is due after two, and a plan counts in ticks."""


def _reaching(site: Site) -> Mapping[str, Limit]:
    """Return the shipped limits, let out just so far that the site's ticks are inside."""
    found = {}
    for name, limit in limits.TIMES.items():
        value = getattr(site.times, name)
        found[name] = replace(limit, least=min(limit.least, value), most=max(limit.most, value))
    return found


def explore(cut: Cut, limit: int = 10_000_000) -> Explored:
    """Take every action from every node. AssertionError names the broken invariant and the way to it."""
    found = Explored(tuple(cut.actions), cut.longest or cut.site, cut.tick_s)
    with ticking(cut.site):
        _walk(found, cut, limit)
    if found.complete:
        check_ending(found)
    return found


def _walk(found: Explored, cut: Cut, limit: int) -> None:
    start = cut.start()
    queue = deque([start])
    parents = array("l", [-1])
    _add(found, start)
    while queue and found.states < limit:
        node = len(found.successors) // len(cut.actions)
        if node and not node & (node - 1):
            check_ending(found)
        story = queue.popleft()
        if cut.over(story):
            found.ends += 1
            found.successors.extend([node] * len(cut.actions))
            found.rested.extend([1] * len(cut.actions))
            continue
        try:
            story.check_silence()
        except AssertionError as error:
            raise AssertionError(f"{error}; after {_path(found, parents, node)}") from error
        for at, (name, act) in enumerate(cut.actions.items()):
            new = clone(story)
            new.clear()
            try:
                act(new)
            except AssertionError as error:
                raise AssertionError(f"{error}; after {[*_path(found, parents, node), name]}") from error
            found.rows |= new.edges
            found.took_s[at] = new.now - story.now
            new.forget_past()
            number, fresh = _add(found, new)
            found.successors.append(number)
            found.rested.append(new.rested())
            if fresh:
                queue.append(new)
                parents.append(len(found.successors) - 1)
    found.complete = not queue


def _add(found: Explored, story: Judged) -> tuple[int, bool]:
    key = found.key(story)
    number = found.numbers.setdefault(key, len(found.numbers))
    fresh = number == len(found.unsettled)
    if fresh:
        found.unsettled.append(not story.settled)
    return number, fresh


def _path(found: Explored, parents: "array[int]", node: int) -> list[str]:
    """Return the actions that first led to a node."""
    names: list[str] = []
    while node and parents[node] >= 0:
        node, action = divmod(parents[node], len(found.actions))
        names.append(found.actions[action])
    return names[::-1]


UNWATCHED = frozenset({"sleep", "restart"})
"""After these the time to closed-as-defined counts anew: nobody was there."""


def longest_ticks(found: Explored, limit: int) -> int:
    """Return for how many ticks a closing can remain neither proved nor told as failed; `limit` or less."""
    width = len(found.actions)
    watched = [at for at, name in enumerate(found.actions) if name not in UNWATCHED]
    slow = [at for at in watched if found.took_s[at]]
    quick = [at for at in watched if not found.took_s[at]]
    walked = len(found.successors) // width
    inside = {node for node in range(walked) if found.unsettled[node]}

    def steps(node: int, actions: list[int]) -> set[int]:
        at = [node * width + action for action in actions]
        return {found.successors[each] for each in at if not found.rested[each]} & every

    every = set(inside)
    at_once = {node: steps(node, quick) - {node} for node in inside}
    later = {node: steps(node, slow) for node in inside}
    ticks = 0
    while inside and ticks <= limit:
        inside = set().union(*[later[node] for node in inside])
        pending = list(inside)
        while pending:
            for to in at_once[pending.pop()]:
                if to not in inside:
                    inside.add(to)
                    pending.append(to)
        ticks += 1
    return ticks


def check_ending(found: Explored) -> None:
    """Hold the explored graph against the rule that every hazard ends in time, closed as defined."""
    times, retries = found.site.times, found.site.retries
    limit = round((worst_s(times, retries) + times.escape) / found.tick_s) + 1
    ticks = longest_ticks(found, limit)
    assert ticks <= limit, f"not yet closed as defined after {limit} ticks, and no end to it"
