"""The names under which conditions ripen: snapshots hold them, and an older record must still replay."""

from dataclasses import replace

import pytest
from edge.core.gates import FLOOD, quiet
from edge.core.plant import SITE, Story
from edge.core.test_hazard import BLINDED, RISING, cm, sensing

from sotdae_edge.core.barrier import State
from sotdae_edge.core.hazard import Single
from sotdae_edge.core.site import Riverside
from sotdae_shared.samples import Sample


def test_what_ripens_of_the_water() -> None:
    wet = sensing(cm(20.0), cm(20.0), rates=RISING, river=Single(3000.0, 1, float("inf")))
    wet.trips(1000.0, 1000.0)
    wet.stage(1000.0, [])
    assert wet.since.due.keys() == {"level", "predicted", "river", "caution"}
    blind = sensing(**BLINDED)
    blind.trips(1000.0, 1000.0)
    assert blind.since.due.keys() == {"blind"}


def in_state(state: State) -> Story:
    story = quiet(replace(SITE, riverside=Riverside(30.0)), lane_ok=False)
    story.gate.incident, story.gate.approaches[0].state = FLOOD, state
    return story


@pytest.mark.parametrize(
    ("state", "arm", "names"),
    [
        (State.MANUAL, "mid", {"lane", "manual", "lock"}),
        (State.CLOSED, "mid", {"lane", "lock", "proof"}),
    ],
)
def test_what_ripens_at_an_approach(state: State, arm: str, names: set[str]) -> None:
    story = in_state(state)
    way = story.gate.approaches[0]
    way.latched.engaged = False
    key = Sample(None if state is State.MANUAL else 0.0)
    story.plant.arm = arm
    story.scan(locked=Sample(1.0), inside_release=Sample(0.0), local_key=key)
    assert way.since.due.keys() >= names
    assert way.since.due.keys() <= names | {"astray", "sign_closed", "flasher_on", "siren_on"}


def test_what_ripens_while_all_is_open() -> None:
    story = quiet()
    story.plant.arm = "mid"
    story.scan()
    assert story.gate.approaches[0].since.due.keys() == {"astray"}
