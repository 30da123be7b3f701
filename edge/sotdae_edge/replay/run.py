"""The virtual-time loop: rows and deadlines into the shipped gate, its decisions out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.effects import Decided, Effect
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.outputs import Outputs
from sotdae_edge.replay import people
from sotdae_edge.replay.layout import Layout
from sotdae_edge.replay.plant import Plant
from sotdae_edge.replay.series import Series

QUIET = frozenset({State.OPEN, State.CLOSED})
BEAT_S = 0.2
"""In any other state the controller is read this often between rows."""
TAIL_S = 30.0
"""A closing that the last rows began may end."""
ASSUMED = "assumed: two people reopen as soon as they may"


@dataclass(frozen=True, slots=True)
class Step:
    """A change of state or stage."""

    at_s: float
    state: str
    level_cm: float | None
    first_out: str | None
    because: tuple[str, ...]
    cause: str | None = None
    """For a trip what caused it: level, predicted, river or context."""


@dataclass(slots=True)
class Run:
    """One gate through one series."""

    series: Series
    layout: Layout
    steps: list[Step] = field(default_factory=list)
    levels_cm: list[float | None] = field(default_factory=list)
    """The gate's level at each row: what its valid channels say."""
    gate: Gate = field(init=False)
    plant: Plant = field(init=False)
    _now: float = 0.0
    _asked_at: float = -inf
    _asked: int = 0
    _stage: Stage = Stage.NORMAL

    def __post_init__(self) -> None:
        """Set up gate and plant at the first row's moment."""
        site, self._now = self.layout.site, self.series.times_s[0]
        self.gate = Gate.start(site, "0" * 16, self._now)
        # Warnings are repeated each second for a controller that restarts; this one never does.
        self.gate.outputs = Outputs(assert_s=inf)
        stroke_s = site.geometry.lowering_s
        self.plant = Plant(self.series, self.layout.feeds, stroke_s, self._now, self._now)

    def go(self, progress: Callable[[int], None] = lambda rows: None) -> None:
        """Play every row; tell how many are done now and then."""
        for row, at in enumerate(self.series.times_s):
            self._pass_time(at)
            self.plant.row = row
            self._beat(at)
            self.levels_cm.append(self.gate.sensing.level_cm(at))
            if row % 4096 == 0:
                progress(row)
        self._pass_time(self._now + TAIL_S)

    def _pass_time(self, until: float) -> None:
        while (due := self._next()) < until:
            reopen, beat = self._reopen_at(), self._beat_at()
            if due == reopen:
                self._reopen(due)
            elif due == beat:
                self._beat(due)
            else:
                self._note(self.gate.tick(due), due)

    def _next(self) -> float:
        due = self.gate.next_deadline(self._now)
        return min(inf if due is None else due, self._reopen_at(), self._beat_at())

    def _beat_at(self) -> float:
        return inf if self.gate.state in QUIET else self.plant.scanned_at + BEAT_S

    def _beat(self, now: float) -> None:
        self._note(self.gate.handle(self.plant.scan(now), now), now)

    def _reopen_at(self) -> float:
        at = people.eligible_at(self.gate)
        return inf if at is None or at <= self._asked_at else max(at, self._now)

    def _reopen(self, now: float) -> None:
        self._asked_at, self._asked = now, self._asked + 1
        self._note(self.gate.handle(people.ask(self._asked), now), now)
        self._note(self.gate.handle(people.order(self.gate, self._asked), now), now)

    def _note(self, effects: list[Effect], now: float) -> None:
        self._now = now
        for effect in effects:
            if isinstance(effect, Decided):
                self._decided(effect, now)
            else:
                self.plant.obey(effect, now)
        self._watch_stage(now)

    def _decided(self, effect: Decided, now: float) -> None:
        born = effect.previous == State.START and effect.state == State.OPEN
        if effect.state == effect.previous or born:
            return
        assumed = (ASSUMED,) if effect.decision == Signal.OPEN_GRANTED else ()
        cause = None
        if effect.state == State.PRE_WARN and self.gate.incident is not None:
            cause = self.gate.incident.cause
        because = (*assumed, *effect.because)
        self.steps.append(Step(now, effect.state, effect.level_cm, effect.first_out, because, cause))

    def _watch_stage(self, now: float) -> None:
        """Note when caution comes and goes while the road is open."""
        stage = self.gate.stage
        if stage is self._stage or stage is Stage.UNKNOWN or self.gate.state is not State.OPEN:
            return
        self._stage = stage
        level_cm = self.gate.sensing.level_cm(now)
        rounded = None if level_cm is None else round(level_cm, 2)
        if stage is not Stage.CLOSE:
            self.steps.append(Step(now, stage.value, rounded, None, (_why(self.gate, stage, level_cm),)))


def _why(gate: Gate, stage: Stage, level_cm: float | None) -> str:
    levels = gate.site.levels
    if stage is Stage.NORMAL:
        return f"below {levels.caution_off_cm:g} cm for {gate.site.times.caution_off / 60:g} min"
    if level_cm is None:
        return "no valid level channel"
    return (
        f"water at {levels.caution_cm:g} cm"
        if level_cm >= levels.caution_cm
        else "river at caution, or silent"
    )
