"""Laws of the simulated site: the arm, its permit, its protections, and the warnings."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_firmware_bridge.sim.physics import Scene, new_scene, step

DT_S = 0.02
LOWER, RAISE = 1, 2


def run(scene: Scene, seconds: float, drive: int | None = None, renew_s: float = 0.2) -> Iterator[Scene]:
    """Step for a while, renewing the permit if `drive` is given."""
    due = 0.0
    for tick in range(round(seconds / DT_S)):
        if drive is not None and tick * DT_S >= due:
            scene.orders.take([("drive", drive), ("permit", scene.orders.permit + 1)], scene.now_s)
            due += renew_s
        step(scene, DT_S)
        yield scene


def play(scene: Scene, seconds: float, drive: int | None = None) -> Scene:
    for _ in run(scene, seconds, drive):
        pass
    return scene


def test_a_full_stroke_takes_eight_seconds_each_way() -> None:
    scene = new_scene()
    play(scene, 7.5, LOWER)
    assert not scene.arm.limit_closed
    play(scene, 0.6, LOWER)
    assert scene.arm.limit_closed
    assert scene.arm.angle_deg == 0
    assert not scene.arm.limit_open
    play(scene, 8.1, RAISE)
    assert scene.arm.limit_open
    assert scene.arm.angle_deg == 90


def test_the_motor_draws_four_amperes_moving_and_none_at_rest() -> None:
    scene = new_scene()
    assert {round(each.arm.current_a) for each in run(scene, 2.0, LOWER)} == {4}
    play(scene, 1.0)
    assert scene.arm.current_a == 0
    play(scene, 8.0, LOWER)
    assert scene.arm.current_a == 0


def test_without_a_permit_the_arm_does_not_move() -> None:
    scene = new_scene()
    scene.orders.take([("drive", LOWER)], scene.now_s)
    play(scene, 2.0)
    assert scene.arm.angle_deg == 90
    scene.orders.take([("drive", LOWER), ("permit", scene.orders.permit)], scene.now_s)
    play(scene, 2.0)
    assert scene.arm.angle_deg == 90, "a permit that does not change permits nothing"


@given(st.floats(0.1, 7.0))
@settings(max_examples=25)
def test_the_arm_stands_within_500_ms_of_the_last_renewal(lowering_s: float) -> None:
    scene = new_scene()
    play(scene, lowering_s, LOWER)
    last = scene.orders.permit_s
    moving = [each.now_s for each in run(scene, 2.0) if each.arm.motion]
    assert max(moving, default=last) - last <= 0.5
    assert scene.arm.current_a == 0


def test_raising_needs_only_a_permit() -> None:
    scene = new_scene()
    play(scene, 3.0, LOWER)
    scene.faults.put("loop", "dead", True)
    scene.faults.put("curtain", "stuck_on", True)
    play(scene, 0.1)
    low = scene.arm.angle_deg
    play(scene, 1.0, LOWER)
    assert scene.arm.angle_deg == low
    play(scene, 1.0, RAISE)
    assert scene.arm.angle_deg > low + 5


@pytest.mark.parametrize("device", ["loop", "curtain"])
@pytest.mark.parametrize("kind", ["stuck_on", "dead"])
def test_each_lane_device_alone_stops_the_arm_on_its_way_down(device: str, kind: str) -> None:
    scene = new_scene()
    play(scene, 3.0, LOWER)
    scene.faults.put(device, kind, True)
    play(scene, 0.1, LOWER)
    stopped_deg = scene.arm.angle_deg
    play(scene, 3.0, LOWER)
    assert scene.arm.angle_deg == stopped_deg
    scene.faults.clear()
    play(scene, 8.0, LOWER)
    assert scene.arm.limit_closed


def test_a_person_under_the_arm_stops_it_by_the_curtain_alone() -> None:
    scene = new_scene()
    scene.traffic.add("person", "park")
    play(scene, 10.0)
    play(scene, 3.0, LOWER)
    assert scene.arm.angle_deg == 90
    assert scene.instruments.lane.curtain
    assert not scene.instruments.lane.loop


def test_an_obstruction_stalls_the_motor_at_forty_degrees_and_lets_it_back_off() -> None:
    scene = new_scene()
    scene.faults.put("arm", "obstructed", True)
    play(scene, 5.0, LOWER)
    assert scene.arm.angle_deg == 40
    assert scene.arm.current_a == pytest.approx(11)
    assert scene.arm.motion == 0
    play(scene, 1.0, RAISE)
    assert scene.arm.angle_deg > 40


def test_stuck_limit_switches_keep_what_they_read() -> None:
    scene = new_scene()
    scene.faults.put("arm", "limit_stuck", True)
    play(scene, 9.0, LOWER)
    assert scene.arm.angle_deg == 0
    assert (scene.arm.limit_open, scene.arm.limit_closed) == (True, False)
    assert scene.arm.current_a == pytest.approx(11), "the motor pushes against the end"


def test_the_local_key_takes_the_arm_from_the_agent() -> None:
    scene = new_scene()
    scene.local_key = True
    play(scene, 2.0, LOWER)
    assert scene.arm.angle_deg == 90


def test_water_at_fifteen_centimetres_closes_the_warnings_by_itself() -> None:
    scene = new_scene()
    scene.water.inflow(20.0)
    feeds = iter(range(1, 10_000))
    seen: dict[bool, float] = {}
    for each in run(scene, 50.0):
        each.orders.take([("feed", next(feeds))], each.now_s)
        seen.setdefault(each.warnings.sign_closed and each.warnings.flasher, each.water.depth_cm)
    assert 15.0 <= seen[True] <= 15.2
    assert scene.instruments.float_15.wet


def test_an_unfed_watchdog_closes_the_warnings_after_three_seconds() -> None:
    scene = new_scene()
    play(scene, 2.9)
    assert not scene.warnings.sign_closed
    play(scene, 0.2)
    assert scene.warnings.sign_closed
    assert scene.warnings.siren
    scene.orders.take([("feed", 5)], scene.now_s)
    play(scene, 0.1)
    assert not scene.warnings.sign_closed
    scene.orders.take([("feed", 5)], scene.now_s + 2.0)
    play(scene, 3.1)
    assert scene.warnings.sign_closed, "the same value does not feed"


def test_the_agents_coils_reach_their_lamps_and_closed_beats_caution() -> None:
    scene = new_scene()

    def shown(**coils: int) -> tuple[bool, bool, bool, bool]:
        everything = {"warn_closed": 0, "warn_caution": 0, "warn_siren": 0, **coils}
        scene.orders.take([("feed", scene.orders.feed + 1), *everything.items()], scene.now_s)
        step(scene, DT_S)
        lamps = scene.warnings
        return lamps.sign_closed, lamps.sign_caution, lamps.flasher, lamps.siren

    assert shown() == (False, False, False, False)
    assert shown(warn_caution=1) == (False, True, False, False)
    assert shown(warn_closed=1, warn_caution=1) == (True, False, True, False)
    assert shown(warn_siren=1) == (False, False, False, True)


ACTIONS: dict[str, Callable[[Scene], object]] = {
    "car": lambda scene: scene.traffic.add("car", "obey"),
    "reckless car": lambda scene: scene.traffic.add("car", "ignore"),
    "parker": lambda scene: scene.traffic.add("car", "park"),
    "person": lambda scene: scene.traffic.add("person", "park"),
    "inside": lambda scene: scene.traffic.add("car", "out"),
    "leave": lambda scene: scene.traffic.leave(True),
    "key on": lambda scene: setattr(scene, "local_key", True),
    "key off": lambda scene: setattr(scene, "local_key", False),
    "loop dead": lambda scene: scene.faults.put("loop", "dead", True),
    "curtain stuck": lambda scene: scene.faults.put("curtain", "stuck_on", True),
    "power off": lambda scene: scene.faults.put("controller", "power", True),
    "restore": lambda scene: scene.faults.clear(),
    "flood": lambda scene: scene.water.set_depth(20.0),
    "dry": lambda scene: scene.water.set_depth(0.0),
    "nothing": lambda scene: None,
}
STORY = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTIONS)), st.sampled_from([None, 0, LOWER, LOWER, RAISE]), st.floats(0.1, 4.0)
    ),
    max_size=12,
)


def check_step(before_deg: float, before_contacts: int, scene: Scene, occupied_s: float) -> None:
    lowered = scene.arm.angle_deg < before_deg
    if scene.arm.angle_deg != before_deg:
        assert scene.now_s - scene.orders.permit_s < 0.4
        assert scene.powered
        assert not scene.local_key
    if lowered:
        assert scene.orders.drive == LOWER
        assert scene.instruments.lane.proved_clear
        assert occupied_s <= 0.05 + DT_S, "lowering went on longer than one lane scan above something"
        assert scene.traffic.contacts == before_contacts, "the arm came down upon somebody"
    if scene.instruments.float_15.wet or scene.now_s - scene.orders.fed_s >= 3.0:
        assert scene.warnings.sign_closed
        assert scene.warnings.flasher
    assert 0 <= scene.arm.angle_deg <= 90
    assert not (scene.arm.limit_open and scene.arm.limit_closed)


@given(STORY)
@settings(max_examples=200, deadline=None)
def test_whatever_happens_the_controller_keeps_its_promises(
    story: list[tuple[str, int | None, float]],
) -> None:
    scene = new_scene()
    before_deg, contacts, occupied_s = scene.arm.angle_deg, 0, 0.0
    for action, drive, seconds in story:
        ACTIONS[action](scene)
        for each in run(scene, seconds, drive):
            occupied = each.traffic.on_loop or each.traffic.in_curtain
            occupied_s = occupied_s + DT_S if occupied else 0.0
            check_step(before_deg, contacts, each, occupied_s)
            before_deg, contacts = each.arm.angle_deg, each.traffic.contacts


def test_the_same_seed_gives_the_same_readings_and_another_seed_others() -> None:
    def readings(seed: int) -> list[float | None]:
        scene = new_scene(seed)
        scene.water.set_depth(10.0)
        return [each.instruments.radar.value for each in run(scene, 5.0)]

    assert readings(1) == readings(1)
    assert readings(1) != readings(2)
