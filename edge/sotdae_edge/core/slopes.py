"""The slopes of one city agent: readings in, stages, alarms and trends out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sotdae_edge.core.alarms import AlarmBook, Condition
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.forecast import Forecast, Refusal, forecast
from sotdae_edge.core.movement import HOUR_S, Movement
from sotdae_edge.core.since import Since
from sotdae_edge.core.slope import Slope, Stage, Want, day_wants, hour_wants
from sotdae_edge.core.soil import Soil
from sotdae_edge.core.staging import settled
from sotdae_shared.samples import Sample

LOST_S = 1.0
"""A reading off the scale must be seen again after this time."""
RAIN_KNOWN_S = HOUR_S
"""A gauge silent for longer says nothing, and limits are lowered as if the ground were wet."""
PRIORITY = {Stage.ATTENTION: 3, Stage.RESTRICT: 2, Stage.PREPARE: 2, Stage.EVACUATE: 1}
TEXT = {
    Stage.ATTENTION: "slope moves: watch it",
    Stage.RESTRICT: "slope moves: keep everybody out",
    Stage.PREPARE: "slope moves: prepare to evacuate",
    Stage.EVACUATE: "slope moves: evacuate",
}


@dataclass(slots=True)
class SlopeState:
    """One slope's memory."""

    stage: Stage = Stage.NORMAL
    episode: int = 0
    movement: Movement = field(default_factory=Movement)
    since: Since = field(default_factory=Since)
    soil: Soil = field(default_factory=Soil)
    rain: tuple[float, float] | None = None
    """The gauge's last rate in mm/h and when it was read."""
    count: int | None = None
    heard_until: float = float("-inf")
    value: float | None = None
    """None is unknown: never heard, silent, or off the scale."""
    lost: Stage | None = None
    """The stage that a torn or full wire asks for."""
    wants: list[Want] = field(default_factory=list)
    days: list[Want] = field(default_factory=list)
    outlook: Forecast | Refusal | None = None


@dataclass(slots=True)
class Slopes:
    """All slopes of one city agent. `kept` is the memento of the last run."""

    slopes: tuple[Slope, ...]
    boot: str
    born: float
    kept: Mapping[str, Any] = field(default_factory=dict)
    forecasts: bool = True
    """Whether each long-memory reading brings a new forecast; a replay asks only for the last."""
    states: dict[str, SlopeState] = field(default_factory=dict)
    alarms: AlarmBook = field(default_factory=AlarmBook)

    def __post_init__(self) -> None:
        """Start with the stages of the last run: a restart calms nobody."""
        for spec in self.slopes:
            stage, episode = _understood(self.kept.get(spec.name))
            self.states[spec.name] = SlopeState(stage=stage, episode=episode)

    def memento(self) -> dict[str, Any]:
        """Return what a restart must remember."""
        return {
            name: {"stage": int(each.stage), "episode": each.episode} for name, each in self.states.items()
        }

    def take(self, points: Mapping[str, Sample], now: float) -> list[Alarm | Decided]:
        """Take one scan and return what changed."""
        changed: list[Alarm | Decided] = []
        for spec in self.slopes:
            state = self.states[spec.name]
            _take_rain(spec, state, points, now)
            grew = _take(spec, state, points.get(spec.point), now)
            if grew and self.forecasts:
                state.outlook = forecast(state.movement.series_h())
            changed += self._step(spec, state, now)
        return changed + list(self.alarms.update(self._conditions(now), now))

    def _step(self, spec: Slope, state: SlopeState, now: float) -> list[Decided]:
        """Rise at once; fall when everything has been known and calm for long enough."""
        wants = [*state.wants, *state.days]
        if state.lost is not None:
            wants.append((state.lost, "the wire is torn or at the end of its scale"))
        wanted = max((stage for stage, _ in wants), default=Stage.NORMAL)
        previous = state.stage
        known = wanted < previous and now < state.heard_until
        known = known and state.movement.per_hour(HOUR_S, now) is not None
        stage = settled(previous, wanted, known=known, since=state.since, calm_s=spec.calm_s, now=now)
        state.stage = Stage(stage)
        if state.stage is previous:
            return []
        if previous is Stage.NORMAL:
            state.episode += 1
        because = tuple(text for stage, text in wants if stage is state.stage) or (
            f"calm for {spec.calm_s / HOUR_S:g} h",
        )
        incident = f"{spec.name}-{state.episode}"
        word = state.stage.name.lower()
        return [Decided(f"slope_{word}", word, previous.name.lower(), because, incident, spec.name)]

    def _conditions(self, now: float) -> list[Condition]:
        found = []
        for spec in self.slopes:
            state, code = self.states[spec.name], f"slope.{spec.name}"
            silent = now >= max(state.heard_until, self.born + spec.silent_s)
            worse = 1 if state.stage > Stage.NORMAL else 2
            found += [
                Condition(f"{code}.{stage.name.lower()}", PRIORITY[stage], state.stage is stage, TEXT[stage])
                for stage in PRIORITY
            ]
            found += [
                Condition(
                    f"{code}.lost", 1, state.lost is not None, "wire torn or at its end: movement or damage"
                ),
                Condition(f"{code}.silent", worse, silent, "instrument silent: state unknown"),
                Condition(
                    f"{code}.trend", 2, isinstance(state.outlook, Forecast), trend_text(state.outlook, now)
                ),
            ]
        return found

    def next_deadline(self, now: float) -> float | None:
        """Return when time alone may change something."""
        due = [max(self.states[spec.name].heard_until, self.born + spec.silent_s) for spec in self.slopes]
        times = [
            self.alarms.next_deadline(now),
            *(each.since.next_deadline(now) for each in self.states.values()),
        ]
        due += [at for at in times if at is not None]
        return min((at for at in due if at > now), default=None)


def trend_text(outlook: Forecast | Refusal | None, now: float) -> str:
    """Say a forecast as what it is: a trend with an interval."""
    if not isinstance(outlook, Forecast):
        return "no trend" if outlook is None else f"no trend: {outlook.text}"
    early, best, late = (at_h - now / HOUR_S for at_h in (outlook.early_h, outlook.at_h, outlook.late_h))
    return f"the trend would end in {best:.3g} h ({early:.3g} to {late:.3g} h); this is no time of a collapse"


def _understood(kept: Any) -> tuple[Stage, int]:
    """Return stage and episode of a memento; one that cannot be read starts afresh."""
    try:
        return Stage(kept["stage"]), int(kept["episode"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return Stage.NORMAL, 0


def _take_rain(spec: Slope, state: SlopeState, points: Mapping[str, Sample], now: float) -> None:
    """Fill the ground with what fell since the last look, at most once a minute."""
    sample = None if spec.rain_point is None else points.get(spec.rain_point)
    if sample is None or sample.value is None:
        return
    if state.rain is not None and now < state.rain[1] + 60.0:
        return
    if state.rain is not None:
        state.soil.rain(sample.value, (now - state.rain[1]) / HOUR_S)
    state.rain = (sample.value, now)


def _take(spec: Slope, state: SlopeState, sample: Sample | None, now: float) -> bool:
    """Take a fresh reading; tell whether the long memory grew."""
    if sample is None or (sample.count is not None and sample.count == state.count):
        return False
    state.count = sample.count
    state.heard_until = now + spec.silent_s
    # An instrument that answers without a value has an open circuit: a torn wire, not missing data.
    if sample.value is None or abs(sample.value) >= spec.full_scale:
        state.value = None
        if state.since.held("torn", True, LOST_S, now) and state.lost is None:
            state.lost = Stage.EVACUATE if state.stage >= Stage.ATTENTION else Stage.PREPARE
        return False
    state.since.forget("torn")
    if state.lost is not None:
        state.lost = None
        state.movement.forget()
    state.value = sample.value
    return _judge(spec, state, sample.value, now)


def _judge(spec: Slope, state: SlopeState, value: float, now: float) -> bool:
    before = state.movement.far[-1] if state.movement.far else None
    if not state.movement.take(value, now):
        return False
    state.wants = hour_wants(spec, state.movement, state.since, _factor(spec, state, now), now)
    if state.movement.far[-1] == before:
        return False
    state.days = day_wants(spec, state.movement, now)
    return True


def _factor(spec: Slope, state: SlopeState, now: float) -> float:
    """Return what to multiply the hourly limits with: rain lowers them, and so does not knowing."""
    if spec.rain_point is None:
        return 1.0
    known = state.rain is not None and now < state.rain[1] + RAIN_KNOWN_S
    limits = spec.rule_limits
    return 1.0 if known and state.soil.index_mm < limits.wet_index_mm else limits.wet_factor
