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


def test_what_fell_is_the_higher_of_two_rates_over_the_time_between_them() -> None:
    watch = RainWatch(GAUGE)
    for count, (at, rate) in enumerate(
        ((0.0, 60.0), (60.0, 30.0), (90.0, 120.0), (119.9, 0.0), (120.0, 6.0))
    ):
        watch.take({"rate": Sample(rate, count)}, at)
    assert list(watch.fallen) == [(0.0, 0.0), (60.0, 1.0), (120.0, 2.0)]
    assert watch.rate_mm_h == 6.0
    watch.take({"rate": Sample(0.0, 9)}, 120.0 + WINDOW_S + 600.0)
    assert list(watch.fallen) == [(120.0 + WINDOW_S + 600.0, 18.0)], "no more than three hours of it"


@pytest.mark.parametrize(("mm", "warned"), [(59.9, False), (60.0, True)])
def test_rain_counts_for_three_hours(mm: float, warned: bool) -> None:
    watch = RainWatch(GAUGE)
    watch.fallen.append((0.0, mm))
    watch.take({"rate": Sample(0.0, 1)}, 5.0)
    assert watch.warned is warned
    watch.take({"rate": Sample(0.0, 2)}, WINDOW_S)
    assert watch.warned is warned
    watch.take({"rate": Sample(0.0, 3)}, WINDOW_S + 0.1)
    assert not watch.warned


def test_each_source_must_be_heard_in_its_time() -> None:
    both = RainWatch(RainSource("rate", "warning", silent_s=100.0))
    assert RainSource("rate", "warning").points == ["rate", "warning"]
    assert RainSource(warning_point="warning").points == ["warning"]
    calm = {"rate": Sample(0.0, 1), "warning": Sample(0.0, 1)}
    both.take({"rate": Sample(0.0, 1)}, 0.0)
    assert both.warned, "one of them was never heard"
    both.take(calm, 10.0)
    assert not both.warned
    assert both.heard_at == {"rate": 0.0, "warning": 10.0}, "the gauge has not counted on"
    both.take({}, 99.9)
    assert not both.warned
    both.take({}, 100.0)
    assert both.warned
    both.take({"rate": Sample(None, 2)}, 101.0)
    assert both.warned, "that is no word"
    both.take({"rate": Sample(0.0, None)}, 101.0)
    assert not both.warned, "without a counter every word is fresh"
    both.take({"rate": Sample(0.0, None), "warning": Sample(1.0, 2)}, 105.0)
    assert both.asked
    both.take({"rate": Sample(0.0, None)}, 106.0)
    assert both.warned, "what it said holds until it says otherwise"


def test_a_kept_warning_holds_for_its_three_hours() -> None:
    watch = RainWatch(GAUGE)
    watch.resume(50.0)
    assert watch.warned
    for at, warned in ((50.0 + WINDOW_S - 0.1, True), (50.0 + WINDOW_S, False)):
        watch.take({"rate": Sample(0.0, int(at * 10))}, at)
        assert watch.warned is warned
