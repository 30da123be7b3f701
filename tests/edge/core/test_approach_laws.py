"""Random stories at a gate with two entries and an exit: the laws of one arm hold for each."""

from dataclasses import dataclass, field, replace

from edge.core.test_approaches import WIDE, Wide
from edge.core.watched import QUICK
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.effects import Decided, Drive, Effect, Motion, Warn

EPSILON_S = 1e-6
SITE = replace(WIDE, times=QUICK.times, retries=1, geometry=replace(WIDE.geometry, length_m=17.5))
NAMES = ("north", "south", "out")
LANES = ("north_a_", "north_b_", "south_", "out_")
WITHOUT = (State.OPEN, State.OPENING, State.MANUAL, State.START)


@dataclass
class Judged(Wide):
    """A story that fails as soon as a law is broken."""

    site: object = SITE  # type: ignore[assignment]
    closed_since: float | None = None
    granted: bool = False
    restarted: bool = False
    turns: dict[str, float] = field(default_factory=dict)

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case Warn(closed=True):
                    self.closed_since = self.now if self.closed_since is None else self.closed_since
                case Warn():
                    self.closed_since = None
                case Drive(motion=Motion.LOWER, approach=name):
                    self._check_lowering(name)
                case Drive(motion=Motion.RAISE):
                    assert self.closed_since is not None, "raises behind closed warnings"
                case Decided(verdict="accepted", decision="open"):
                    self.granted = True
                case Decided(decision=Signal.OPEN_GRANTED, approach=name):
                    assert self.granted, f"{name} opens without people"
                case Decided(decision=Signal.TRIP | Signal.RESUME_CLOSE):
                    self.granted = False
        found = super().take(effects)
        self._check_state()
        return found

    def _check_lowering(self, name: str) -> None:
        spec = self.way(name).spec
        mine = {spec.prefix + lane for lane in spec.lanes}
        assert not mine & self.busy, f"{name} is lowered upon a car"
        assert self.at[name].lane_ok, f"{name} is lowered though nobody can tell"
        assert not self.at[name].key, f"{name} moves past the key"
        assert self.closed_since is not None
        assert self.now - self.closed_since >= 3.0 - EPSILON_S, "warns 3 s before motion"
        if spec.side == "exit":
            shut = [self.at[each.spec.name].arm for each in self.gate.approaches if not each.is_exit]
            assert shut == ["closed", "closed"], "an exit is lowered last"

    def _check_state(self) -> None:
        gate, due = self.gate, self.gate.next_deadline(self.now)
        assert due is None or due > self.now, "a deadline served is gone"
        for way in gate.approaches:
            if way.state not in WITHOUT:
                assert gate.incident is not None, way.state
            if way.state not in (State.OPEN, State.START, State.MANUAL):
                assert gate.outputs.warned is not None
                assert gate.outputs.warned.closed, f"{way.spec.name} {way.state} without warnings"


ACTIONS = st.one_of(
    st.tuples(st.just("water"), st.sampled_from([0.0, 20.0])),
    st.tuples(st.just("car"), st.sampled_from(LANES)),
    st.tuples(st.just("drive off"), st.sampled_from(LANES)),
    st.tuples(st.just("lane"), st.tuples(st.sampled_from(NAMES), st.booleans())),
    st.tuples(st.just("key"), st.tuples(st.sampled_from(NAMES), st.booleans())),
    st.tuples(st.just("inside"), st.tuples(st.sampled_from(NAMES), st.booleans())),
    st.tuples(st.just("arm"), st.tuples(st.sampled_from(NAMES), st.sampled_from(["open", "mid", "closed"]))),
    st.tuples(st.just("open"), st.none()),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("run"), st.sampled_from([0.2, 1.0, 4.0, 9.0])),
)


def act(story: Judged, what: str, value: object) -> None:
    match what, value:
        case "water", float(cm):
            story.plant.water(cm)
        case "car", str(lane):
            story.busy = story.busy | {lane}
        case "drive off", str(lane):
            story.busy = story.busy - {lane}
        case "lane", (str(name), bool(on)):
            story.at[name].lane_ok = on
        case "key", (str(name), bool(on)):
            story.at[name].key = on
        case "inside", (str(name), bool(on)):
            story.at[name].inside = on
        case "arm", (str(name), str(arm)):
            story.at[name].arm = arm
        case "open", _:
            story.open_up()
        case "restart", _:
            story.restart()
            story.granted = False
        case "run", float(seconds):
            story.run(seconds)
    story.run(0.2)


@given(st.lists(ACTIONS, max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_each_arm_keeps_the_laws_and_a_flood_closes_every_entry(
    story_of: list[tuple[str, object]],
) -> None:
    story = Judged()
    story.run(1.0)
    for what, value in story_of:
        act(story, what, value)
    for plant in story.at.values():
        plant.key, plant.inside, plant.lane_ok, plant.current = False, False, True, 0.0
    story.busy = set()
    story.plant.water(20.0)
    story.run(40.0)
    assert [way.state for way in story.gate.approaches] == [State.CLOSED] * 3, story.shown
