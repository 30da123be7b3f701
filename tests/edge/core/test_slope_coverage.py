"""The forecast over many noisy curves: intervals hold the end, and slopes that do not fail are left alone."""

import math
import random
from itertools import product

import pytest

from sotdae_edge.core.forecast import EXPONENTS, Forecast, forecast
from sotdae_firmware_bridge.sim.creep import Creep, Meter

pytestmark = pytest.mark.slow


def test_intervals_hold_the_end_of_noisy_curves() -> None:
    given, held, late = 0, 0, []
    for alpha, noise_mm, life_h, until, seed in product(
        EXPONENTS, (0.05, 0.3), (60.0, 300.0), (0.8, 0.9), range(4)
    ):
        creep = Creep(alpha=alpha, life_h=life_h)
        meter = Meter(noise_mm=noise_mm, gap_each_h=72.0)
        dice = random.Random(f"{alpha} {noise_mm} {life_h} {until} {seed}")
        series = list(meter.read(creep, creep.onset_h + until * life_h, dice))
        answer = forecast(series)
        if isinstance(answer, Forecast):
            given += 1
            held += answer.early_h <= creep.fails_h <= answer.late_h
            late.append((answer.at_h - creep.fails_h) / (creep.fails_h - series[-1][0]))
    assert given > 60, "of 96"
    assert held >= 0.93 * given
    assert sorted(late)[int(0.9 * given)] < 0.5, "rarely much too late"


@pytest.mark.parametrize("kind", ["still", "creeping", "wandering"])
def test_a_slope_that_does_not_fail_is_not_forecast(kind: str) -> None:
    dice, mm, series, given = random.Random(3), 0.0, [], 0
    for n in range(90 * 144):
        mm += {"still": 0.0, "creeping": 0.007, "wandering": dice.gauss(0.0, 0.02)}[kind]
        series.append((n / 6, mm + math.sin(2.0 * math.pi * n / 144) + dice.gauss(0.0, 0.1)))
        if n > 3 * 144 and n % 72 == 0:
            given += isinstance(forecast(series[-30 * 144 :]), Forecast)
    assert given == 0
