"""Several approaches, each effect held against the laws of one arm; an exit goes last."""

from dataclasses import dataclass, field, replace

from edge.core.test_approaches import WIDE, Wide
from edge.core.watched import QUICK

from sotdae_edge.core.barrier import TRANSITIONS, Signal, State
from sotdae_edge.core.effects import Decided, Drive, Effect, Motion, Warn
from sotdae_edge.core.site import Site

EPSILON_S = 1e-6
SITE = replace(WIDE, times=QUICK.times, retries=1, geometry=replace(WIDE.geometry, length_m=17.5))
WITHOUT = (State.OPEN, State.OPENING, State.MANUAL, State.START)


@dataclass
class WatchedWide(Wide):
    """A story that fails as soon as a law is broken."""

    site: Site = SITE
    closed_since: float | None = None
    granted: bool = False
    edges: set[tuple[State, Signal]] = field(default_factory=set)

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
                case Decided() if effect.state != effect.previous:
                    self._check_step(effect)
        found = super().take(effects)
        self._check_state()
        return found

    def _check_step(self, step: Decided) -> None:
        before, signal = State(step.previous), Signal(step.decision)
        assert TRANSITIONS[before].get(signal) is State(step.state), step
        self.edges.add((before, signal))
        if signal is Signal.OPEN_GRANTED:
            assert self.granted, f"{step.approach} opens without people"
        elif signal in (Signal.TRIP, Signal.RESUME_CLOSE):
            self.granted = False

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
            assert set(shut) == {"closed"}, "an exit is lowered last"

    def _check_state(self) -> None:
        gate, due = self.gate, self.gate.next_deadline(self.now)
        assert due is None or due > self.now, "a deadline served is gone"
        for way in gate.approaches:
            if way.state not in WITHOUT:
                assert gate.incident is not None, way.state
            if way.state not in (State.OPEN, State.START, State.MANUAL):
                assert gate.outputs.warned is not None
                assert gate.outputs.warned.closed, f"{way.spec.name} {way.state} without warnings"
