"""Raw numbers and quantities: pinned for the underpass, round trip and fuzz for all types."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sotdae_firmware_bridge.profile import Point, load
from sotdae_firmware_bridge.raw import NUMBERS, Block, blocks, decode, encode

UNDERPASS = load("underpass")

GOLDEN = [
    ("radar_level", (0,), 0.0),
    ("radar_level", (155,), 15.5),
    ("radar_level", (0xFFFD,), -0.3),
    ("radar_level", (0x8000,), None),
    ("radar_echo", (87,), 87.0),
    ("pressure_level", (4000,), 400.0),
    ("rain_rate", (825,), 82.5),
    ("rain_rate", (0xFFFF,), None),
    ("river_stage", (1042,), 1042.0),
    ("arm_angle", (900,), 90.0),
    ("motor_current", (412,), 4.12),
    ("radar_scan", (65535,), 65535.0),
    ("float_15", True, 1.0),
    ("float_15", False, 0.0),
    ("drive", (2,), 2.0),
]


@pytest.mark.parametrize(("name", "raw", "value"), GOLDEN)
def test_the_underpass_map_is_pinned(name: str, raw: bool | tuple[int, ...], value: float | None) -> None:
    point = UNDERPASS.points[name]
    decoded = decode(point, raw)
    assert decoded == (None if value is None else pytest.approx(value))
    assert encode(point, value) == raw


def test_the_underpass_is_read_in_four_requests() -> None:
    plan = blocks(UNDERPASS)
    assert [(block.table, block.start, block.count) for block in plan] == [
        ("coil", 0, 3),
        ("discrete", 0, 16),
        ("holding", 0, 3),
        ("input", 0, 14),
    ]
    assert sorted(name for block in plan for name in block.points) == sorted(UNDERPASS.points)


def test_no_request_is_longer_than_the_protocol_allows() -> None:
    points = {f"p{n}": Point(table="input", address=n, type="uint16") for n in range(300)}
    plan = blocks(UNDERPASS.model_copy(update={"points": points}))
    assert [(block.start, block.count) for block in plan] == [(0, 125), (125, 125), (250, 50)]


def test_drive_and_permit_are_written_in_one_request() -> None:
    assert blocks(UNDERPASS, ["permit", "drive"]) == (Block("holding", 0, 2, ("drive", "permit")),)
    assert len(blocks(UNDERPASS, ["drive", "feed"])) == 2


@pytest.mark.parametrize("value", [40000.0, -1.0, float("nan"), float("inf"), None])
def test_what_does_not_fit_is_refused(value: float | None) -> None:
    with pytest.raises(ValueError, match=r"fit|missing"):
        encode(Point(table="holding", address=0, type="uint16", scale=0.5), value)


def test_a_value_that_would_read_as_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        encode(UNDERPASS.points["rain_rate"], 6553.5)


@pytest.mark.parametrize("value", [2, 0.5, -1, None])
def test_a_bit_is_zero_or_one(value: float | None) -> None:
    with pytest.raises(ValueError, match="bit"):
        encode(UNDERPASS.points["warn_closed"], value)


register_points = st.builds(
    Point,
    table=st.just("holding"),
    address=st.just(0),
    type=st.sampled_from(sorted(NUMBERS)),
    scale=st.sampled_from([1.0, 0.1, 0.01, -0.5, 10.0]),
    offset=st.sampled_from([0.0, -40.0, 273.15]),
)


@given(register_points, st.floats(-1e6, 1e6))
def test_a_value_that_fits_comes_back_within_half_a_step(point: Point, value: float) -> None:
    try:
        raw = encode(point, value)
    except ValueError:
        assume(False)
    decoded = decode(point, raw)
    step = abs(point.scale)
    assert decoded == pytest.approx(value, abs=0.501 * step, rel=1e-5)


@given(
    st.sampled_from(sorted(UNDERPASS.points)),
    st.booleans() | st.lists(st.integers(-(2**40), 2**40), max_size=4),
)
def test_any_raw_value_is_a_number_or_none(name: str, raw: bool | list[int]) -> None:
    value = decode(UNDERPASS.points[name], raw)
    assert value is None or isinstance(value, float)


@given(st.tuples(st.integers(0, 65535), st.integers(0, 65535)))
def test_float_registers_never_decode_to_a_number_that_is_none(words: tuple[int, int]) -> None:
    value = decode(Point(table="input", address=0, type="float32"), words)
    assert value is None or abs(value) < float("inf")
