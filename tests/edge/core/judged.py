"""The judges of an exploration: of time they want whole ticks, and nothing said between deadlines."""

from collections import deque
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

from edge.core.hearing import Hearing
from edge.core.plant import Plant, Story
from edge.core.watched import OUTSIDE, Watched
from edge.core.watched_wide import WatchedWide

from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.effects import Decided, Drive, Effect, Lock, Motion, Voice, Warn
from sotdae_edge.core.site import Site
from sotdae_shared.samples import Sample

DRY_CM = 1.0
"""Dry, and not on the edge of being apart from a float at 5 cm."""
JUST_BEFORE_S = 2.0**-10
RESTS = frozenset({State.CLOSED, *OUTSIDE})


class Judged(Story):
    """What every judge of an exploration has."""

    edges: set[tuple[State, Signal]]

    @classmethod
    def born(cls, site: Site, now: float, plant: Plant, *, listens: bool) -> "Judged":
        """Return a gate that has just been born."""
        raise NotImplementedError

    def begin(self) -> None:
        """Call the gate for the first time, as its runner does at once."""
        self.gate.outputs.assert_s = self.site.times.pre_warn
        self.take(self.gate.tick(self.now))

    def restart(self, boot: str = "fedcba9876543210") -> None:
        super().restart(boot)
        self.begin()

    def clear(self) -> None:
        """Forget what has been judged."""
        self.effects, self.edges = [], set()

    def forget_past(self) -> None:
        """Keep of each channel's past only its last sample: the past is chosen anew before each scan."""
        for channel in self.gate.sensing.channels:
            while len(channel.history) > 1:
                channel.history.popleft()

    def check_silence(self) -> None:
        """Just before the next deadline there is nothing to do, and it falls on a tick."""
        due = self.gate.next_deadline(self.now)
        if due is None:
            return
        assert (due - self.now) % self.site.times.pre_warn == 0.0, "a deadline between ticks"
        effects = clone(self.gate).tick(due - JUST_BEFORE_S)
        assert effects == [], f"something was due before the deadline that was told: {effects[0]}"

    @property
    def settled(self) -> bool:
        """Whether the closing of every entry is over or none is due."""
        return all(_settled(way) for way in self.gate.entries)

    def rested(self) -> bool:
        """Tell whether a closing was over, or given up to people, since the last `clear`."""
        entries = {way.spec.name for way in self.gate.entries}
        ends = [each for each in self.effects if isinstance(each, Decided) and each.state in RESTS]
        return any(each.approach in entries for each in ends)


def _settled(way: ApproachState) -> bool:
    return way.state in RESTS or way.failed is not None


@dataclass
class JudgedOne(Judged, Watched):
    """One arm, by every law of DESIGN 4."""

    @classmethod
    def born(cls, site: Site, now: float, plant: Plant, *, listens: bool) -> "JudgedOne":
        story = cls(site, now=now, plant=plant, heard=Hearing() if listens else None)
        story.begin()
        return story

    def sleep(self, seconds: float) -> None:
        """Stop the agent for a while; then it looks at the time late."""
        self.pause(seconds)
        self.take(self.gate.tick(self.now))

    def _check_deadline(self) -> None:
        """Left to the graph's longest way: a clock in the key would only multiply the nodes."""


@dataclass
class TrailPlant(Plant):
    """What a riverside gate's controller says besides."""

    handle: bool = False
    locked: bool = False

    def _points(self, count: int) -> dict[str, Sample | None]:
        own = {"inside_release": Sample(float(self.handle)), "locked": Sample(float(self.locked))}
        return {**super()._points(count), **own}


@dataclass
class JudgedTrail(JudgedOne):
    """A riverside gate: nobody is locked in, and it is unlocked before it is driven."""

    plant: TrailPlant = field(default_factory=TrailPlant)
    engaged: bool = False
    """What the lock was last told."""
    shut_since: float | None = None
    """Since when the leaf has been proved shut, and nobody at the handle."""

    def restart(self, boot: str = "fedcba9876543210") -> None:
        self.shut_since = None
        super().restart(boot)

    def pause(self, seconds: float) -> None:
        super().pause(seconds)
        self.shut_since = None

    def scan(self, **points: Sample | None) -> list[Effect]:
        shut = self.plant.arm == "closed" and not self.plant.handle
        self.shut_since = None if not shut else self.now if self.shut_since is None else self.shut_since
        return super().scan(**points)

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case Lock(engaged=True):
                    self._check_locking()
                    self.engaged = self.plant.locked = True
                case Lock():
                    self.engaged = self.plant.locked = False
                case Drive(motion=Motion.RAISE | Motion.LOWER):
                    assert not self.engaged, "unlocked before it is driven"
                case Warn(closed=True, voice=voice):
                    assert voice in (Voice.LEAVE, Voice.CLOSED), "it says leave, or that it is closed"
        found = super().take(effects)
        warned = self.gate.outputs.warned
        if warned is not None and warned.closed and not self.engaged:
            assert warned.voice is Voice.LEAVE, "whoever can still leave is told to"
        return found

    def _check_locking(self) -> None:
        assert self.gate.state is State.CLOSED
        assert self.plant.arm == "closed", "locks a shut leaf only"
        assert not self.plant.handle, "never locks against a hand at the inside handle"
        assert self.site.riverside is not None
        assert self.shut_since is not None
        shut_s = self.now - self.shut_since
        assert shut_s >= self.site.riverside.lock_after, "whoever is inside has time to leave"


@dataclass
class JudgedPair(Judged, WatchedWide):
    """An entry and an exit, each by the laws of one arm; the exit goes last."""

    moves: bool = False

    @classmethod
    def born(cls, site: Site, now: float, plant: Plant, *, listens: bool) -> "JudgedPair":
        story = cls(site=site, now=now, plant=plant)
        for each in story.at.values():
            each.water(DRY_CM)
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
    if kind is dict:
        return {name: clone(each) for name, each in value.items()}
    return copy(value) if kind in (set, deque) else value
