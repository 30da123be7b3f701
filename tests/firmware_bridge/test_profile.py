"""Profiles: every mistake is named with its place; the two that ship are sound."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_firmware_bridge.profile import load, names, parse
from sotdae_shared.errors import ConfigError

HEAD = """
[device]
name = "d"
version = 1
unit_id = 1
"""


def problems_of(points: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(HEAD + points, "test.toml")
    return caught.value.problems


def test_the_profiles_that_ship_load_by_name() -> None:
    assert names() == ["homes", "riverside", "slope", "underpass"]
    assert load("underpass").device.unit_id == 1
    assert load("homes").device.unit_id == 2
    assert load("slope").device.unit_id == 3


@pytest.mark.parametrize(
    ("points", "place", "words"),
    [
        ('[points.a]\ntable="input"\naddress=0\n', "points.a", "want type"),
        ('[points.a]\ntable="coil"\naddress=0\ntype="int16"\n', "points.a", "bit"),
        ('[points.a]\ntable="coil"\naddress=0\nmissing=1\n', "points.a", "bit"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int17"\n', "points.a.type", "int16"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int16"\nscale=0.0\n', "points.a", "scale"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int16"\nscale=inf\n', "points.a.scale", "finite"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int16"\nrange=[2.0,1.0]\n', "points.a", "low < high"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int16"\nwritable=true\n', "points.a", "written"),
        ('[points.a]\ntable="input"\naddress=65535\ntype="int32"\n', "points.a", "65535"),
        ('[points.a]\ntable="input"\naddress=70000\ntype="int16"\n', "points.a.address", "65535"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int16"\nmissing=65535\n', "points.a", "does not fit"),
        (
            '[points.a]\ntable="input"\naddress=0\ntype="int16"\ncolour="red"\n',
            "points.a.colour",
            "no such setting",
        ),
        ('[points.a]\ntabel="coil"\ntable="coil"\naddress=0\n', "points.a.tabel", "did you mean table?"),
        ('[points.a]\ntable="input"\naddress=0\ntype="int16"\nunit="furlong"\n', "points.a.unit", "cm"),
        ('[points.A]\ntable="coil"\naddress=0\n', "points.A", "pattern"),
        ('[points.a]\ntable="coil"\naddress=0\ncounter="b"\n', "points.a.counter", "no point 'b'"),
        ('[points.a]\ntable="coil"\naddress=0\nquality="b"\n', "points.a.quality", "no point 'b'"),
        ('[points.a]\ntable="coil"\naddress=0\ncounter="a"\n', "points.a.counter", "unsigned"),
    ],
)
def test_a_mistake_is_named_with_its_place(points: str, place: str, words: str) -> None:
    (problem,) = problems_of(points)
    assert problem.startswith(place)
    assert words in problem


def test_overlapping_addresses_are_found_with_the_width_of_the_type() -> None:
    wide = '[points.a]\ntable="input"\naddress=4\ntype="int32"\n'
    beside = '[points.b]\ntable="input"\naddress={}\ntype="int16"\n'
    assert problems_of(wide + beside.format(5)) == ["points.b: input 5 overlaps a"]
    assert parse(HEAD + wide + beside.format(6)).points.keys() == {"a", "b"}


def test_all_mistakes_are_listed_at_once() -> None:
    found = problems_of(
        '[points.a]\ntable="input"\naddress=0\n[points.b]\ntable="coil"\naddress=0\nquality="x"\n'
        '[points.c]\ntable="coil"\naddress=0\n'
    )
    assert [problem.split(":")[0] for problem in found] == ["points.a", "points.c", "points.b.quality"]


def test_a_file_that_is_absent_or_not_text_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="underpass"):
        load("no-such-profile")
    broken = tmp_path / "p.toml"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError):
        load(broken)
    with pytest.raises(ConfigError, match="TOML"):
        parse("[device")


TOML_LIKE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "[device]", "[points.a]", 'table="input"', "address=1", "address=-1", 'type="int32"',
                "points=3", "x=[", 'name="d"', "version=1", "unit_id=1", 'counter="a"', "range=[1.0]",
                "scale=nan", "missing=99999999999999999999", "[points.a.b]", "points.a=1",
            ]
        ),
        max_size=12,
    ).map("\n".join),
)  # fmt: skip


@given(TOML_LIKE)
def test_any_text_is_a_profile_or_a_config_error(text: str) -> None:
    try:
        parse(text)
    except ConfigError as error:
        problems = error.problems
    else:
        problems = ["none"]
    assert problems
