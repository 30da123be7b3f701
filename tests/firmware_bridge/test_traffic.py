"""Drivers: those who obey, those who ignore, those who park and those who want out."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_firmware_bridge.sim.traffic import MOST_VEHICLES, Plan, Traffic
from sotdae_firmware_bridge.sim.view import VehicleKind

DT_S = 0.02


def drive(traffic: Traffic, seconds: float, arm_deg: float = 90.0, sign_closed: bool = False) -> list[float]:
    places = []
    for _ in range(round(seconds / DT_S)):
        traffic.step(DT_S, arm_deg, sign_closed)
        places.extend(each.x_m for each in traffic.vehicles)
    return places


def coming(plan: Plan, kind: VehicleKind = "car") -> Traffic:
    traffic = Traffic()
    traffic.add(kind, plan)
    return traffic


def test_with_the_arm_up_a_car_passes_and_is_gone() -> None:
    traffic = coming("obey")
    drive(traffic, 20.0)
    assert traffic.vehicles == []
    assert traffic.contacts == 0


@given(st.floats(0.0, 90.0), st.booleans())
@settings(max_examples=40, deadline=None)
def test_one_who_obeys_stops_before_the_loop(arm_deg: float, sign_closed: bool) -> None:
    traffic = coming("obey")
    drive(traffic, 20.0, arm_deg, sign_closed)
    if sign_closed or arm_deg < 60:
        assert traffic.vehicles[0].x_m == pytest.approx(-5.0, abs=0.1)
        assert not traffic.on_loop
    else:
        assert traffic.vehicles == []


def test_one_who_cannot_stop_any_more_goes_through() -> None:
    traffic = coming("obey")
    while traffic.vehicles[0].x_m < -7.0:
        drive(traffic, DT_S)
    drive(traffic, 15.0, 90.0, sign_closed=True)
    assert traffic.vehicles == []


def test_one_who_ignores_signs_stops_only_for_a_low_arm() -> None:
    assert max(drive(coming("ignore"), 20.0, 50.0, sign_closed=True)) > 20
    low = coming("ignore")
    drive(low, 20.0, 44.0, sign_closed=True)
    assert low.vehicles[0].x_m == pytest.approx(-1.0, abs=0.1)
    assert low.on_loop
    assert not low.in_curtain


def test_one_who_parks_stays_under_the_arm_until_told_and_then_backs_out_of_a_closed_road() -> None:
    traffic = coming("park")
    drive(traffic, 60.0, sign_closed=True)
    assert traffic.on_loop
    assert traffic.in_curtain
    assert traffic.leave(sign_closed=True) == 1
    assert max(drive(traffic, 30.0, sign_closed=True)) < 2.1
    assert traffic.vehicles == []


def test_with_the_road_open_a_parked_car_drives_on() -> None:
    traffic = coming("park")
    drive(traffic, 10.0)
    traffic.leave(sign_closed=False)
    assert max(drive(traffic, 20.0)) > 20
    assert traffic.vehicles == []


def test_a_person_breaks_the_curtain_but_is_no_metal() -> None:
    traffic = coming("park", "person")
    drive(traffic, 15.0)
    assert traffic.in_curtain
    assert not traffic.on_loop


def test_one_inside_asks_waits_and_leaves_when_the_arm_is_up() -> None:
    traffic = coming("out")
    drive(traffic, 20.0, arm_deg=0.0, sign_closed=True)
    assert traffic.waits_inside
    assert traffic.vehicles[0].x_m == pytest.approx(8.0, abs=0.1)
    assert not traffic.on_loop
    drive(traffic, 20.0, arm_deg=71.0, sign_closed=True)
    assert traffic.vehicles == []
    assert not traffic.waits_inside
    assert traffic.contacts == 0


def test_cars_queue_without_running_into_each_other() -> None:
    traffic = Traffic()
    for _ in range(3):
        traffic.add("car", "obey")
        drive(traffic, 3.0, 90.0, sign_closed=True)
    drive(traffic, 15.0, 90.0, sign_closed=True)
    fronts = sorted(each.x_m for each in traffic.vehicles)
    assert all(ahead - behind >= 4.4 + 1.0 for behind, ahead in pairwise(fronts))


def test_a_contact_is_counted_once_whoever_moved() -> None:
    under = coming("park")
    drive(under, 15.0)
    under.arm_moved_down(61.0)
    assert under.contacts == 0
    under.arm_moved_down(59.0)
    under.arm_moved_down(58.0)
    assert under.contacts == 1
    into = coming("ignore")
    while into.vehicles[0].x_m < -0.5:
        drive(into, DT_S)
    drive(into, 1.0, arm_deg=10.0)
    assert into.contacts == 1


def test_the_road_is_finite() -> None:
    traffic = Traffic()
    for _ in range(MOST_VEHICLES):
        traffic.add("car", "obey")
    with pytest.raises(ValueError, match="road"):
        traffic.add("car", "obey")
