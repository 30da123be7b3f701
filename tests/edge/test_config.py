"""A gate's file: accepted whole, or refused with every problem and its place."""

import math
from dataclasses import fields
from pathlib import Path

import pytest

from sotdae_edge.config import load_city, load_gate
from sotdae_edge.core import conditions
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.limits import GEOMETRY, LEVELS, SELFTEST, TIMES, Limit
from sotdae_edge.core.limits import problems as limit_problems
from sotdae_edge.core.site import Geometry, Levels, SelfTestPlan, Times
from sotdae_shared.errors import ConfigError

REPO = Path(__file__).parents[2]
GOOD = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "/tmp/x"
"""
PERSON = '[[roster]]\nkey = "{0}"\nname = "{0}"\nlevel = "city"\npublic = "{1}"\n'
HOME = '[[homes]]\nname = "{0}"\nlat = 37.2\nlon = 127.0\npoint_2 = "{1}_2"\npoint_15 = "{1}_15"\n'


def problems(tmp_path: Path, text: str) -> str:
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_gate(path)
    return "\n".join(caught.value.problems)


def test_the_examples_are_good() -> None:
    assert load_gate(REPO / "edge/gate.example.toml").site.lead_s == pytest.approx(41.0)
    assert load_city(REPO / "edge/city.example.toml").homes


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("[levels]\nclose_cm = 4.0", "caution_cm < close_cm"),
        ("[levels]\nclose_cm = 31.0", "close_cm <= unsafe_cm"),
        ("[times]\npre_warn = 2.0", "pre_warn"),
        ("[times]\nlane_age = 0.6", "lane_age"),
        ("[times]\npermit = 0.3", "permit"),
        ("[geometry]\nlength_m = 685.0", "river_trigger_cm"),
        ("[geometry]\nwarning_s = 4.0", "warning_s"),
        (
            "[levels]\ncluse_cm = 15.0",
            "levels.cluse_cm: there is no such setting here; did you mean close_cm?",
        ),
        ("[levls]\nclose_cm = 15.0", "levls: there is no such setting here; did you mean levels?"),
        ("[device]\npoll_s = 0.5", "poll_s"),
        ('[device]\nhost = ""', "device.host"),
        ('[camera]\nurl = "x"\nzone = [0.1, 0.2, 0.3]', "zone"),
        ("colour = 3", "colour"),
        ('checklist = ["cctv"]', "checklist: want on_site"),
        ('checklist = ["on_site", "Pumps!"]', "checklist.1"),
        ("channels = []", "channels: none tells 15 cm"),
        ('[[channels]]\nname = "a"\nkind = "laser"\npoints = [["p", 0.0]]', "kind"),
        ('[[channels]]\nname = "a"\nkind = "analog"\npoints = []', "channels.0.points"),
        ('[[channels]]\nname = "a b"\nkind = "analog"\npoints = [["p", 0.0]]', "channels.0.name"),
        (
            '[[channels]]\nname = "a"\nkind = "analog"\npoints = [["p", 0.0], ["q", 0.0]]',
            "channels.a: points",
        ),
        ('[[channels]]\nname = "a"\nkind = "switch"\npoints = [["p", 15.0], ["q", 5.0]]', "increasing"),
        ('[[channels]]\nname = "a"\nkind = "switch"\npoints = [["p", 0.0], ["q", 15.0]]', "above 0"),
        ('[[channels]]\nname = "a"\nkind = "switch"\npoints = [["p", 100.0]]', "none tells 15 cm"),
        (
            '[[channels]]\nname = "a"\nkind = "analog"\npoints = [["p", 0.0]]\nrange_cm = [-5.0, 20.0]',
            "channels.a: range_cm",
        ),
        ('[[channels]]\nname = "a"\nkind = "analog"\npoints = [["p", 0.0]]\n' * 2, "a point stands twice"),
        (PERSON.format("kim", "ab" * 31), "roster.0.public: want 64 hexadecimal digits"),
        (
            PERSON.format("kim", "ab" * 32) + PERSON.format("lee", "AB" * 32),
            "roster: two have the same public",
        ),
        (PERSON.format("kim", "ab" * 32) + PERSON.format("kim", "cd" * 32), "roster: two have the same key"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, more: str, place: str) -> None:
    text = more + GOOD if more.startswith(("colour", "channels", "checklist")) else GOOD + more
    assert place in problems(tmp_path, text)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert load_gate(path).facility.node == "gate-1"


def test_a_setting_in_the_wrong_section_is_not_offered_itself(tmp_path: Path) -> None:
    said = problems(tmp_path, 'dir = "gate"\n' + GOOD)
    assert "dir: there is no such setting here" in said
    assert "did you mean dir" not in said


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ('name = "east cut"', "slopes.east cut: want a name"),
        ('name = "a"\n[slopes.limits]\nattention_per_h = 5.0', "slopes.a.limits"),
        ('name = "a"\n[slopes.limits]\nwet_factor = 1.5', "wet_factor"),
        ('name = "a"\nfull_scale = 0.0', "full_scale"),
        ('name = "a"\nsilent_s = nan', "silent_s"),
        ('name = "a"\ncalm_s = 0.0', "calm_s"),
        ('name = "a"\nkind = "radar"', "slopes.0.kind"),
    ],
)
def test_a_wrong_slope_is_refused_with_its_place(tmp_path: Path, more: str, place: str) -> None:
    path = tmp_path / "city.toml"
    scale = "" if "full_scale" in more else "full_scale = 100.0\n"
    path.write_text(f'{GOOD}[[slopes]]\npoint = "wire_mm"\n{scale}{more}', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_city(path)
    assert place in "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    "more",
    [
        'name = "a b"',
        "attention_cm = 20.0",
        "crest_cm = nan",
        "jump_factor = 1.0",
        "silent_s = 1.0",
        "calm_s = nan",
    ],
)
def test_a_wrong_reservoir_is_refused_with_its_place(tmp_path: Path, more: str) -> None:
    path, good = tmp_path / "city.toml", {"name": '"a"', "crest_cm": "900.0", "level_point": '"river_stage"'}
    key, _, value = more.partition(" = ")
    section = "\n".join(f"{name} = {each}" for name, each in {**good, key: value}.items())
    path.write_text(f"{GOOD}[[reservoirs]]\n{section}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_city(path)
    assert caught.value.problems[0].startswith(("reservoirs.a", "reservoirs.0"))


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ('[[relays]]\npoint = "a"\n[[relays]]\npoint = "a"', "relays: two have the same point"),
        ('[lorawan]\ndevices = { "70B3D57ED0000A17" = "a" }', "lorawan.devices"),
        ('[lorawan]\ndevices = { "ZZ" = "a" }', "want 16 hexadecimal digits, small letters"),
        ('[lorawan]\nhost = ""\n[lorawan.devices]\n70b3d57ed0000a17 = "a"', "lorawan.host"),
        (
            '[lorawan.devices]\n70b3d57ed0000a17 = "a"\n70b3d57ed0000a18 = "a"',
            "lorawan.devices: two have the same name",
        ),
        ('[device]\nspeaks = "morse"', "device.speaks"),
        (HOME.format("A-1", "a") + HOME.format("A-1", "b"), "homes: two have the same name"),
        (HOME.format("A-1", "a") + HOME.format("A-2", "a"), "homes: a point stands twice"),
        (HOME.format("반지하", "a"), "homes.0.name"),
        (HOME.format("A-1", "a") + "heartbeat_s = 1.0", "homes.0.heartbeat_s"),
        (HOME.format("A-1", "a") + "silent_s = 30.0", "homes.0.silent_s"),
        (
            HOME.format("A-1", "a") + "warned_heartbeat_s = 60.0",
            "homes.A-1: want warned_heartbeat_s not above",
        ),
        (HOME.format("A-1", "a") + "warned_heartbeat_s = 6.0", "needs [rain]"),
        (HOME.format("A-1", "a") + "cells = { full_v = 2.0 }", "homes.A-1.cells: want full_v"),
        (HOME.format("A-1", "a") + 'asks_point = "b"', "asks_point: needs [lorawan]"),
        ("[rain]\nsilent_s = 60.0", "rain: want rate_point"),
        ('[[relays]]\npoint = "a"\nsilent_s = 0.0', "relays: want silent_s"),
        ('[[cameras]]\nname = "a"\nurl = "x"\n' * 2, "cameras: two have the same name"),
    ],
)
def test_wrong_homes_relays_uplinks_and_tongues_are_refused(tmp_path: Path, more: str, place: str) -> None:
    path = tmp_path / "city.toml"
    path.write_text(f"{GOOD}{more}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_city(path)
    assert place in caught.value.problems[0]


LIMITS = {
    "times": (Times, TIMES), "levels": (Levels, LEVELS), "geometry": (Geometry, GEOMETRY),
    "selftest": (SelfTestPlan, SELFTEST),
}  # fmt: skip
NUMBERS = [
    (section, name, limit) for section, (_, limits) in LIMITS.items() for name, limit in limits.items()
]


@pytest.mark.parametrize("section", LIMITS)
def test_every_number_of_a_site_has_limits_and_a_reason(section: str) -> None:
    kind, limits = LIMITS[section]
    assert {each.name for each in fields(kind)} == set(limits)
    assert all(limit.least < limit.most and limit.why for limit in limits.values())
    assert limit_problems(Levels(), Times(), Geometry()) == []


@pytest.mark.parametrize(("section", "name", "limit"), NUMBERS)
def test_a_number_that_removes_protection_is_refused(
    tmp_path: Path, section: str, name: str, limit: Limit
) -> None:
    beyond = (math.nextafter(limit.least, -math.inf), math.nextafter(limit.most, math.inf))
    for value in (*beyond, -1e300, 1e300, math.nan, math.inf, -math.inf):
        found = problems(tmp_path, f"{GOOD}[{section}]\n{name} = {value!r}\n")
        assert f"{section}.{name}:" in found


def test_the_page_says_the_limits() -> None:
    page = (REPO / "docs/gate.md").read_text(encoding="utf-8")
    for kind, limits in LIMITS.values():
        for name, limit in limits.items():
            default = getattr(kind(), name)
            shown = "none" if default is None else f"{default:,g}"
            assert f"| `{name}` | {shown} | {limit.least:,g} to {limit.most:,g} | {limit.why} |" in page


def test_only_a_drill_shortens_the_dry_time_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(GOOD + "[drill]\nreopen_dry_s = 3.0\n", encoding="utf-8")
    site = load_gate(path).site
    assert (site.times.reopen_dry, site.drill) == (3.0, True)
    gate = Gate.start(site, "0" * 16, 0.0)
    assert [(each.code, each.priority) for each in conditions.of(gate, 0.0)][-1] == ("drill.active", 3)
    path.write_text(GOOD, encoding="utf-8")
    assert not load_gate(path).site.drill
    for wrong in ("0.0", "1800.0", "nan"):
        assert "drill.reopen_dry_s" in problems(tmp_path, f"{GOOD}[drill]\nreopen_dry_s = {wrong}\n")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    said = problems(tmp_path, GOOD.replace("gate-1", "Gate 1").replace("37.2", "137.2"))
    assert "facility.node" in said
    assert "facility.lat" in said


def test_what_is_not_toml_or_not_there_is_named(tmp_path: Path) -> None:
    assert "is not TOML" in problems(tmp_path, "[facility")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_gate(tmp_path / "absent.toml")
    (tmp_path / "gate.toml").write_bytes("name = '고색'".encode("cp949"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        load_gate(tmp_path / "gate.toml")


def test_a_long_tunnel_with_a_river_trigger_is_good(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(GOOD + "[geometry]\nlength_m = 685.0\n[levels]\nriver_trigger_cm = 2902.0\n")
    assert load_gate(path).site.levels.river_trigger_cm == 2902.0


def test_a_ladder_may_be_more_careful_but_never_less(tmp_path: Path) -> None:
    assert "ladder.blind: report: want caution or close" in problems(
        tmp_path, f'{GOOD}[ladder]\nblind = "report"\n'
    )
    assert "ladder.hub_lost" in problems(tmp_path, f'{GOOD}[ladder]\nhub_lost = "ignore"\n')
    assert "ladder.nothing_lost" in problems(tmp_path, f'{GOOD}[ladder]\nnothing_lost = "close"\n')
    path = tmp_path / "gate.toml"
    path.write_text(f'{GOOD}[ladder]\ntwo_sensors_lost = "close"\n', encoding="utf-8")
    site = load_gate(path).site
    assert (site.ladder.two_sensors_lost, site.ladder.blind, site.hub) == ("close", "caution", False)
