"""The drawn picture shows what the scene says, where it says it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scene_kit import CAR as CAR_UNDER_ARM
from scene_kit import EMPTY

from sotdae_firmware_bridge.sim import lens
from sotdae_firmware_bridge.sim.draw import ARM_ZONE, draw
from sotdae_firmware_bridge.sim.view import SceneView, VehicleView

DRY = replace(EMPTY, clock_text="2026-07-18 06:31")

vehicles = st.builds(
    VehicleView,
    x_m=st.floats(-40, 40),
    lane=st.integers(-1, 3),
    length_m=st.floats(0.1, 20),
    kind=st.sampled_from(["car", "truck", "person"]),
    colour=st.integers(0, 99),
)
views = st.builds(
    SceneView,
    depth_cm=st.floats(-5, 400),
    arm_deg=st.floats(-5, 95),
    vehicles=st.lists(vehicles, max_size=4).map(tuple),
    rain_mm_h=st.floats(0, 300),
    sign=st.sampled_from(["off", "caution", "closed"]),
    flasher=st.booleans(),
    siren=st.booleans(),
    clock_text=st.text(max_size=30),
    night=st.floats(0, 1),
)


def changed(view: SceneView, base: SceneView = DRY) -> np.ndarray:
    """Return which pixels differ clearly between two scenes."""
    difference = draw(view).astype(int) - draw(base).astype(int)
    return np.abs(difference).max(axis=2) > 40


def in_zone(mask: np.ndarray) -> np.ndarray:
    left, top, right, bottom = (
        round(part * side) for part, side in zip(ARM_ZONE, (640, 360) * 2, strict=True)
    )
    return mask[top:bottom, left:right]


@settings(max_examples=60, deadline=None)
@given(views, st.floats(0, 1e5))
@example(replace(DRY, clock_text="two\nlines \ud800"), 0.0)
def test_any_scene_is_a_picture(view: SceneView, phase_s: float) -> None:
    picture = draw(view, phase_s=phase_s)
    assert picture.shape == (360, 640, 3)
    assert picture.dtype == np.uint8


def test_the_same_scene_is_the_same_picture() -> None:
    view = replace(DRY, rain_mm_h=50.0, depth_cm=20.0, flasher=True)
    assert np.array_equal(draw(view, phase_s=3.3), draw(view, phase_s=3.3))
    assert not np.array_equal(draw(view, phase_s=3.3), draw(view, phase_s=3.6))


def test_a_car_under_the_arm_shows_in_the_arm_zone_only() -> None:
    mask = changed(replace(DRY, vehicles=(CAR_UNDER_ARM,)))
    assert in_zone(mask).sum() > 2_000
    assert in_zone(mask).sum() > 0.9 * mask.sum()


def test_a_car_deep_in_the_underpass_leaves_the_space_under_the_arm_free() -> None:
    far = replace(CAR_UNDER_ARM, x_m=18.0)
    assert lens.gap_m(far) > 10
    under = in_zone(changed(replace(DRY, vehicles=(CAR_UNDER_ARM,))))
    assert in_zone(changed(replace(DRY, vehicles=(far,)))).sum() < 0.2 * under.sum()


def test_water_rises_up_the_road_and_on_the_gauge() -> None:
    covered = [int(changed(replace(DRY, depth_cm=depth)).sum()) for depth in (0.0, 10.0, 25.0, 45.0)]
    assert covered == sorted(covered)
    assert covered[1] > 1_000
    assert lens.water_edge_m(10) > lens.water_edge_m(30) > lens.water_edge_m(60)


@pytest.mark.parametrize(("sign", "channel"), [("closed", 0), ("caution", 1)])
def test_the_sign_lights_up(sign: str, channel: int) -> None:
    panel = draw(replace(DRY, sign=sign))[92:150, 22:142].astype(int)
    dark = draw(DRY)[92:150, 22:142].astype(int)
    assert (panel - dark)[..., channel].max() > 120


def test_the_arm_comes_down_across_the_road() -> None:
    across = changed(replace(DRY, arm_deg=0.0))[170:195, 180:450]
    assert across.any(axis=0).mean() > 0.9


def test_night_is_darker_than_day() -> None:
    assert draw(replace(DRY, night=1.0))[:60].mean() < 0.5 * draw(DRY)[:60].mean()


def test_a_picture_comes_in_other_sizes() -> None:
    assert draw(DRY, size=(320, 180)).shape == (180, 320, 3)
