"""Whether a rain warning covers the homes."""

import pytest

from sotdae_edge.core.rainwatch import WINDOW_S, RainSource, RainWatch
from sotdae_shared.samples import Sample

GAUGE, WARNING = RainSource(rate_point="rate"), RainSource(warning_point="warning")


def rain(watch: RainWatch, rate_mm_h: float, seconds: float, now: float, step_s: float = 10.0) -> float:
    for step in range(1, int(seconds / step_s) + 1):
        watch.take({"rate": Sample(rate_mm_h, int(now + step * step_s))}, now + step * step_s)
    return now + seconds


def test_nothing_is_known_without_a_source() -> None:
    watch = RainWatch(None)
    watch.take({}, 0.0)
    assert not watch.warned


def test_a_source_never_heard_is_a_warning_and_a_gauge_that_measures_no_rain_is_none() -> None:
    watch = RainWatch(GAUGE)
    watch.take({}, 0.0)
    assert watch.warned
    rain(watch, 0.0, 60, 0.0)
    assert not watch.warned


@pytest.mark.parametrize(("rate_mm_h", "warned"), [(19.0, False), (21.0, True)])
def test_sixty_millimetres_in_three_hours(rate_mm_h: float, warned: bool) -> None:
    watch = RainWatch(GAUGE)
    rain(watch, rate_mm_h, WINDOW_S, 0.0)
    assert watch.warned is warned
    assert len(watch.fallen) <= WINDOW_S / 60 + 1


def test_it_ends_when_the_rain_has_left_the_window() -> None:
    watch = RainWatch(GAUGE)
    now = rain(watch, 60.0, 3600 + 120, 0.0)
    assert watch.warned
    now = rain(watch, 0.0, WINDOW_S - 3600, now)
    assert watch.warned
    rain(watch, 0.0, 3600, now)
    assert not watch.warned


def test_a_gauge_that_stands_still_is_silent() -> None:
    watch = RainWatch(GAUGE)
    now = rain(watch, 0.0, 60, 0.0)
    for second in range(0, 3700, 100):
        watch.take({"rate": Sample(0.0, 60)}, now + second)
    assert watch.warned


def test_the_warning_as_a_point() -> None:
    watch = RainWatch(WARNING)
    for count, bit in enumerate((0.0, 1.0, 0.0)):
        watch.take({"warning": Sample(bit, count)}, float(count))
        assert watch.warned is bool(bit)


def test_a_warning_outlives_a_restart_until_the_gauge_was_watched() -> None:
    watch = RainWatch(GAUGE)
    watch.resume(0.0)
    now = rain(watch, 0.0, WINDOW_S - 60, 0.0)
    assert watch.warned
    rain(watch, 0.0, 120, now)
    assert not watch.warned
