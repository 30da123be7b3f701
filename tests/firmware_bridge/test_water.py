"""Water: inflow, played series, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_firmware_bridge.sim.water import Water


def after(water: Water, seconds: float, dt_s: float = 0.02) -> Water:
    for _ in range(round(seconds / dt_s)):
        water.step(dt_s)
    return water


def test_inflow_raises_and_drains_but_never_below_dry() -> None:
    water = Water()
    water.inflow(20.0)
    assert after(water, 30.0).depth_cm == pytest.approx(10.0)
    water.inflow(-60.0)
    assert after(water, 30.0).depth_cm == 0


def test_a_series_starts_from_the_present_depth_and_holds_its_last() -> None:
    water = Water()
    water.set_depth(4.0)
    water.play([(10.0, 8.0), (20.0, 6.0)])
    assert water.depth_cm == 4.0
    assert after(water, 5.0).depth_cm == pytest.approx(6.0)
    assert water.rate_cm_min == pytest.approx(24.0)
    assert after(water, 10.0).depth_cm == pytest.approx(7.0)
    assert after(water, 10.0).depth_cm == 6.0
    assert water.rate_cm_min == 0


def test_a_later_order_ends_a_series() -> None:
    water = Water()
    water.play([(0.0, 5.0), (100.0, 50.0)])
    assert water.depth_cm == 5.0
    after(water, 10.0)
    water.inflow(0.0)
    depth_cm = water.depth_cm
    assert after(water, 10.0).depth_cm == depth_cm


@pytest.mark.parametrize("points", [[], [(-1.0, 2.0)], [(1.0, 2.0), (1.0, 3.0)], [(5.0, 2.0), (1.0, 3.0)]])
def test_times_that_do_not_rise_are_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="rising"):
        Water().play(points)


@given(st.lists(st.tuples(st.floats(0.5, 20.0), st.floats(0.0, 200.0)), min_size=1, max_size=6))
def test_a_played_depth_stays_between_its_points(steps: list[tuple[float, float]]) -> None:
    at_s, points = 0.0, []
    for gap_s, depth_cm in steps:
        at_s += gap_s
        points.append((at_s, depth_cm))
    water = Water()
    water.play(points)
    depths = [0.0, *(depth for _, depth in points)]
    for _ in range(int(at_s / 0.5) + 4):
        water.step(0.5)
        assert min(depths) - 1e-6 <= water.depth_cm <= max(depths) + 1e-6
    assert water.depth_cm == points[-1][1]


def test_the_river_rises_at_its_rate() -> None:
    water = Water()
    water.river_cm, water.river_rate_cm_min = 500.0, 6.0
    assert after(water, 60.0).river_cm == pytest.approx(506.0)
