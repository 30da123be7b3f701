"""Breadth-first exploration of the shipped gate over a declared finite abstraction, to its fixed point.

A node is a whole watched gate; its key (canonical.py) is the complete state relative to now. Every action of
a cut (cuts.py) is taken from every node; the judge (watched.py) holds each effect against DESIGN 4.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any

import pytest
from edge.core.canonical import Canonical, horizons
from edge.core.hearing import Hearing
from edge.core.plant import Plant
from edge.core.watched import OUTSIDE, Watched, worst_s

from sotdae_edge.core import authority, ladder, rising
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.site import Site

DRY_CM = 1.0
"""Dry, and not on the edge of being apart from a float at 5 cm."""
JUST_BEFORE_S = 2.0**-10
Action = Callable[["Judged"], object]


@dataclass
class Judged(Watched):
    """The judge of an exploration: of time it wants whole ticks, and nothing said between deadlines."""

    def begin(self) -> None:
        """Call the gate for the first time, as its runner does at once."""
        self.gate.outputs.assert_s = self.site.times.pre_warn
        self.take(self.gate.tick(self.now))

    def restart(self, boot: str = "fedcba9876543210") -> None:
        super().restart(boot)
        self.begin()

    def sleep(self, seconds: float) -> None:
        """Stop the agent for a while; then it looks at the time late."""
        self.pause(seconds)
        self.take(self.gate.tick(self.now))

    def forget_past(self) -> None:
        """Keep of each channel's past only its last sample: the past is chosen anew before each scan."""
        for channel in self.gate.sensing.channels:
            while len(channel.history) > 1:
                channel.history.popleft()

    def _check_deadline(self) -> None:
        """Left to `longest_s`: a clock in the key would only multiply the nodes."""

    def check_silence(self) -> None:
        """Just before the next deadline there is nothing to do, and it falls on a tick."""
        due = self.gate.next_deadline(self.now)
        if due is None:
            return
        assert (due - self.now) % self.site.times.pre_warn == 0.0, "a deadline between ticks"
        effects = clone(self.gate).tick(due - JUST_BEFORE_S)
        assert effects == [], f"something was due before the deadline that was told: {effects[0]}"


@dataclass(frozen=True)
class Cut:
    """One exploration: a site, and the alphabet of what happens."""

    what: str
    site: Site
    actions: Mapping[str, Action]

    over: Callable[["Judged"], bool] = lambda _: False
    """Which nodes end the walk: what comes after them is another cut's matter."""
    listens: bool = False
    """Whether the channels speak apart, so that the judge must hear each."""

    @property
    def tick_s(self) -> float:
        """The one unit of time."""
        return self.site.times.pre_warn

    def start(self, ticks: int = 1024) -> Judged:
        """Return a gate that has just been born, so many ticks after the clock was zero."""
        plant = Plant(DRY_CM, DRY_CM, DRY_CM)
        story = Judged(
            self.site, now=ticks * self.tick_s, plant=plant, heard=Hearing() if self.listens else None
        )
        story.begin()
        return story


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """Return the fields to copy, or None of what is never changed in place."""
    if not is_dataclass(kind) or kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return None
    return tuple(each.name for each in fields(kind))


def clone(value: Any) -> Any:
    """Return a copy that shares only what is never changed in place."""
    kind = value.__class__
    names = _names(kind)
    if names is not None:
        new = kind.__new__(kind)
        for name in names:
            setattr(new, name, clone(getattr(value, name)))
        return new
    if kind is list:
        return [clone(each) for each in value]
    return copy(value) if kind in (dict, set, deque) else value


@dataclass
class Explored:
    """What was found: each node's successors by action, in the order of the cut's actions."""

    actions: tuple[str, ...]
    site: Site
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
        patch.setattr(authority, "verify", cache(authority.verify))
        yield


def explore(cut: Cut, limit: int = 10_000_000) -> Explored:
    """Take every action from every node. AssertionError names the broken invariant and the way to it."""
    found = Explored(tuple(cut.actions), cut.site)
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
            new.effects, new.edges = [], set()
            try:
                act(new)
            except AssertionError as error:
                raise AssertionError(f"{error}; after {[*_path(found, parents, node), name]}") from error
            found.rows |= new.edges
            found.took_s[at] = new.now - story.now
            new.forget_past()
            number, fresh = _add(found, new)
            found.successors.append(number)
            found.rested.append(
                any(isinstance(each, Decided) and each.state in RESTS for each in new.effects)
            )
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


RESTS = frozenset({State.CLOSED, *OUTSIDE})
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
    limit = round((worst_s(times, retries) + times.escape) / times.pre_warn) + 1
    ticks = longest_ticks(found, limit)
    assert ticks <= limit, f"not yet closed as defined after {limit} ticks, and no end to it"
