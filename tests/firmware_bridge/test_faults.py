"""Each fault does to the registers what its line in the table says, and goes when it is switched off."""

from collections.abc import Callable

import pytest

from sotdae_firmware_bridge.sim.faults import FAULTS
from sotdae_firmware_bridge.sim.physics import Scene, new_scene, step
from sotdae_firmware_bridge.sim.registers import Values, homes, underpass

LEVELS = {
    "radar": ("radar_level", "radar_scan", "radar_echo"),
    "pressure": ("pressure_level", "pressure_scan", "pressure_ok"),
    "river": ("river_stage", "river_scan", None),
    "rain": ("rain_rate", "rain_scan", None),
}


def site() -> Scene:
    scene = new_scene(3)
    scene.water.set_depth(10.0)
    scene.water.rain_mm_h = 30.0
    scene.water.river_cm = 500.0
    history(scene, 1.0)
    return scene


def history(scene: Scene, seconds: float) -> list[Values]:
    """Registers at each step, with a fed watchdog."""
    seen = []
    for _ in range(round(seconds / 0.02)):
        scene.orders.take([("feed", scene.orders.feed + 1)], scene.now_s)
        step(scene, 0.02)
        seen.append(underpass(scene))
    return seen


def counted(seen: list[Values], point: str) -> float:
    first, last = seen[0][point], seen[-1][point]
    assert first is not None
    assert last is not None
    return last - first


@pytest.mark.parametrize("device", sorted(LEVELS))
def test_stuck_holds_the_reading_while_the_counter_goes_on(device: str) -> None:
    level, scan, quality = LEVELS[device]
    scene = site()
    scene.faults.put(device, "stuck", True)
    held = underpass(scene)[level]
    scene.water.set_depth(30.0)
    scene.water.rain_mm_h = 90.0
    scene.water.river_cm = 700.0
    seen = history(scene, 4.0)
    assert {each[level] for each in seen} == {held}
    assert counted(seen, scan) >= 18
    assert quality is None or (seen[-1][quality] or 0) >= 20


@pytest.mark.parametrize("device", sorted(LEVELS))
def test_stuck_dry_reads_zero_flat(device: str) -> None:
    level, scan, _ = LEVELS[device]
    scene = site()
    scene.faults.put(device, "stuck_dry", True)
    seen = history(scene, 2.0)[15:]
    assert {each[level] for each in seen} == {0.0}
    assert counted(seen, scan) > 5


@pytest.mark.parametrize("device", sorted(LEVELS))
def test_spike_adds_eighty_on_every_seventh_scan(device: str) -> None:
    level, scan, _ = LEVELS[device]
    scene = site()
    calm = underpass(scene)[level] or 0.0
    scene.faults.put(device, "spike", True)
    by_scan = {each[scan]: each[level] for each in history(scene, 8.0)[15:]}
    high = {count for count, value in by_scan.items() if value is not None and value > calm + 60}
    assert high == {count for count in by_scan if count is not None and count % 7 == 0}
    assert len(high) >= 4


@pytest.mark.parametrize("device", sorted(LEVELS))
def test_dead_measures_nothing_and_fails_its_self_test(device: str) -> None:
    level, scan, quality = LEVELS[device]
    scene = site()
    scene.faults.put(device, "dead", True)
    seen = history(scene, 2.0)[15:]
    assert {each[level] for each in seen} == {None}
    assert counted(seen, scan) > 5
    assert quality is None or (seen[-1][quality] or 0) < 20


@pytest.mark.parametrize("device", [*sorted(LEVELS), "float"])
def test_silent_freezes_the_counter(device: str) -> None:
    scan = LEVELS[device][1] if device in LEVELS else "float_scan"
    scene = site()
    scene.faults.put(device, "silent", True)
    assert counted(history(scene, 2.0), scan) == 0
    scene.faults.clear()
    assert counted(history(scene, 2.0), scan) > 5


@pytest.mark.parametrize(
    ("kind", "wet", "ok"),
    [("stuck", False, True), ("stuck_dry", False, True), ("dead", False, False), ("silent", False, True)],
)
def test_a_faulty_float_does_not_see_the_flood_and_only_a_dead_one_says_so(
    kind: str, wet: bool, ok: bool
) -> None:
    scene = new_scene()
    history(scene, 1.0)
    scene.faults.put("float", kind, True)
    scene.water.set_depth(30.0)
    last = history(scene, 2.0)[-1]
    assert (last["float_5"], last["float_15"], last["float_ok"]) == (wet, wet, ok)
    assert last["sign_closed"] == wet, "the hard wire hangs on the same float"


def test_a_spiking_float_bounces() -> None:
    scene = new_scene()
    scene.faults.put("float", "spike", True)
    assert {each["float_15"] for each in history(scene, 4.0)} == {False, True}


@pytest.mark.parametrize(("device", "seen", "ok"), [
    ("loop", "loop_occupied", "loop_ok"), ("curtain", "curtain_blocked", "curtain_ok"),
])  # fmt: skip
def test_lane_devices_fail_in_their_four_ways(device: str, seen: str, ok: str) -> None:
    scene = site()
    scene.faults.put(device, "stuck_on", True)
    last = history(scene, 0.5)[-1]
    assert (last[seen], last[ok]) == (True, True)
    scene.faults.clear()
    scene.faults.put(device, "dead", True)
    last = history(scene, 0.5)[-1]
    assert (last[seen], last[ok]) == (False, False)
    scene.faults.clear()
    scene.traffic.add("car", "park")
    assert history(scene, 12.0)[-1][seen] is True
    scene.faults.put(device, "stuck_off", True)
    last = history(scene, 0.5)[-1]
    assert (last[seen], last[ok]) == (False, True)
    scene.faults.clear()
    scene.faults.put(device, "silent", True)
    assert counted(history(scene, 1.0), "lane_scan") == 0


@pytest.mark.parametrize(("lamp", "points"), [
    ("sign", ["sign_closed"]), ("flasher", ["flasher_on"]), ("siren", ["siren_on"]),
])  # fmt: skip
def test_a_dead_lamps_read_back_stays_off(lamp: str, points: list[str]) -> None:
    scene = site()
    scene.water.set_depth(30.0)
    assert all(history(scene, 1.0)[-1][point] for point in points)
    scene.faults.put(lamp, "dead", True)
    last = history(scene, 0.5)[-1]
    assert not any(last[point] for point in points)
    others = {"sign_closed", "flasher_on", "siren_on"} - set(points)
    assert all(last[point] for point in others)


def test_mains_off_shows_and_all_goes_on() -> None:
    scene = site()
    scene.faults.put("mains", "off", True)
    seen = history(scene, 2.0)
    assert seen[-1]["mains_ok"] is False
    assert counted(seen, "radar_scan") > 5


def test_a_controller_without_power_drops_motor_and_coils_but_the_relays_close() -> None:
    scene = site()
    orders: list[tuple[str, int]] = [("warn_caution", 1), ("drive", 1), ("permit", 1)]
    scene.orders.take(orders, scene.now_s)
    step(scene, 0.02)
    assert scene.arm.motion == -1
    scene.faults.put("controller", "power", True)
    for _ in range(200):
        step(scene, 0.02)
        assert scene.arm.motion == 0
    assert scene.warnings.sign_closed, "its watchdog has not been fed for 4 s"
    assert not scene.warnings.sign_caution


def test_there_is_one_table_and_nothing_else_can_be_switched() -> None:
    faults = new_scene().faults
    for device, kinds in FAULTS.items():
        for kind in kinds:
            faults.put(device, kind, True)
            assert faults.has(device, kind)
    assert len(faults.listing()) == sum(map(len, FAULTS.values()))
    faults.put("radar", "stuck", False)
    assert not faults.has("radar", "stuck")
    assert faults.has("radar", "dead")
    for device, kind in (("radar", "obstructed"), ("moon", "dead"), ("arm", "silent")):
        with pytest.raises(ValueError, match="limit_stuck"):
            faults.put(device, kind, True)


@pytest.mark.parametrize(("depth_cm", "wet"), [(1.9, (0, 0)), (2.1, (1, 0)), (15.1, (1, 1))])
def test_homes_see_their_own_water_and_the_same_river(depth_cm: float, wet: tuple[int, int]) -> None:
    scene = site()
    scene.water.homes_cm[1] = depth_cm
    history(scene, 1.0)
    values = homes(scene)
    assert (values["home_2_wet_2"], values["home_2_wet_15"]) == wet
    assert not values["home_1_wet_2"]
    assert values["river_stage"] == underpass(scene)["river_stage"]


def test_a_float_lifts_at_its_level_and_drops_a_little_below() -> None:
    scene = new_scene()
    seen: Callable[[], object] = lambda: history(scene, 0.5)[-1]["float_5"]  # noqa: E731
    for depth_cm, wet in ((4.9, False), (5.0, True), (4.8, True), (4.6, False), (4.9, False)):
        scene.water.set_depth(depth_cm)
        assert seen() is wet
