"""Flooded areas to the letter: who belongs to one, when it is spoken of, and in which words."""

from dataclasses import replace

import pytest

from sotdae_edge.core.areas import AREA_S, METRES_PER_DEGREE, Area, Areas, distance_m, neighbours
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.home import Home, HomeState, Wet

NOW = 5000.0
M = 1.0 / 111_195.0
"""A metre of latitude, in degrees, on a sphere of 6,371 km."""


def street(*at_m: float) -> tuple[Home, ...]:
    """Return homes along a street to the north, named by their number."""
    return tuple(Home(f"h{n}", 37.0 + m * M, 127.0, f"{n}_2", f"{n}_15") for n, m in enumerate(at_m))


def states(homes: tuple[Home, ...], **wet_ago_s: float) -> dict[str, HomeState]:
    """Return the homes' memories: dry, but for those that got wet so long ago."""
    found = {home.name: HomeState(stage=Wet.DRY, pending=Wet.DRY) for home in homes}
    for name, ago_s in wet_ago_s.items():
        found[name] = HomeState(stage=Wet.WET_2, pending=Wet.WET_2, wet_at=NOW - ago_s)
    return found


def areas(homes: tuple[Home, ...], *open_areas: Area) -> Areas:
    return Areas(homes, "abcdef0123456789", list(open_areas), 7)


BLOCK = street(0, 50, 100, 150)
RULE = "3 homes within 200 m in 10 min"


def test_a_metre_is_a_metre() -> None:
    one, other = street(0, 1000)
    assert distance_m(one, other) == pytest.approx(1000.0, abs=0.1)
    assert distance_m(one, one) == 0.0
    east = replace(one, lon=127.01)
    assert distance_m(one, east) == distance_m(east, one) == pytest.approx(888.06, abs=0.1)


def test_neighbours_live_within_two_hundred_metres() -> None:
    homes = street(0, 199.9, 200.1, 399)
    assert neighbours(homes) == {
        "h0": {"h0", "h1"},
        "h1": {"h0", "h1", "h2", "h3"},
        "h2": {"h1", "h2", "h3"},
        "h3": {"h1", "h2", "h3"},
    }
    assert neighbours(tuple(reversed(homes))) == neighbours(homes)
    far = replace(homes[0], name="far", lon=127.01)
    assert neighbours((homes[0], far)) == {"h0": {"h0"}, "far": {"far"}}
    assert METRES_PER_DEGREE < 111_195.0, "the shortcut leaves nobody out"


@pytest.mark.parametrize(
    ("wet_ago_s", "opened"),
    [
        ({"h0": 0.0, "h1": 0.0, "h2": 0.0}, ["h0", "h1", "h2"]),
        ({"h0": AREA_S, "h1": 10.0, "h2": 0.0}, ["h0", "h1", "h2"]),
        ({"h0": AREA_S + 0.1, "h1": 10.0, "h2": 0.0}, None),
        ({"h0": AREA_S + 0.1, "h1": 10.0, "h2": 0.0, "h3": 5.0}, ["h1", "h2", "h3", "h0"]),
        ({"h0": 1.0, "h2": 0.0}, None),
    ],
)
def test_three_that_got_wet_lately_are_an_area_with_all_that_are_wet(
    wet_ago_s: dict[str, float], opened: list[str] | None
) -> None:
    found = areas(BLOCK)
    said = found.wetted("h2", states(BLOCK, **wet_ago_s), NOW)
    if opened is None:
        assert (said, found.open, found.episode) == ([], [], 7)
        return
    words = f"{RULE}; {len(opened)} wet: {', '.join(opened)}"
    assert said == [Decided("area_flood", "area_flood", "dry", (words,), "area-abcdef01-8", "homes")]
    assert found.open == [Area("area-abcdef01-8", opened, len(opened), announced=False)]
    assert found.episode == 8
    assert found.again() == said
    found.open[0].announced = True
    assert found.again() == []


def test_the_three_must_be_near_to_one_of_them() -> None:
    chain = street(0, 190, 380, 570)
    wet = states(chain, h0=1.0, h1=1.0, h3=1.0)
    assert areas(chain).wetted("h1", wet, NOW) == []
    wet = states(chain, h0=1.0, h1=1.0, h2=1.0)
    (said,) = areas(chain).wetted("h0", wet, NOW)
    assert said.because[0].endswith("3 wet: h0, h1, h2"), "near to the one in the middle"
    dry_between = states(chain, h0=1.0, h2=1.0, h3=1.0)
    assert areas(chain).wetted("h2", dry_between, NOW) == []


def test_the_home_in_the_middle_must_be_wet_too_and_wet_still() -> None:
    (middle, north), east_m = street(0, 190), 190.0 / 88_806.0
    south, east = replace(north, name="s", lat=37.0 - 190 * M), replace(north, name="e", lat=37.0)
    homes = (middle, north, south, replace(east, lon=127.0 + east_m))
    wet = states(homes, h1=1.0, s=1.0, e=1.0)
    assert areas(homes).wetted("h1", wet, NOW) == []
    wet["h0"] = HomeState(stage=Wet.DRY, wet_at=NOW - 5.0)
    assert areas(homes).wetted("h1", wet, NOW) == [], "it has dried"
    wet["h0"] = HomeState(stage=Wet.WET_2, wet_at=NOW - 5.0)
    assert len(areas(homes).wetted("h1", wet, NOW)) == 1


def test_the_largest_group_counts() -> None:
    homes = street(0, 150, 300, 450)
    wet = states(homes, h0=1.0, h1=1.0, h2=0.0, h3=1.0)
    assert len(areas(homes).wetted("h2", wet, NOW)) == 1


def test_the_wet_ones_of_the_whole_street_are_one_area() -> None:
    long = street(*range(0, 1000, 100))
    wet = states(long, **{home.name: 3000.0 for home in long} | {"h0": 0.0, "h1": 0.0, "h2": 0.0})
    found = areas(long)
    (said,) = found.wetted("h0", wet, NOW)
    assert set(found.open[0].homes) == {home.name for home in long}
    assert said.because[0].startswith(f"{RULE}; 10 wet: h0, h1, h2, h3, h4")


@pytest.mark.parametrize(("count", "end"), [(10, "h8, h9"), (11, "h7, h8 and 1 more")])
def test_ten_are_named(count: int, end: str) -> None:
    homes = street(*range(0, 10 * count, 10))
    (said,) = areas(homes).wetted("h0", states(homes, **{home.name: 0.0 for home in homes}), NOW)
    assert said.because[0].endswith(end)


def test_who_gets_wet_near_an_area_joins_it_and_it_is_spoken_of_when_it_has_doubled() -> None:
    homes = street(*range(0, 120, 10))
    found = areas(homes, Area("area-1", ["h0", "h1", "h2"], 3))
    wet = states(homes, **{home.name: 0.0 for home in homes})
    assert found.wetted("h1", wet, NOW) == []
    assert found.wetted("h3", wet, NOW) == found.wetted("h4", wet, NOW) == []
    words = "grown to 6 homes: h0, h1, h2, h3, h4, h5"
    assert found.wetted("h5", wet, NOW) == [
        Decided("area_grew", "area_flood", "area_flood", (words,), "area-1", "homes")
    ]
    assert found.open[0].told == 6
    for name in ("h6", "h7", "h8", "h9", "h10"):
        assert found.wetted(name, wet, NOW) == []
    (said,) = found.wetted("h11", wet, NOW)
    assert said.because == ("grown to 12 homes: h0, h1, h2, h3, h4, h5, h6, h7, h8, h9 and 2 more",)
    assert found.episode == 7, "no new one"


def test_an_area_ends_when_every_home_in_it_is_known_to_be_dry() -> None:
    near, far = Area("area-1", ["h0", "h1"], 2), Area("area-2", ["h3"], 3)
    found, known = areas(BLOCK, near, far), states(BLOCK, h1=0.0, h3=0.0)
    assert found.dried(known) == []
    known["h1"] = HomeState(stage=Wet.DRY, offline=True)
    assert found.dried(known) == []
    known["h1"] = HomeState(stage=Wet.DRY)
    because = ("every home reads dry",)
    assert found.dried(known) == [Decided("area_cleared", "dry", "area_flood", because, "area-1", "homes")]
    assert found.open == [far]


def test_a_home_that_is_no_longer_watched_has_left_its_area() -> None:
    assert areas(BLOCK, Area("area-1", ["h0", "gone", "h3"], 3)).open[0].homes == ["h0", "h3"]
