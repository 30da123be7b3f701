"""Rate of rise and the prediction made with it."""

import random
from dataclasses import replace

import pytest
from edge.core.plant import SITE, Story

from sotdae_edge.core.rate import rate_cm_min, will_be_unsafe
from sotdae_edge.core.site import Geometry

RISE = 20.0


def history(rate: float, sigma: float, seed: int, span_s: float = 15.0) -> list[tuple[float, float]]:
    dice = random.Random(seed)
    return [(n * 0.2, n * 0.2 * rate / 60 + dice.gauss(0.0, sigma)) for n in range(int(span_s / 0.2) + 1)]


@pytest.mark.parametrize("rate", [0.0, 5.0, 20.0, 100.0, -30.0])
def test_the_lower_bound_holds_under_radar_noise(rate: float) -> None:
    found = [rate_cm_min(history(rate, 0.3, seed), 10.0) for seed in range(200)]
    pairs = [each for each in found if each is not None]
    assert len(pairs) == 200
    middle = sum(value for value, _ in pairs) / 200
    assert abs(middle - rate) < 0.3
    assert all(abs(value - rate) < 3.0 for value, _ in pairs)
    above = sum(bound > rate for _, bound in pairs)
    assert above < 40, "a one-sided bound is rarely above the truth"
    assert all(bound <= value for value, bound in pairs)


def test_outliers_have_no_say() -> None:
    samples = history(20.0, 0.1, 1)
    samples[10] = (samples[10][0], 80.0)
    samples[40] = (samples[40][0], -5.0)
    found = rate_cm_min(samples, 10.0)
    assert found is not None
    assert abs(found[0] - 20.0) < 1.0


@pytest.mark.parametrize(
    "samples",
    [
        [],
        history(20.0, 0.0, 1, span_s=9.0),
        [(0.0, 1.0)] * 50,
        [(0.0, 0.0), (11.0, 1.0)],
    ],
)
def test_too_little_is_no_rate(samples: list[tuple[float, float]]) -> None:
    assert rate_cm_min(samples, 10.0) is None


def test_a_burst_at_one_time_is_not_divided_by_zero() -> None:
    burst = [(0.0, 1.0)] * 19 + [(10.0, 2.0)]
    assert rate_cm_min(burst, 10.0) is not None


@pytest.mark.parametrize(
    ("length_m", "rate", "latest_cm"),
    [
        (175, 1, 29), (175, 5, 27), (175, 20, 16),
        (300, 1, 29), (300, 5, 25), (300, 20, 11),
        (685, 1, 28), (685, 5, 21), (685, 20, -4),
    ],
)  # fmt: skip
def test_latest_safe_start(length_m: float, rate: float, latest_cm: float) -> None:
    """The table of DOMAIN 1.4: from there on the gate predicts, 1.5 cm earlier it does not."""
    site = replace(SITE, geometry=Geometry(length_m=length_m))
    assert abs(site.levels.unsafe_cm - rate * site.lead_s / 60 - latest_cm) <= 0.8
    least = site.levels.predict_from_cm
    assert will_be_unsafe(max(least, latest_cm + 0.8), rate, site)
    assert not will_be_unsafe(latest_cm - 0.8, rate, site)
    assert not will_be_unsafe(least - 0.1, 100.0, site)
    assert not will_be_unsafe(25.0, 0.0, site)


def rising(story: Story, until_cm: float, *, radar: float | None = -1.0, floats: bool = True) -> float:
    """Let the water rise at 20 cm/min with noise; return the depth at which an incident begins."""
    dice = random.Random(7)
    cm = 0.0
    while cm < until_cm:
        cm += RISE / 60 * 0.2
        story.plant.radar = cm + dice.gauss(0.0, 0.3) if radar == -1.0 else radar
        story.plant.pressure = cm + dice.gauss(0.0, 0.2)
        story.plant.floats = cm if floats else None
        story.run(0.2)
        if story.gate.incident is not None:
            return cm
    return until_cm


LONG = replace(SITE, geometry=Geometry(length_m=300.0, margin_s=15.0))
"""300 m with a margin that pays for noise and confirmation: the order to close comes by 11 cm."""


def test_a_long_underpass_is_closed_early() -> None:
    story = Story(LONG)
    cm = rising(story, 20.0)
    assert cm <= 11.0
    assert story.gate.incident is not None
    assert story.gate.incident.first_out == "predicted"
    assert 18.0 <= (story.gate.sensing.rate_cm_min() or 0.0) <= 22.0


def test_prediction_survives_one_bad_channel_with_the_float() -> None:
    for radar in (0.0, None):
        story = Story(LONG)
        assert rising(story, 20.0, radar=radar) <= 11.5
        assert story.gate.incident is not None
        assert story.gate.incident.first_out == "predicted"


def test_one_analogue_channel_alone_does_not_predict_against_a_dry_float() -> None:
    story = Story(LONG)
    dice = random.Random(3)
    for step in range(300):
        story.plant.radar = min(14.0, step * RISE / 60 * 0.2) + dice.gauss(0.0, 0.3)
        story.plant.pressure = dice.gauss(0.0, 0.2)
        story.run(0.2)
    assert story.gate.incident is None


def test_still_water_is_no_prediction() -> None:
    story = Story(LONG)
    dice = random.Random(5)
    for _ in range(600):
        story.plant.water(10.0)
        story.plant.radar, story.plant.pressure = 10 + dice.gauss(0.0, 0.3), 10 + dice.gauss(0.0, 0.2)
        story.run(0.2)
    assert story.gate.incident is None
