"""Agent and watchdog together, exhaustively: each may run, freeze, or be replaced, at every half second."""

import dataclasses
from collections import Counter, deque
from collections.abc import Iterator

import pytest

from sotdae_edge.watchdog import feeding, watch
from sotdae_edge.watchdog.feeding import Feeding
from sotdae_edge.watchdog.run import CLOSED
from sotdae_edge.watchdog.watch import Watch
from sotdae_edge.watchdog.wire import NOTHING, Answer, Feed, Notes

STEP_S = 0.5
"""Every limit of both machines is a whole number of these."""
BOOTS = (b"boot-one", b"boot-two")
# Who runs in a half second, in this order; R: the agent is replaced by a new process.
ACTIONS = ("AD", "DA", "A", "D", "", "R", "RD")


@dataclasses.dataclass(frozen=True)
class Sizes:
    """In half seconds."""

    after: int
    settle: int
    asleep: int
    """The watchdog freezes for at most so long at once; the agent for as long as it likes."""
    queue: int
    """Feeds that wait; further ones are lost (net.unix.max_dgram_qlen)."""
    silent: int


SMALL = Sizes(4, 2, 5, 3, 3)
SHIPPED = Sizes(6, 10, 8, 10, 6)
FOUND = {SMALL: (43_211, 279_710), SHIPPED: (600_255, 3_895_425)}
"""Situations and steps."""


@dataclasses.dataclass
class Both:
    """Two processes, the queues between them, and the coil that both write."""

    sizes: Sizes
    watch: Watch
    feeding: Feeding
    now: float = 0.0
    queue: tuple[Feed, ...] = ()
    inbox: tuple[Answer, ...] = ()
    coil: bool = False
    agent_ran: int = 0
    agent_still: int = 0
    dog_ran: int = 0
    dog_still: int = 0
    both_ran: int = 0
    tripped: bool = False
    """The watchdog lost its patience in this step."""
    opened: bool = False
    """The agent, which never sees water here, wrote "open" in this step."""

    @classmethod
    def born(cls, sizes: Sizes) -> "Both":
        after_s = sizes.after * STEP_S
        return cls(sizes, Watch(after_s, sizes.settle * STEP_S, 0.0), Feeding(BOOTS[0], after_s))

    def after(self, action: str) -> "Both":
        new = dataclasses.replace(
            self, watch=dataclasses.replace(self.watch), feeding=dataclasses.replace(self.feeding),
            now=self.now + STEP_S, tripped=False, opened=False,
        )  # fmt: skip
        # `fed` is not an argument of Watch, so a copy has to be given it.
        new.watch.fed = self.watch.fed
        for who in action:
            {"A": new.agent, "D": new.dog, "R": new.replace_agent}[who]()
        new.count(action)
        return new

    def agent(self) -> None:
        for answer in self.inbox:
            self.feeding.take(answer)
        self.inbox = ()
        self.coil = self.feeding.holds(self.now)
        self.opened = not self.coil
        if (feed := self.feeding.feed(self.now)) is not None and len(self.queue) < self.sizes.queue:
            self.queue = (*self.queue, feed)

    def dog(self) -> None:
        before = self.watch.holding
        for feed in self.queue:
            assert self.watch.take(feed, self.now)
            notes = Notes.HOLDING if self.watch.holding else NOTHING
            if feed.boot == self.feeding.boot:
                self.inbox = (*self.inbox, Answer(feed.count, notes))
        self.queue = ()
        if self.watch.tick(self.now):
            self.coil = True
        self.tripped = self.watch.holding and not before

    def replace_agent(self) -> None:
        other = BOOTS[1 - BOOTS.index(self.feeding.boot)]
        # A third boot is like the first one again only if nothing of that one still lies in the queue.
        self.queue = tuple(feed for feed in self.queue if feed.boot != other)
        self.feeding, self.inbox = Feeding(other, self.sizes.after * STEP_S), ()

    def count(self, action: str) -> None:
        agent, dog, most = "A" in action, "D" in action, self.enough
        self.agent_ran = min(self.agent_ran + 1, most) if agent else 0
        self.agent_still = 0 if agent else min(self.agent_still + 1, most)
        self.dog_ran = min(self.dog_ran + 1, most) if dog else 0
        self.dog_still = 0 if dog else self.dog_still + 1
        self.both_ran = min(self.both_ran + 1, most) if agent and dog else 0

    @property
    def enough(self) -> int:
        """After so long in any one way everything has happened that will."""
        return max(self.sizes.after + self.sizes.settle, self.sizes.silent, self.sizes.asleep) + 2

    def key(self) -> tuple[object, ...]:
        """Return all that the future depends on: times as ages, cut where they end to matter."""

        def age(at: float | None, most: int) -> int | None:
            return None if at is None else min(round((self.now - at) / STEP_S), most)

        watch, feeding, sizes = self.watch, self.feeding, self.sizes
        return (
            age(watch.fed, sizes.after + 2 * sizes.asleep), age(watch.looked, sizes.asleep), watch.holding,
            age(watch.steady, sizes.settle) if watch.holding else None,
            watch.boot == feeding.boot, age(max(watch.assert_due, self.now), 0),
            age(feeding.fed, sizes.after), age(feeding.unanswered, sizes.silent),
            feeding.notes, min(feeding.count - feeding.first, 4),
            tuple((age(feed.at, 2 * self.enough), self._kin(feed.boot, feed.count)) for feed in self.queue),
            tuple((self._kin(feeding.boot, answer.count), answer.notes) for answer in self.inbox),
            self.coil, self.agent_ran, self.agent_still, self.dog_ran, self.dog_still, self.both_ran,
        )  # fmt: skip

    def _kin(self, boot: bytes, count: int) -> tuple[bool, bool]:
        """Whether it is of the present agent, and since its last pause."""
        return boot == self.feeding.boot, boot == self.feeding.boot and count >= self.feeding.first


def check(before: Both, now: Both, action: str) -> Iterator[str]:
    """Yield every law that this step breaks."""
    holding, sizes = now.watch.holding, now.sizes
    if min(now.agent_still, now.dog_ran) > sizes.after and not (holding and now.coil):
        yield "a silent agent: closed after its time, counted from when the watchdog woke"
    if now.dog_ran and holding and not (now.coil or action.endswith("A")):
        yield "while it holds, the coil is closed"
    if before.watch.holding and holding and before.dog_ran >= 2 and now.opened:
        yield "an agent does not open what the watchdog holds"
    if now.both_ran > sizes.after + sizes.settle and (holding or now.coil):
        yield "a healthy agent is not fought"
    if now.tripped and now.agent_ran > sizes.asleep + 2:
        yield "a healthy agent is not taken for a dead one"
    if now.both_ran > 3 and now.feeding.silent(now.now):
        yield "a watchdog that answers is not silent"
    if min(now.agent_ran, now.dog_still) > sizes.silent + 1 and not now.feeding.silent(now.now):
        yield "a watchdog that does not answer is noticed"
    if min(now.agent_ran, now.dog_still) > sizes.silent + 1 and now.coil:
        yield "an agent whose watchdog is gone goes on by itself"


def explore(sizes: Sizes, until: str | None = None) -> tuple[int, int, Counter[str]]:
    """Walk every step from every situation, or until a law breaks; return situations, steps, broken laws."""
    start = Both.born(sizes)
    seen, waiting, steps, broken = {start.key()}, deque([start]), 0, Counter[str]()
    while waiting and until not in broken:
        here = waiting.popleft()
        for action in ACTIONS:
            if "D" not in action and here.dog_still >= sizes.asleep:
                continue
            there = here.after(action)
            steps += 1
            broken.update(check(here, there, action))
            if (key := there.key()) not in seen:
                seen.add(key)
                waiting.append(there)
    return len(seen), steps, broken


@pytest.mark.parametrize(
    "sizes", [SMALL, pytest.param(SHIPPED, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_every_situation_of_the_two_keeps_the_laws(sizes: Sizes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "SILENT_S", sizes.silent * STEP_S)
    situations, steps, broken = explore(sizes)
    assert not broken
    assert (situations, steps) == FOUND[sizes], "docs/watchdog.md tells these figures"


def only_at_the_start(self: Feeding, _now: float) -> bool:
    return self.fed is None


MUTANTS: dict[str, tuple[object, str, object, str]] = {
    "its own sleep counts": (watch, "ASLEEP_S", 1e9, "a healthy agent is not taken for a dead one"),
    "it writes once": (watch, "ASSERT_S", 1e9, "while it holds, the coil is closed"),
    "nothing is steady": (watch, "STEADY_S", 0.0, "a healthy agent is not fought"),
    "the agent presumes nothing": (
        feeding,
        "PRESUME_FEEDS",
        0.0,
        "an agent does not open what the watchdog holds",
    ),
    "it presumes for ever": (
        feeding,
        "PRESUME_FEEDS",
        10**9,
        "an agent whose watchdog is gone goes on by itself",
    ),
    "silence is never noticed": (feeding, "SILENT_S", 1e9, "a watchdog that does not answer is noticed"),
    "silence is noticed at once": (feeding, "SILENT_S", 0.0, "a watchdog that answers is not silent"),
    "a pause is not noticed": (
        Feeding,
        "_paused",
        only_at_the_start,
        "an agent does not open what the watchdog holds",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_breaks_its_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, what, instead, law = MUTANTS[name]
    monkeypatch.setattr(feeding, "SILENT_S", SMALL.silent * STEP_S)
    monkeypatch.setattr(place, what, instead)
    assert law in explore(SMALL, law)[2]


def test_all_that_it_ever_writes_is_closed() -> None:
    assert set(CLOSED) == {"warn_closed", "warn_siren"}
    assert set(CLOSED.values()) == {1.0}
