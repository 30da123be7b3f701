"""LoRaWAN uplinks: what a network server publishes becomes samples, once, and nothing else does."""

import json
from base64 import b64encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_firmware_bridge import lorawan
from sotdae_firmware_bridge.lorawan import Latest, Uplink, parse_uplink, samples
from sotdae_firmware_bridge.payload import Payload, load, parse
from sotdae_shared.errors import ConfigError, WireError

FUZZED = 2_000
"""Inputs of each fuzz below."""
HOME = load("home-alarm")
EUI = "70B3D57ED0000A17"


def event(octets: bytes = bytes([0b0111, 180, 0, 215, 0, 3]), **changes: Any) -> bytes:
    """Make an uplink event of the shape that ChirpStack 4 publishes."""
    whole = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-07-15T20:41:03.123456+00:00",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "province",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "deviceProfileName": "home alarm",
            "deviceName": "A-101",
            "devEui": EUI,
            "tags": {"stage": "trial"},
        },
        "devAddr": "00189440",
        "adr": True,
        "dr": 5,
        "fCnt": 41,
        "fPort": 2,
        "confirmed": False,
        "data": b64encode(octets).decode(),
        "rxInfo": [
            {"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -97, "snr": 6.8},
            {"gatewayId": "0016c001f1500812", "rssi": -71, "snr": 11, "crcStatus": "CRC_OK"},
        ],
        "txInfo": {"frequency": 922100000, "modulation": {"lora": {"bandwidth": 125000}}},
    }
    return json.dumps({**whole, **changes}).encode()


def take(raw: bytes, payload: Payload = HOME) -> dict[str, tuple[float | None, int | None, float | None]]:
    read = samples(parse_uplink(raw), payload)
    return {name: (sample.value, sample.count, sample.quality) for name, sample in read.items()}


def test_an_uplink_of_a_home_alarm_becomes_its_points() -> None:
    assert take(event()) == {
        "wet_2": (1, 41, 1),
        "wet_15": (1, 41, 1),
        "contacts_ok": (1, 41, None),
        "tamper": (0, 41, None),
        "test": (0, 41, None),
        "asks": (0, 41, None),
        "battery": (3.6, 41, None),
        "temperature": (21.5, 41, None),
        "uptime": (1800, 41, None),
    }
    uplink = parse_uplink(event())
    assert (uplink.device, uplink.best_rssi) == (EUI.lower(), -71)


def test_what_is_not_measured_is_missing_and_not_a_number() -> None:
    read = take(event(bytes([0, 255, 0x80, 0, 0, 0])))
    assert (read["battery"][0], read["temperature"][0]) == (None, None)
    assert read["wet_2"] == (0, 41, 0)


def test_fields_that_older_servers_leave_out_are_nothing() -> None:
    whole = json.loads(event())
    for name in ("fCnt", "rxInfo", "devAddr", "time"):
        del whole[name]
    uplink = parse_uplink(json.dumps(whole).encode())
    assert (uplink.f_cnt, uplink.best_rssi) == (0, None)
    assert samples(uplink, HOME)["wet_2"].value == 1


@pytest.mark.parametrize(
    ("raw", "match"),
    [
        (event(fPort=3), "port 3; home-alarm sends on 2"),
        (event(b"\x01"), "1 octets came; want 6"),
        (event(data="not base64!"), "base64"),
        (event(data=7), "base64"),
        (event(fCnt=-1), "fCnt"),
        (event(fCnt="41"), "fCnt"),
        (event(deviceInfo={}), r"deviceInfo\.devEui"),
        (event(deviceInfo={"devEui": "A-101"}), "devEui"),
        (event(time="yesterday"), "time"),
        (event(time="2026-07-15T20:41:03"), "time"),
        (b"[]", "uplink"),
        (b"{", "uplink"),
        (b"\xff\xfe", "uplink"),
        (b" " * 70_000, "at most 65536"),
    ],
)
def test_what_is_no_uplink_of_this_device_is_refused_with_a_reason(raw: bytes, match: str) -> None:
    with pytest.raises(WireError, match=match):
        take(raw)


def news(latest: Latest, number: int, minute: int = 0, address: str = "00189440") -> bool:
    time = f"2026-07-15T20:{minute:02}:00+00:00"
    return latest.take(parse_uplink(event(fCnt=number, devAddr=address, time=time)))


def test_an_uplink_that_comes_twice_or_late_is_no_news() -> None:
    latest = Latest()
    assert news(latest, 7, 1)
    assert not news(latest, 7, 1)
    assert not news(latest, 7, 2), "a retransmission has the same number"
    assert news(latest, 9, 3)
    assert not news(latest, 8, 2), "it was overtaken"
    assert latest.refused == 3


def test_a_device_that_joined_again_or_restarted_is_heard() -> None:
    latest = Latest()
    assert news(latest, 500, 1)
    assert news(latest, 0, 2, "01000000")
    assert not news(latest, 501, 1, "00189440"), "an uplink of the session before"
    assert news(latest, 90, 3, "01000000")
    assert news(latest, 0, 4, "01000000"), "a device without a join starts at 0"


def test_devices_do_not_disturb_each_other_and_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lorawan, "MAX_DEVICES", 3)
    latest = Latest()
    for number in range(20):
        assert latest.take(parse_uplink(event(deviceInfo={"devEui": f"{number:016x}"})))
    assert len(latest._taken) == 3
    assert not latest.take(parse_uplink(event(deviceInfo={"devEui": f"{19:016X}"})))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["deviceInfo", "devAddr", "time", "fPort", "fCnt", "data", "rxInfo"])


@given(st.binary(max_size=400))
@settings(max_examples=FUZZED)
def test_any_octets_are_refused_or_understood(raw: bytes) -> None:
    with suppress(WireError):
        assert isinstance(parse_uplink(raw), Uplink)


@given(st.dictionaries(fields, json_values, max_size=3), st.binary(max_size=12))
@settings(max_examples=FUZZED)
def test_any_event_is_refused_or_understood(changes: dict[str, Any], data: bytes) -> None:
    with suppress(WireError):
        read = take(event(data, **changes))
        assert read.keys() == HOME.points.keys()


@given(st.binary(min_size=6, max_size=6))
@settings(max_examples=500)
def test_every_payload_of_the_right_length_reads(data: bytes) -> None:
    read = take(event(data))
    assert read["wet_2"][0] == data[0] & 1
    assert read["uptime"][0] == 600 * int.from_bytes(data[4:])


def test_a_payload_profile_is_refused_with_the_place_of_each_problem() -> None:
    text = """
[device]
name = "x"
version = 1
port = 224
octets = 2
heartbeat_s = 60
[points.a]
octet = 0
[points.b]
octet = 1
bit = 8
"""
    with pytest.raises(ConfigError) as refused:
        parse(text)
    assert {problem.split(":")[0] for problem in refused.value.problems} == {
        "device.port", "points.a", "points.b.bit",
    }  # fmt: skip
    good = (
        text.replace("224", "5")
        .replace("bit = 8", 'type = "uint16"')
        .replace("octet = 0", "octet = 0\nbit = 1")
    )
    with pytest.raises(ConfigError, match="ends after octet 1"):
        parse(good)
    with pytest.raises(ConfigError, match="no point 'ok'"):
        parse(good.replace("uint16", "uint8") + 'quality = "ok"\n')
    for broken in ("= 3", "device = 3"):
        with pytest.raises(ConfigError):
            parse(broken)
    with pytest.raises(ConfigError, match="file"):
        load("no-such-payload")


def test_little_endian_floats_are_read_and_what_is_no_number_is_missing() -> None:
    payload = parse(
        '[device]\nname="f"\nversion=1\nport=1\noctets=4\norder="little"\nheartbeat_s=60\n'
        '[points.x]\noctet=0\ntype="float32"\n'
    )
    assert payload.values(bytes.fromhex("00004842")) == {"x": 50.0}
    assert payload.values(bytes.fromhex("0000c07f")) == {"x": None}
