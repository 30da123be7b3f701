"""Any text whatever is a good file or a ConfigError; a good file leaves a gate that protects."""

import re
import tomllib
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.config import load_city, load_gate
from sotdae_edge.core.limits import LEVELS, TIMES
from sotdae_shared.errors import ConfigError

REPO = Path(__file__).parents[2]
SETTING = re.compile(r"^# (?=\[+[a-z]|[a-z_0-9]+ = )", re.MULTILINE)
VALUE = re.compile(r"(?<= = )[^#\n]+")
LOADERS = {"gate": load_gate, "city": load_city}


def shown(role: str) -> str:
    """Return an example with every setting that it shows in comments."""
    text = SETTING.sub("", (REPO / f"edge/{role}.example.toml").read_text(encoding="utf-8"))
    keys = count(1)
    text = re.sub(r'(?<=public = )".*"', lambda _: f'"{next(keys):064x}"', text)
    return re.sub(r"^(serial|\[drill|reopen_dry_s|\[riverside|lock_after)", r"# \1", text, flags=re.MULTILINE)


SHOWN = {role: shown(role) for role in LOADERS}
VALUES = st.one_of(
    st.sampled_from(
        ["nan", "inf", "-inf", "0", "-1", "1e308", "-0.0", "9" * 400, "9" * 5000, "true", "[]", "{}"]
    ),
    st.sampled_from(
        ['""', '"\\u0000"', "[[]]", "[" * 3000, "2026-02-30", '[["a", nan]]', '[["a", 1.0], ["b"]]']
    ),
    st.floats(-1e4, 1e4).map(repr),
    st.text(max_size=8).map(lambda text: f'"{text}"'),
)
fuzzed = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def judged(path: Path, text: str, role: str) -> Any:
    path.write_text(text, encoding="utf-8")
    try:
        return LOADERS[role](path)
    except ConfigError:
        return None


@pytest.mark.parametrize("role", LOADERS)
def test_the_base_of_the_fuzz_is_good(tmp_path: Path, role: str) -> None:
    assert judged(tmp_path / "a.toml", SHOWN[role], role) is not None


@pytest.mark.parametrize("role", LOADERS)
@fuzzed
@given(data=st.data())
def test_no_value_of_a_setting_makes_a_traceback_or_disarms(
    tmp_path: Path, role: str, data: st.DataObject
) -> None:
    text = SHOWN[role]
    places = list(VALUE.finditer(text))
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True))
    for place in sorted(chosen, key=lambda each: each.start(), reverse=True):
        text = text[: place.start()] + data.draw(VALUES) + text[place.end() :]
    config = judged(tmp_path / "a.toml", text, role)
    if config is None or role == "city":
        return
    site = config.site
    assert 0.0 < site.lead_s < 10_000.0
    for values, limits in ((site.times, TIMES), (site.levels, LEVELS)):
        for name, limit in limits.items():
            value = getattr(values, name)
            assert value is None or limit.least <= value <= limit.most
    assert all(channel.points for channel in site.channels)
    assert len({person.public for person in site.roster}) == len(site.roster)


@pytest.mark.parametrize("role", LOADERS)
@fuzzed
@given(cut=st.integers(0, 6000), length=st.integers(0, 200), put=st.text(max_size=40))
def test_no_text_makes_a_traceback(tmp_path: Path, role: str, cut: int, length: int, put: str) -> None:
    text = SHOWN[role][:cut] + put + SHOWN[role][cut + length :]
    judged(tmp_path / "a.toml", text, role)


@pytest.mark.parametrize("role", LOADERS)
@fuzzed
@given(raw=st.binary(max_size=60))
def test_no_octets_make_a_traceback(tmp_path: Path, role: str, raw: bytes) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError):
        LOADERS[role](path)


def test_toml_too_deep_or_too_long_is_refused_as_toml(tmp_path: Path) -> None:
    for value in ("[" * 5000, "9" * 5000):
        path = tmp_path / "a.toml"
        path.write_text(f"a = {value}\n", encoding="utf-8")
        with pytest.raises((RecursionError, ValueError)):
            tomllib.loads(path.read_text(encoding="utf-8"))
        with pytest.raises(ConfigError, match="is not TOML"):
            load_gate(path)
