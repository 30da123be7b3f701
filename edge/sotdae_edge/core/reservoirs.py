"""The reservoirs of one city agent: readings in, grades and alarms out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sotdae_edge.core.alarms import AlarmBook, Condition
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.movement import Movement
from sotdae_edge.core.reservoir import (
    Embankment,
    Grade,
    Want,
    freeboard_wants,
    jump_wants,
    settlement_wants,
)
from sotdae_edge.core.since import Since
from sotdae_edge.core.staging import settled
from sotdae_shared.samples import Sample

PRIORITY = {Grade.ATTENTION: 3, Grade.ALERT: 2, Grade.SERIOUS: 1}


@dataclass(slots=True)
class Instrument:
    """One instrument's memory."""

    movement: Movement = field(default_factory=Movement)
    count: int | None = None
    heard_until: float = float("-inf")

    def take(self, sample: Sample | None, silent_s: float, now: float) -> bool:
        """Take a reading; tell whether it was kept."""
        if sample is None or sample.value is None:
            return False
        if sample.count is not None and sample.count == self.count:
            return False
        self.count = sample.count
        self.heard_until = now + silent_s
        return self.movement.take(sample.value, now)


@dataclass(slots=True)
class ReservoirState:
    """One reservoir's memory."""

    instruments: dict[str, Instrument]
    grade: Grade = Grade.NORMAL
    episode: int = 0
    since: Since = field(default_factory=Since)
    wants: list[Want] = field(default_factory=list)


@dataclass(slots=True)
class Reservoirs:
    """All reservoirs of one city agent. `kept` is the memento of the last run."""

    reservoirs: tuple[Embankment, ...]
    born: float
    kept: Mapping[str, Any] = field(default_factory=dict)
    states: dict[str, ReservoirState] = field(default_factory=dict)
    alarms: AlarmBook = field(default_factory=AlarmBook)

    def __post_init__(self) -> None:
        """Start with the grades of the last run: a restart calms nobody."""
        for spec in self.reservoirs:
            state = ReservoirState({name: Instrument() for name in spec.points})
            state.grade, state.episode = _understood(self.kept.get(spec.name))
            self.states[spec.name] = state

    def memento(self) -> dict[str, Any]:
        """Return what a restart must remember."""
        return {
            name: {"grade": int(each.grade), "episode": each.episode} for name, each in self.states.items()
        }

    def take(self, points: Mapping[str, Sample], now: float) -> list[Alarm | Decided]:
        """Take one scan and return what changed."""
        changed: list[Alarm | Decided] = []
        for spec in self.reservoirs:
            state = self.states[spec.name]
            fresh = [
                state.instruments[name].take(points.get(point), spec.silent_s, now)
                for name, point in spec.points.items()
            ]
            if any(fresh):
                state.wants = wants(spec, state.instruments, now)
            changed += _step(spec, state, now)
        return changed + list(self.alarms.update(self._conditions(now), now))

    def heard(self, now: float) -> bool:
        """Whether any instrument speaks."""
        return any(
            now < each.heard_until for state in self.states.values() for each in state.instruments.values()
        )

    def _conditions(self, now: float) -> list[Condition]:
        found = []
        for spec in self.reservoirs:
            state, code = self.states[spec.name], f"reservoir.{spec.name}"
            found += [
                Condition(
                    f"{code}.{grade.name.lower()}", PRIORITY[grade], state.grade is grade, _text(state, grade)
                )
                for grade in PRIORITY
            ]
            worse = 1 if state.grade > Grade.NORMAL else 2
            found += [
                Condition(f"{code}.silent_{name}", worse, silent, f"{name} is silent: state unknown")
                for name, each in state.instruments.items()
                for silent in [now >= max(each.heard_until, self.born + spec.silent_s)]
            ]
        return found


def wants(spec: Embankment, instruments: Mapping[str, Instrument], now: float) -> list[Want]:
    """Return what all instruments of a reservoir ask for."""
    movements = {name: each.movement for name, each in instruments.items()}
    level = movements["level"]
    found = freeboard_wants(spec, level)
    if "settlement" in movements:
        found += settlement_wants(spec, movements["settlement"], level, now)
    for name, floor in (("seepage", spec.seepage_floor), ("turbidity", spec.turbidity_floor)):
        if name in movements:
            found += jump_wants(name, spec.jump_factor, floor, movements[name], now)
    return found


def _step(spec: Embankment, state: ReservoirState, now: float) -> list[Decided]:
    wanted = max((grade for grade, _ in state.wants), default=Grade.NORMAL)
    known = all(now < each.heard_until for each in state.instruments.values())
    previous = state.grade
    grade = settled(previous, wanted, known=known, since=state.since, calm_s=spec.calm_s, now=now)
    state.grade = Grade(grade)
    if state.grade is previous:
        return []
    if previous is Grade.NORMAL:
        state.episode += 1
    word, why = state.grade.name.lower(), tuple(text for grade, text in state.wants if grade is state.grade)
    incident = f"{spec.name}-{state.episode}"
    return [Decided(f"reservoir_{word}", word, previous.name.lower(), why or ("calm",), incident, spec.name)]


def _text(state: ReservoirState, grade: Grade) -> str:
    return next((text for each, text in state.wants if each is grade), "not calm for long enough yet")


def _understood(kept: Any) -> tuple[Grade, int]:
    """Return grade and episode of a memento; one that cannot be read starts afresh."""
    try:
        return Grade(kept["grade"]), int(kept["episode"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return Grade.NORMAL, 0
