"""A home's alarm device repeats until it hears that what it said is held."""

import itertools
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_firmware_bridge.lorawan import held, read_held, reply
from sotdae_firmware_bridge.payload import load
from sotdae_firmware_bridge.sim.home_alarm import HomeAlarm
from sotdae_shared.errors import WireError

HOME = load("home-alarm")
UP = "application/17c82e96/device/70b3d57ed0000a17/event/up"


def sent(device: HomeAlarm, seconds: int, start: int = 0) -> list[int]:
    return [now for now in range(start, start + seconds) if device.uplink(float(now)) is not None]


def test_what_it_sends_is_what_the_profile_says() -> None:
    device = HomeAlarm(battery_v=2.9)
    device.sense(True, False, tamper=True, test=True, now_s=1200.0)
    octets = device.uplink(1200.0)
    assert octets is not None
    assert HOME.values(octets) == {
        "wet_2": 1, "wet_15": 0, "contacts_ok": 1, "tamper": 1, "test": 1, "asks": 1, "battery": 2.9,
        "temperature": 21.5, "uptime": 1200.0,
    }  # fmt: skip


def test_an_alarm_that_nobody_holds_comes_after_1_2_4_minutes_and_then_every_hour() -> None:
    device = HomeAlarm()
    sent(device, 1)
    device.sense(True, False, now_s=100.0)
    times = [each - 100 for each in sent(device, 20_000, 100)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] == 0
    assert gaps == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]


def test_it_stops_when_it_hears_and_goes_on_with_the_heartbeat_that_it_is_told() -> None:
    device = HomeAlarm()
    device.sense(True, True, now_s=0.0)
    assert sent(device, 61) == [0, 60]
    device.hear(held(device.number - 1, 3600.0), 61.0)
    assert not device.asks
    assert sent(device, 7300, 61) == [3661, 7261]


def test_a_reply_to_an_uplink_before_the_change_confirms_nothing() -> None:
    device = HomeAlarm()
    device.sense(True, False, now_s=0.0)
    sent(device, 1)
    earlier = device.number
    device.sense(True, True, now_s=10.0)
    device.hear(held(earlier, 3600.0), 11.0)
    assert device.asks
    assert sent(device, 10, 10) == [10]
    device.hear(held(device.number, 3600.0), 12.0)
    assert not device.asks


def test_numbers_go_around() -> None:
    device = HomeAlarm(number=0xFFFE)
    device.sense(True, False, now_s=0.0)
    sent(device, 61)
    assert device.number == 0x10000
    device.hear(held(device.number, 3600.0), 61.0)
    assert not device.asks


@pytest.mark.parametrize("topic", ["", "v3/app/devices/a/up", "application/1/device/2/event/join"])
def test_a_topic_of_another_server_has_no_way_back(topic: str) -> None:
    with pytest.raises(WireError, match="no reply"):
        reply(topic, HOME, 1, 3600.0)


def test_a_payload_that_hears_nothing_is_not_replied_to() -> None:
    deaf = HOME.model_copy(update={"device": HOME.device.model_copy(update={"reply_port": None})})
    with pytest.raises(WireError, match="reply_port"):
        reply(UP, deaf, 1, 3600.0)


@settings(max_examples=2_000)
@given(st.binary(max_size=8))
def test_no_octets_break_a_device(data: bytes) -> None:
    device = HomeAlarm()
    device.sense(True, False, now_s=0.0)
    with suppress(WireError):
        device.hear(data, 1.0)
        assert len(data) == 4
    assert device.uplink(device.due_s) is not None


@given(st.integers(0, 2**32), st.integers(1, 1440))
def test_a_reply_is_read_as_it_was_written(count: int, minutes: int) -> None:
    assert read_held(held(count, minutes * 60.0)) == (count % 65536, minutes * 60.0)
