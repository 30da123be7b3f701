"""The course of a walk: which steps a gate needs, in which order, and one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sotdae_edge.config import GateConfig
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import Result, State, Walk
from sotdae_provisioning.device.walk.steps import (
    box,
    camera,
    clock,
    link,
    papers,
    radio,
    sensors,
    storage,
    stroke,
    surroundings,
    warnings,
)
from sotdae_shared.errors import SotdaeError


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, and how it is done. A name after a colon tells one of a kind from the others."""

    name: str
    run: Callable[[Kit], Notes]


def steps(config: GateConfig) -> tuple[Step, ...]:
    """Return every step that a gate needs. The arm comes after all that it is judged by."""
    return (
        Step("box", box.identify),
        Step("papers", papers.check),
        Step("clock", clock.check),
        Step("storage", storage.check),
        Step("link", link.check),
        *(Step(f"sensor:{each.name}", partial(sensors.check, channel=each)) for each in config.channels),
        Step("context", surroundings.context),
        *_each(config, "lane", surroundings.lane),
        Step("lamps", partial(warnings.check, test="lamps")),
        Step("siren", partial(warnings.check, test="siren")),
        *([] if config.riverside is None else [Step("voice", warnings.voice)]),
        *_each(config, "arm", stroke.check),
        Step("camera", camera.check),
        Step("radio", radio.check),
        Step("power", surroundings.power),
    )


def _each(config: GateConfig, name: str, run: Callable[[Kit, int], Notes]) -> Iterator[Step]:
    for number, approach in enumerate(config.approaches):
        yield Step(f"{name}:{approach.name}" if approach.name else name, _for(run, number))


def _for(run: Callable[[Kit, int], Notes], number: int) -> Callable[[Kit], Notes]:
    return lambda kit: run(kit, number)


def walk(kit: Kit, begun: Walk, keep: Callable[[Walk], None]) -> Walk:
    """Do every step that is not well yet; `keep` is given the walk after each, so that none is done twice."""
    course = steps(kit.config)
    for number, step in enumerate(course, 1):
        if _settled(begun.of(step.name)):
            continue
        kit.ask.begin(number, len(course), step.name)
        result = _tried(kit, step)
        while kit.ask.ended(result):
            kit.ask.begin(number, len(course), step.name)
            result = _tried(kit, step)
        begun = begun.noting(result)
        keep(begun)
    return begun


def _settled(result: Result | None) -> bool:
    return result is not None and result.state in (State.OK, State.NOT_FITTED)


def _tried(kit: Kit, step: Step) -> Result:
    """Do one step. What it could not foresee is a failed step, not a lost walk."""
    began, at = kit.clock.monotonic(), kit.wall()
    try:
        notes = step.run(kit)
    except (SotdaeError, OSError) as error:
        notes = Notes()
        notes.fault("unforeseen", because=f"{type(error).__name__}: {error}"[:300])
    return notes.result(step.name, at, kit.clock.monotonic() - began)
