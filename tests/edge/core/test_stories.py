"""The underpass in virtual time: the real core against the simulator's physics, story by story."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from edge.core.people import NONCE, came, order, signed
from edge.core.world import SITE, World

from sotdae_edge.core.events import NonceAsked
from sotdae_edge.core.site import Geometry

CLOSING = ["open", "pre_warn", "clearing", "lowering", "closed"]


def quiet() -> World:
    """Return a site that has been dry for a while."""
    world = World()
    world.run(3.0)
    assert world.gate.state == "open"
    assert not world.scene.warnings.sign_closed
    return world


def flooding(cm: float = 16.0) -> World:
    """Return a site where the water has just come."""
    world = quiet()
    world.scene.water.set_depth(cm)
    return world


def lowering() -> World:
    world = flooding()
    world.until("lowering")
    world.run(2.0)
    assert not world.shut
    return world


def test_choryang_closes_before_cars_stop() -> None:
    world = quiet()
    world.scene.water.inflow(20.0)
    world.until("pre_warn", limit_s=60.0)
    tripped_s, tripped_cm = world.now, world.scene.water.depth_cm
    assert tripped_cm < 16.5
    world.until("closed")
    assert world.path == CLOSING
    assert world.shut
    assert world.scene.water.depth_cm < 30.0
    assert world.now - tripped_s < 20.0
    assert not {code: p for code, p in world.alarms.items() if p == 1} or set(world.alarms) >= {"water.close"}


def test_warnings_show_within_a_second_of_the_true_trip() -> None:
    world = flooding()
    world.run(1.5)
    assert world.scene.warnings.sign_closed
    assert world.scene.warnings.siren


def test_osong_closes_dry() -> None:
    world = quiet()
    world.scene.water.river_cm = 2902.0
    world.until("closed")
    assert world.scene.water.depth_cm == 0.0
    assert world.gate.incident is not None
    assert world.gate.incident.first_out == "river"


def test_a_long_underpass_predicts() -> None:
    world = World(replace(SITE, geometry=Geometry(length_m=300.0, margin_s=15.0)))
    world.run(3.0)
    world.scene.water.inflow(20.0)
    world.until("lowering")
    assert world.scene.water.depth_cm <= 11.0 + 20.0 * 6.0 / 60.0
    assert world.gate.incident is not None
    assert world.gate.incident.first_out == "predicted"


def test_a_car_park_under_the_arm_is_not_touched() -> None:
    world = quiet()
    world.scene.traffic.add("car", "park")
    world.run(10.0)
    assert world.scene.traffic.in_curtain
    world.scene.water.set_depth(16.0)
    world.until("held_open", limit_s=45.0)
    assert world.alarms["gate.held_open"] == 1
    assert world.scene.warnings.sign_closed
    assert world.scene.arm.angle_deg == 90.0
    world.scene.traffic.leave(sign_closed=True)
    world.until("closed", limit_s=60.0)
    assert world.shut
    assert "gate.held_open" not in world.alarms


def test_a_person_is_seen_by_the_curtain_alone() -> None:
    world = flooding()
    world.until("pre_warn")
    world.scene.traffic.add("person", "park")
    world.run(12.0)
    assert world.scene.traffic.in_curtain
    assert not world.scene.traffic.on_loop
    assert world.gate.state in ("clearing", "backing_off")
    world.until("held_open", limit_s=60.0)


def test_a_car_that_comes_while_lowering_stops_the_arm() -> None:
    world = flooding()
    world.until("lowering")
    world.scene.traffic.add("car", "ignore")
    world.until("closed", limit_s=120.0)
    assert world.scene.traffic.contacts == 0


@pytest.mark.parametrize("dead", [("loop",), ("curtain",), ("loop", "curtain")])
@pytest.mark.parametrize("kind", ["dead", "silent", "stuck_on"])
def test_without_loop_and_curtain_the_arm_stays_up_with_everything_closed(
    dead: tuple[str, ...], kind: str
) -> None:
    world = quiet()
    for device in dead:
        world.scene.faults.put(device, kind, True)
    world.scene.water.set_depth(16.0)
    world.until("held_open", limit_s=45.0)
    world.run(60.0)
    assert world.gate.state == "held_open"
    assert world.scene.arm.angle_deg == 90.0
    assert world.scene.warnings.sign_closed
    assert world.alarms["gate.held_open"] == 1
    world.scene.faults.clear()
    world.until("closed", limit_s=30.0)


def test_a_car_seen_by_the_camera_alone_delays_and_no_more() -> None:
    world = quiet()
    world.camera = True
    world.scene.water.set_depth(16.0)
    world.until("clearing")
    world.run(10.0)
    assert world.gate.state == "clearing"
    assert world.scene.warnings.sign_closed, "warnings never wait"
    world.camera = False
    assert world.until("closed") < 15.0
    assert "camera.override" not in world.alarms


def test_a_camera_stuck_on_occupied_is_overridden_after_thirty_seconds() -> None:
    world = quiet()
    world.camera = True
    world.scene.water.set_depth(16.0)
    world.until("clearing")
    took_s = world.until("lowering")
    assert 30.0 <= took_s <= 32.0
    assert world.alarms["camera.override"] == 3
    world.until("closed", limit_s=20.0)
    reasons = [text for each in world.said for text in getattr(each, "because", ())]
    assert "camera overridden after 30 s" in reasons


def test_a_camera_that_dies_delays_nothing() -> None:
    world = quiet()
    world.camera = True
    world.run(1.0)
    world.camera = None
    world.scene.water.set_depth(16.0)
    world.until("closed", limit_s=20.0)


def test_one_who_wants_out_is_let_out_and_the_arm_comes_down_again() -> None:
    world = flooding()
    world.until("closed")
    world.scene.traffic.add("car", "out")
    world.until("escape", limit_s=30.0)
    assert world.scene.warnings.sign_closed
    world.until("closed", limit_s=60.0)
    assert world.shut
    assert world.scene.warnings.sign_closed
    assert world.path == [*CLOSING, "escape", "clearing", "lowering", "closed"]


def test_an_inside_request_is_served_from_partial_too() -> None:
    world = quiet()
    world.scene.faults.put("arm", "limit_stuck", True)
    world.scene.water.set_depth(16.0)
    world.until("partial", limit_s=60.0)
    assert world.scene.arm.angle_deg < 1.0
    world.scene.traffic.add("car", "out")
    world.until("escape", limit_s=40.0)
    world.run(3.0)
    assert world.scene.arm.angle_deg > 20.0


def test_an_obstructed_arm_retries_three_times_then_rests_and_tries_again() -> None:
    world = quiet()
    world.scene.faults.put("arm", "obstructed", True)
    world.scene.water.set_depth(16.0)
    world.until("obstructed", limit_s=150.0)
    assert world.path.count("backing_off") == 4
    assert world.alarms["gate.obstructed"] == 1
    assert world.scene.warnings.sign_closed
    world.scene.faults.put("arm", "obstructed", False)
    assert world.until("closed", limit_s=120.0) >= 55.0
    assert "gate.obstructed" not in world.alarms


def test_an_arm_that_does_not_obey_is_a_fault() -> None:
    world = flooding()
    world.until("lowering")
    world.scene.local_key = False
    sticky = world.scene.arm.angle_deg
    for _ in range(80):
        world.scene.arm.angle_deg = sticky
        world.run(0.05)
    assert world.gate.state == "fault"
    assert world.alarms["gate.fault"] == 1
    assert world.scene.warnings.sign_closed
    world.until("closed", limit_s=120.0)


def test_limit_switches_that_stick_end_in_partial_not_in_a_false_proof() -> None:
    world = quiet()
    world.scene.faults.put("arm", "limit_stuck", True)
    world.scene.water.set_depth(16.0)
    world.until("partial", limit_s=60.0)
    assert world.alarms["gate.partial"] == 1
    assert world.scene.arm.angle_deg < 1.0, "an arm at the bottom that cannot be proved is left there"
    assert "backing_off" not in world.path


BREAKS: dict[str, Callable[[World], None]] = {
    "killed": lambda world: setattr(world, "alive", False),
    "cut": lambda world: setattr(world, "linked", False),
    "power": lambda world: world.scene.faults.put("controller", "power", True),
}


@pytest.mark.parametrize("car", [False, True])
@pytest.mark.parametrize("how", BREAKS)
def test_what_breaks_while_lowering_stops_the_arm_and_ends_closed(how: str, car: bool) -> None:
    world = lowering()
    broke_s, before = world.now, len(world.path)
    BREAKS[how](world)
    if car:
        world.scene.traffic.add("car", "ignore")
    world.run(8.0)
    assert world.stopped_s > broke_s
    at_deg = world.scene.arm.angle_deg
    assert at_deg > 5.0
    assert world.scene.warnings.sign_closed
    world.scene.faults.clear()
    world.linked = True
    if how != "cut":
        world.restart()
    world.until("closed", limit_s=150.0)
    assert world.shut
    assert "open" not in world.path[before:]
    assert "clearing" in world.path[before:], "the lane is proved afresh"


def test_the_arm_stops_within_half_a_second_of_a_lost_agent() -> None:
    world = lowering()
    world.alive = False
    world.run(0.5)
    at_deg = world.scene.arm.angle_deg
    world.run(2.0)
    assert world.scene.arm.angle_deg == at_deg


STATES = ["pre_warn", "clearing", "lowering", "closed", "held_open", "escape", "obstructed", "partial"]


@pytest.mark.parametrize("state", STATES)
def test_a_restart_in_any_state_never_opens(state: str) -> None:
    world = quiet()
    if state in ("obstructed", "partial"):
        world.scene.faults.put("arm", {"obstructed": "obstructed", "partial": "limit_stuck"}[state], True)
    if state == "held_open":
        world.scene.faults.put("loop", "dead", True)
    world.scene.water.set_depth(16.0)
    if state == "escape":
        world.until("closed")
        world.scene.traffic.add("car", "out")
    world.until(state, limit_s=150.0)
    world.run(1.0)
    world.scene.water.set_depth(0.0)
    world.alive = False
    world.run(2.0)
    incident, before = world.gate.incident, len(world.path)
    world.restart()
    world.run(5.0)
    assert world.gate.incident == incident, "one episode, not two"
    assert "open" not in world.path[before:]
    assert world.scene.warnings.sign_closed
    world.scene.faults.clear()
    world.until("closed", limit_s=150.0)
    assert world.shut


@pytest.mark.parametrize("kind", ["stuck", "stuck_dry", "spike", "dead", "silent"])
@pytest.mark.parametrize("device", ["radar", "pressure", "float"])
def test_no_single_sensor_fault_hides_water(device: str, kind: str) -> None:
    world = quiet()
    world.scene.faults.put(device, kind, True)
    world.run(15.0)
    assert world.gate.state == "open", "and none closes alone"
    world.scene.water.inflow(20.0)
    world.until("pre_warn", limit_s=60.0)
    assert world.scene.water.depth_cm <= 16.5


def test_one_stuck_dry_and_one_silent_still_close() -> None:
    world = quiet()
    world.scene.faults.put("radar", "stuck_dry", True)
    world.scene.faults.put("float", "silent", True)
    world.scene.water.inflow(20.0)
    world.until("closed", limit_s=90.0)
    assert world.scene.water.depth_cm < 30.0
    assert world.alarms["sensor.float"] >= 2


def test_the_key_stops_everything_and_its_return_closes_again() -> None:
    world = lowering()
    world.scene.local_key = True
    world.run(1.0)
    at_deg = world.scene.arm.angle_deg
    world.run(20.0)
    assert world.gate.state == "manual"
    assert world.scene.arm.angle_deg == at_deg
    assert world.scene.warnings.sign_closed
    world.scene.local_key = False
    world.until("closed", limit_s=40.0)


def test_people_reopen_and_the_gate_closes_again_by_itself() -> None:
    world = World(replace(SITE, times=replace(SITE.times, reopen_dry=20.0)))
    world.run(3.0)
    world.scene.water.set_depth(16.0)
    world.until("closed")
    world.scene.water.set_depth(0.0)
    world.run(25.0)
    assert world.gate.incident is not None
    world.give(NonceAsked("q-1", NONCE))
    command = order(incident=world.gate.incident.name, not_after=order().not_after + timedelta(seconds=9))
    world.give(came(signed(command, "lee", "choi")))
    world.until("open", limit_s=30.0)
    assert world.scene.arm.angle_deg > 89.0
    world.run(0.2)
    assert not world.scene.warnings.sign_closed
    world.scene.water.set_depth(16.0)
    world.until("closed")
    assert world.gate.episode == 2
