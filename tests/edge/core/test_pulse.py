"""One lamp or siren test to the letter: what it shows, when it is over, why it failed."""

import pytest
from edge.core.plant import SITE, Plant

from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.effects import Voice, Warn
from sotdae_edge.core.pulse import Pulse
from sotdae_edge.core.site import Approach

CAUTION = Warn(closed=False, siren=False, caution=True, voice=Voice.CAUTION)
WAYS = (Approach("north", prefix="north_"), Approach("south", prefix="south_"))


def pulse(test: str = "lamps") -> Pulse:
    return Pulse(test, "kim", "c-1", dark_at=3.0, until=5.0)


def heard(now: float, *lit: bool) -> list[ApproachState]:
    """Return approaches whose lamps are all lit, or dark, at a moment."""
    ways = [ApproachState.of(spec) for spec in WAYS[: len(lit)]]
    for way, lamps in zip(ways, lit, strict=True):
        points = Plant(lamps=lamps).scan().points
        way.take({way.spec.prefix + name: each for name, each in points.items()}, SITE.times, now)
    return ways


def test_lamps_are_shown_instead_of_caution_and_a_siren_besides() -> None:
    assert pulse().shows(CAUTION, 2.9) == Warn(True, False, False, Voice.CAUTION)
    assert pulse("siren").shows(CAUTION, 2.9) == Warn(False, True, True, Voice.CAUTION)
    assert pulse().shows(CAUTION, 3.0) == pulse("siren").shows(CAUTION, 3.0) == CAUTION
    assert pulse().next_deadline() == (3.0, 5.0)


def test_it_is_over_when_all_is_seen_dark_again_or_its_time_is_up() -> None:
    test = pulse()
    assert not test.watch(heard(2.9, False), 2.9)
    assert test.watch(heard(3.0, False), 3.0)
    assert not test.watch(heard(4.9, True), 4.9)
    assert test.watch(heard(5.0, True), 5.0)
    assert not test.watch(heard(1.0, False), 4.9), "nobody sees that it is dark"
    assert test.lit == [], "what is lit after its time was not lit by it"


def test_each_lamp_is_noted_once() -> None:
    test = pulse()
    for now in (0.2, 0.4):
        test.watch(heard(now, True), now)
    assert test.lit == ["north_sign_closed", "north_flasher_on"]


@pytest.mark.parametrize(
    ("test", "lit", "dark", "problem"),
    [
        ("lamps", (True, True), (False, False), None),
        ("lamps", (True, False), (False, False), "not seen lit: south_sign_closed, south_flasher_on"),
        ("lamps", (True, True), (False, True), "not seen dark again: south_sign_closed, south_flasher_on"),
        ("siren", (True, False), (False, False), None),
        ("siren", (False, False), (False, False), "not seen lit: north_siren_on, south_siren_on"),
        ("siren", (True, False), (True, False), "not seen dark again: north_siren_on"),
    ],
)
def test_why_it_failed(
    test: str, lit: tuple[bool, bool], dark: tuple[bool, bool], problem: str | None
) -> None:
    """One siren may serve all approaches; every lamp must be seen."""
    found = pulse(test)
    found.watch(heard(1.0, *lit), 1.0)
    assert found.problem(heard(4.0, *dark), 4.0) == problem


def test_a_lamp_of_which_nothing_is_known_is_not_dark() -> None:
    found = pulse("siren")
    found.watch(heard(1.0, True), 1.0)
    assert found.problem(heard(1.0, True), 4.0) == "not seen dark again: north_siren_on"
