"""A file whose points no profile has is refused before it runs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sotdae_edge.cli import city_app, gate_app
from sotdae_edge.fitting import (
    APPROACH_ORDERS,
    APPROACH_POINTS,
    GATE_ORDERS,
    city_points,
    fitted_city,
    fitted_gate,
    scale,
)
from sotdae_firmware_bridge.profile import BUILT_IN, load
from sotdae_shared.errors import ConfigError
from sotdae_shared.units import Unit

REPO = Path(__file__).parents[2]
PLACE = """
[facility]
id = "GG-41113-UP-0007"
node = "agent-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "/tmp/x"
"""
CHANNEL = '[[channels]]\nname = "a"\nkind = "{}"\npoints = [["{}", {}]]\n'
HOME = '[[homes]]\nname = "A-1"\nlat = 37.2\nlon = 127.0\npoint_2 = "{}"\npoint_15 = "home_1_wet_15"\n'
UPLINKS = '[lorawan]\ndevices = { "70b3d57ed0000a17" = "a_101" }\n'


def written(directory: Path, more: str) -> Path:
    path = directory / "agent.toml"
    path.write_text(PLACE + more, encoding="utf-8")
    return path


def test_the_examples_fit() -> None:
    assert fitted_gate(REPO / "edge/gate.example.toml").device.profile == "underpass"
    assert fitted_city(REPO / "edge/city.example.toml").device.profile == "homes"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('[device]\nprofile = "moon"', "profile moon: no such profile; give a TOML file; built in are"),
        ('[device]\nprofile = "homes"', "a gate needs the point 'loop_occupied'"),
        ('[device]\nspeaks = "frames"', "device.serial: wanted for a board with frames"),
        (
            '[device]\nspeaks = "gpio"',
            "a pin is a bit, but the profile has registers: radar_level, radar_echo",
        ),
        (CHANNEL.format("analog", "radar", 0.0), "channels.a: there is no point 'radar'"),
        (CHANNEL.format("analog", "float_15", 0.0), "channels.a: 'float_15' is a bit"),
        (CHANNEL.format("switch", "radar_level", 15.0), "channels.a: 'radar_level' is a number"),
        (CHANNEL.format("analog", "rain_rate", 0.0), "channels.a: 'rain_rate' is not in cm"),
        ("[levels]\nriver_trigger_cm = 20000.0", "levels.river_trigger_cm: 20000: the gauge says 0 to 10000"),
    ],
)
def test_a_gate_that_does_not_fit_is_refused(tmp_path: Path, more: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fitted_gate(written(tmp_path, more))
    assert problem in "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    "name", ["loop_occupied", "curtain_blocked", *APPROACH_POINTS, *APPROACH_ORDERS, *GATE_ORDERS]
)
def test_each_point_that_a_gate_lives_on_is_needed(tmp_path: Path, name: str) -> None:
    text = (BUILT_IN / "underpass.toml").read_text(encoding="utf-8")
    profile = tmp_path / "other.toml"
    profile.write_text(text.replace(f"[points.{name}]", f"[points.{name}_2]"), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"a gate needs the point '{name}'"):
        fitted_gate(written(tmp_path, f'[device]\nprofile = "{profile}"'))


REGISTER = 'table = "holding"\naddress = 2\ntype = "uint16"\nwritable = true\n'


@pytest.mark.parametrize(
    ("register", "problem"),
    [
        (REGISTER.replace("true", "false"), "'feed' must be writable: add writable = true"),
        (REGISTER.replace("uint16", "int16"), "'feed' must take 0 to 65535, as a uint16 does"),
        (REGISTER + "missing = 65535\n", "'feed' must take 0 to 65535, as a uint16 does"),
        (REGISTER + "scale = 2\n", "'feed' must take 0 to 65535 in steps of 1"),
        ('table = "coil"\naddress = 9\nwritable = true\n', "'feed' must take 0 to 65535, as a uint16 does"),
    ],
)
def test_a_point_that_could_not_take_each_order_is_refused_before_one_is_given(
    tmp_path: Path, register: str, problem: str
) -> None:
    text = (BUILT_IN / "underpass.toml").read_text(encoding="utf-8")
    profile = tmp_path / "other.toml"
    assert text.count(f"[points.feed]\n{REGISTER}") == 1
    profile.write_text(
        text.replace(f"[points.feed]\n{REGISTER}", f"[points.feed]\n{register}"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=problem):
        fitted_gate(written(tmp_path, f'[device]\nprofile = "{profile}"'))


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (HOME.format("home_9_wet_2"), "homes.A-1: there is no point 'home_9_wet_2'"),
        (HOME.format("a_102_wet_2") + UPLINKS, "homes.A-1: there is no point 'a_102_wet_2'"),
        (
            HOME.format("a_101_wet_2") + 'battery_point = "a_101_volts"\n' + UPLINKS,
            "homes.A-1: there is no point 'a_101_volts'",
        ),
        ('[rain]\nwarning_point = "storm"', "rain: there is no point 'storm'"),
        ('[[slopes]]\nname = "a"\npoint = "wire"\nfull_scale = 9.0', "slopes.a: there is no point 'wire'"),
        (
            '[[reservoirs]]\nname = "a"\ncrest_cm = 9.0\nlevel_point = "river_stage"\nseepage_point = "weir"',
            "reservoirs.a: there is no point 'weir'",
        ),
        ('[[relays]]\npoint = "moon"', "relays: there is no point 'moon'"),
    ],
)
def test_a_city_agent_that_does_not_fit_is_refused(tmp_path: Path, more: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fitted_city(written(tmp_path, more))
    assert caught.value.problems == [problem]


def test_a_home_may_be_heard_over_lorawan(tmp_path: Path) -> None:
    asks = 'asks_point = "a_101_asks"\ntest_point = "a_101_test"\ntamper_point = "a_101_tamper"\n'
    config = fitted_city(written(tmp_path, HOME.format("a_101_wet_2") + asks + UPLINKS))
    assert "a_101_battery" in city_points(config)


def test_a_scale_is_what_the_profile_says() -> None:
    points = load("underpass").points
    assert scale(points["radar_level"]).unit is Unit.CM
    assert scale(points["float_15"]).unit is Unit.BOOL
    assert scale(points["radar_scan"]).unit is Unit.COUNT


@pytest.mark.parametrize(("app", "more"), [(gate_app, CHANNEL), (city_app, HOME)])
def test_check_config_and_run_refuse_alike(tmp_path: Path, app: object, more: str) -> None:
    path = written(tmp_path, more.format("analog", "moon", 0.0) if more is CHANNEL else more.format("moon"))
    for command in ("check-config", "run"):
        ended = CliRunner().invoke(app, [command, "-c", str(path)])  # type: ignore[arg-type]
        assert ended.exit_code == 2
        assert "there is no point 'moon'" in ended.stderr


SIGNERS = "".join(
    f'[[policy.signers]]\nkey = "{name}"\nname = "{name}"\nscope = "GG"\npublic = "{at:064x}"\n'
    for at, name in enumerate(("jung", "oh"))
)
POLICY = "[policy]\n[policy.bounds]\n{}\n" + SIGNERS


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        (
            "close_cm = [10, 20]",
            "policy.bounds.close_cm: want 3 <= least <= most <= 15: national",
        ),
        ("caution_cm = [8, 3]", "policy.bounds.caution_cm: want 1 <= least <= most <= 10: local alert"),
        ("cluse_cm = [3, 8]", "policy.bounds.cluse_cm: a policy has no such value"),
        ("unsafe_cm = [20, 30]", "policy.bounds.unsafe_cm: a policy has no such value"),
        ("river_trigger_cm = [0, 99000]", "policy.bounds.river_trigger_cm: 99000: the gauge says"),
    ],
)
def test_a_policy_section_that_would_let_too_much_through_is_refused(
    tmp_path: Path, bounds: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        fitted_gate(written(tmp_path, POLICY.format(bounds)))
    assert any(line.startswith(problem) for line in caught.value.problems), caught.value.problems


def test_a_policy_section_wants_people_who_can_sign(tmp_path: Path) -> None:
    for section in ("[policy]\nneeded = 3\n" + SIGNERS, "[policy]\nneeded = 1\n" + SIGNERS, "[policy]\n"):
        with pytest.raises(ConfigError):
            fitted_gate(written(tmp_path, section))


def test_check_config_says_what_a_policy_may_set(tmp_path: Path) -> None:
    path = str(written(tmp_path, POLICY.format("caution_cm = [3, 8]")))
    said = CliRunner().invoke(gate_app, ["check-config", "-c", path])
    assert said.exit_code == 0, said.output
    assert "policies: 2 of 2 people sign one; it may set" in said.output
    assert "  caution_cm from 3 to 8\n" in said.output
    assert "river_trigger_cm" not in said.output
    korean = CliRunner().invoke(gate_app, ["check-config", "-c", path], env={"LC_ALL": "ko_KR.UTF-8"})
    assert korean.output.startswith("정상: GG-")
    assert "정책: " in korean.output
    answer = json.loads(CliRunner().invoke(gate_app, ["check-config", "-c", path, "--json"]).output)
    assert answer["policy"]["caution_cm"] == [3.0, 8.0]
    assert answer["policy"]["reopen_dry_s"] == [1800.0, 86400.0]
    plain = CliRunner().invoke(gate_app, ["check-config", "-c", str(written(tmp_path, ""))])
    assert "policies: none is taken" in plain.output


@pytest.mark.parametrize(
    ("device", "problem"),
    [
        ('speaks = "frames"', "device.serial: wanted"),
        ('speaks = "gpio"', "the profile has registers"),
    ],
)
def test_a_city_agent_that_could_not_reach_its_device_is_refused(
    tmp_path: Path, device: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        fitted_city(written(tmp_path, f'[device]\nprofile = "homes"\n{device}\n'))
