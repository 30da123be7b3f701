"""Concrete gates that live on near the representatives, and must stay on explored edges."""

import random
from dataclasses import replace

from edge.core.cuts import CUTS
from edge.core.exploration import Cut, Explored, ticking
from edge.core.judged import DRY_CM, TrailPlant
from edge.core.judged_tested import LampPlant
from edge.core.plant import Plant

from sotdae_edge.core.events import Scan
from sotdae_shared.samples import Sample

ROUGH = ("radar_level", "pressure_level", "arm_angle", "motor_current")


class Rough(Plant):
    """A plant whose instruments say something near their representatives, another thing at every scan."""

    dice: random.Random

    def scan(self, **points: Sample | None) -> Scan:
        exact = super().scan(**points).points
        return Scan({name: self._near(name, sample) for name, sample in exact.items()})

    def _near(self, name: str, sample: Sample) -> Sample:
        if name not in ROUGH or sample.value is None or sample.value == 15.0:
            return sample
        return replace(sample, value=sample.value + self.dice.uniform(-0.35, 0.35))


class RoughTrail(Rough, TrailPlant):
    """The same of a riverside gate."""


class RoughLamps(Rough, LampPlant):
    """The same of a gate whose lamps are tried."""


ROUGH_OF: dict[type[Plant], type[Rough]] = {Plant: Rough, TrailPlant: RoughTrail, LampPlant: RoughLamps}


def project(found: Explored, name: str, runs: int) -> None:
    """Let concrete gates live on from any time, with any numbers, and look each step up in the graph."""
    cut, dice = CUTS[name], random.Random(name)
    for _ in range(runs):
        with ticking(cut.site):
            _live(found, cut, dice)


def _live(found: Explored, cut: Cut, dice: random.Random) -> None:
    story = cut.start(dice.randrange(1 << 30))
    story.plant = ROUGH_OF[cut.plant](DRY_CM, DRY_CM, DRY_CM, count=dice.randrange(1 << 40))
    story.plant.dice = dice
    node = found.numbers[found.key(story)]
    for action in dice.choices(found.actions, k=120):
        if cut.over(story):
            return
        cut.actions[action](story)
        story.forget_past()
        node = found.after(node, action)
        assert found.numbers.get(found.key(story)) == node, f"{action}: not an explored edge"
