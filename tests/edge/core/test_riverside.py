"""A riverside gate: a voice, a late lock, an inside handle that always opens, people who reopen."""

from dataclasses import dataclass, replace

import pytest
from edge.core.people import NONCE, came, order, signed
from edge.core.plant import SITE, Plant, Story

from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Decided, Effect, Lock, Motion, Voice
from sotdae_edge.core.events import NonceAsked
from sotdae_edge.core.limits import riverside_problems
from sotdae_edge.core.site import Riverside, Site, Times
from sotdae_shared.samples import Sample

TRAIL = replace(
    SITE,
    facility="GG-41135-RG-0012",
    riverside=Riverside(lock_after=30.0),
    checklist=("on_site", "sweep"),
    times=Times(reopen_dry=2.0),
)


@dataclass
class Trail(Story):
    """A story at a trail's gate, whose leaf obeys at once unless it is locked."""

    site: Site = TRAIL
    handle: bool | None = False
    locked: bool = False

    def scan(self, **points: Sample | None) -> list[Effect]:
        if self.handle:
            self.plant.arm, self.locked = "open", False
        own = {
            "inside_release": Sample(None if self.handle is None else float(self.handle)),
            "locked": Sample(float(self.locked)),
        }
        return super().scan(**(own | points))

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            if isinstance(effect, Lock):
                self.locked = effect.engaged and self.plant.arm == "closed" and not self.handle
        for motion, arm in ((Motion.LOWER, "closed"), (Motion.RAISE, "open")):
            if any(getattr(effect, "motion", None) is motion for effect in effects) and not self.locked:
                self.plant.arm = arm
        return super().take(effects)

    @property
    def said(self) -> Voice | None:
        return None if self.warned is None else self.warned.voice

    def open_up(self, *checked: str) -> Decided:
        self.give(NonceAsked("q", NONCE))
        incident = None if self.gate.incident is None else self.gate.incident.name
        seq = max(self.gate.last_seq.values(), default=0) + 1
        wanted = order(
            facility=self.site.facility,
            incident=incident,
            seq=seq,
            expect_state=self.gate.state.value,
            checklist=checked,
        )
        effects = self.give(came(signed(wanted, "lee", "park")))
        return next(effect for effect in effects if isinstance(effect, Decided) and effect.verdict)


def shut() -> Trail:
    """Return a gate that the river has shut a moment ago."""
    story = Trail()
    story.run(1.0)
    assert story.gate.state is State.OPEN
    assert story.said is Voice.SILENT
    story.plant.river = 2902.0
    story.run(9.0)
    assert story.gate.state is State.CLOSED
    return story


def test_the_voice_says_caution_then_leave_then_closed() -> None:
    story = Trail()
    story.plant.river = 2600.0
    story.run(2.0)
    assert (story.gate.state, story.said) == (State.OPEN, Voice.CAUTION)
    story.plant.river = 2902.0
    story.run(3.0)
    assert (story.gate.state, story.said) == (State.PRE_WARN, Voice.LEAVE)
    story.run(10.0)
    assert (story.gate.state, story.said, story.locked) == (State.CLOSED, Voice.LEAVE, False)
    story.run(30.0)
    assert (story.gate.state, story.said, story.locked) == (State.CLOSED, Voice.CLOSED, True)


def test_the_inside_handle_opens_a_locked_gate_and_it_shuts_behind_them() -> None:
    story = shut()
    story.run(31.0)
    assert story.locked
    story.handle = True
    story.run(1.0)
    assert story.gate.state is State.MANUAL
    assert (story.locked, story.plant.arm) == (False, "open")
    assert story.warned is not None
    assert story.warned.closed
    assert story.alarms["gate.released"] == 2
    story.handle, story.plant.loop = False, True
    story.run(8.0)
    assert story.plant.arm == "open", "somebody stands in the gateway"
    story.plant.loop = False
    story.run(3.0)
    assert story.gate.state is State.CLOSED
    assert not story.locked, "others may still be inside"
    assert "gate.released" not in story.alarms


def test_nobody_opens_it_for_good_from_inside_nor_with_the_key_alone() -> None:
    story = shut()
    story.plant.water(0.0)
    story.plant.river = 120.0
    story.run(5.0)
    assert story.gate.dry_s(story.now) >= story.site.times.reopen_dry
    for name in ("handle", "key"):
        if name == "handle":
            story.handle = True
        else:
            story.plant.key, story.plant.arm = True, "open"
        story.run(2.0)
        assert story.gate.state is State.MANUAL
        story.handle, story.plant.key = False, False
        story.run(12.0)
        assert story.gate.state is State.CLOSED
        assert story.gate.incident is not None


def test_a_handle_of_which_nothing_is_known_neither_locks_nor_ends_a_hand_on_the_gate() -> None:
    story = shut()
    story.handle = None
    story.run(40.0)
    assert not story.locked
    story.plant.key = True
    story.run(1.0)
    story.plant.key = False
    story.run(5.0)
    assert story.gate.state is State.MANUAL


def test_a_gate_that_is_shut_but_in_somebodys_hand_is_not_locked() -> None:
    story = shut()
    story.run(31.0)
    assert story.locked
    story.plant.key = True
    story.run(40.0)
    assert (story.gate.state, story.plant.arm, story.locked) == (State.MANUAL, "closed", False)


def test_two_people_reopen_it_after_a_sweep() -> None:
    story = shut()
    story.run(31.0)
    story.plant.river = 120.0
    story.run(5.0)
    refused = story.open_up("on_site")
    assert refused.verdict == "refused"
    assert "sweep" in refused.because[0]
    assert story.open_up("on_site", "sweep").verdict == "accepted"
    story.run(2.0)
    assert (story.gate.state, story.locked) == (State.OPEN, False)


def test_it_is_unlocked_before_it_is_driven_open() -> None:
    story = shut()
    story.run(31.0)
    story.plant.river = 120.0
    story.run(5.0)
    story.effects.clear()
    story.open_up("on_site", "sweep")
    kinds = [effect for effect in story.effects if isinstance(effect, Lock) or hasattr(effect, "motion")]
    assert kinds[0] == Lock(False)


@pytest.mark.parametrize("engaged", [True, False])
def test_a_lock_that_does_not_obey_is_told(engaged: bool) -> None:
    story = shut()
    for _ in range(200):
        story.locked = engaged
        story.run(0.2)
    assert ("gate.lock" in story.alarms) is not engaged
    story.handle = True
    for _ in range(20):
        story.scan(locked=Sample(float(engaged)))
        story.wait(0.2)
    assert ("gate.lock" in story.alarms) is engaged


def test_an_underpass_has_no_lock_and_no_voice() -> None:
    story = Story()
    story.run(1.0)
    story.close()
    story.run(200.0)
    assert not any(isinstance(effect, Lock) for effect in story.effects)
    assert story.warned is not None
    assert story.warned.voice is Voice.SILENT


def test_limits() -> None:
    assert not list(riverside_problems(Riverside()))
    assert list(riverside_problems(Riverside(lock_after=5.0)))


def test_a_plant_that_jams_is_a_failed_closing_here_too() -> None:
    story = Trail(plant=Plant(loop=True))
    story.run(1.0)
    story.plant.river = 2902.0
    story.run(40.0)
    assert story.gate.state is State.HELD_OPEN
    assert story.alarms["gate.held_open"] == 1
    assert not story.locked


def test_the_words_of_a_handle_and_of_a_lock() -> None:
    story = shut()
    story.run(31.0)
    story.handle = True
    for _ in range(20):
        story.scan(locked=Sample(1.0))
        story.wait(0.2)
    texts = story.gate.alarms.texts
    assert texts["gate.released"] == "opened from inside: somebody comes out; it closes behind them"
    assert texts["gate.lock"] == "the lock holds though it must not"
    assert story.alarms["gate.lock"] == 2
    story = shut()
    for _ in range(200):
        story.locked = False
        story.run(0.2)
    assert story.gate.alarms.texts["gate.lock"] == "the lock does not hold"


def test_it_locks_when_its_time_has_come_and_not_before() -> None:
    story = shut()
    (way,) = story.gate.approaches
    story.effects.clear()
    at = way.entered + 30.0
    story.run(round((at - 0.1 - story.now) / 0.1) * 0.1, every=0.1)
    assert story.now == pytest.approx(at - 0.1)
    assert Lock(True) not in story.effects
    story.scan()
    story.wait(0.1 + 1e-6)
    assert story.now == pytest.approx(at)
    assert Lock(True) in story.effects


@pytest.mark.parametrize("tick", [True, False])
def test_a_time_in_which_nobody_watched_counts_like_an_opening(tick: bool) -> None:
    story = shut()
    story.run(25.0)
    story.effects.clear()
    if tick:
        story.wait(2.0)
    else:
        story.now += 2.0  # the agent was stopped
    story.run(29.0)
    assert Lock(True) not in story.effects
    story.run(2.0)
    assert Lock(True) in story.effects
