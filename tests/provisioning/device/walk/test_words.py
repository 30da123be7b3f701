"""Every word that a walk says is there, in both languages, with the same values in it; none is left over."""

import re
from pathlib import Path
from string import Formatter

import pytest

import sotdae_provisioning.device.walk as package
from sotdae_provisioning.device.walk.result import Finding
from sotdae_provisioning.device.walk.words import finding_text, tables, value_text

CODE = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted(Path(package.__file__).parent.rglob("*.py"))
)
QUOTED = frozenset(re.findall(r"[\"']([a-z][a-z0-9_.]*)[\"']", CODE))
MADE_UP = {"warnings.lamps", "warnings.siren", "warnings.lamps_seen", "warnings.siren_seen"} | {
    "warnings.voice_seen", "warnings.voice_unseen", "warnings.lamps_unseen", "warnings.siren_unseen"
}  # fmt: skip
"""Names put together from the test's own."""


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("table", ["steps", "states", "flags", "values", "labels", "questions"])
def test_each_word_is_there_twice_with_the_same_values(table: str) -> None:
    for name, (english, korean) in tables()[table].items():
        assert english, name
        assert korean, name
        assert fields(english) == fields(korean), name


def test_each_finding_is_there_twice_and_whoever_finds_a_fault_says_how_to_mend_it() -> None:
    faults = set(re.findall(r'fault\(\s*"([a-z_.]+)"', CODE))
    assert len(faults) > 30
    for name, entry in tables()["findings"].items():
        english, korean = entry["says"]
        assert fields(english) == fields(korean), name
        if name in faults:
            assert all(entry["mend"]), name


def test_what_the_steps_say_is_in_the_tables_and_the_tables_hold_nothing_else() -> None:
    found = set(re.findall(r'(?:fault|remark)\(\s*"([a-z_.]+)"', CODE))
    found |= set(re.findall(r'find\(\s*State\.[A-Z_]+,\s*"([a-z_.]+)"', CODE))
    assert found <= set(tables()["findings"]), found - set(tables()["findings"])
    asked = set(re.findall(r'ask\.(?:doing|yes|act|text)\(\s*"([a-z_.]+)"', CODE))
    assert asked <= set(tables()["questions"]), asked - set(tables()["questions"])
    for table in ("findings", "questions", "labels"):
        assert set(tables()[table]) <= QUOTED | MADE_UP, set(tables()[table]) - QUOTED - MADE_UP


def test_what_is_not_known_is_never_shown_as_zero() -> None:
    assert (value_text("en", None, "cm"), value_text("ko", None, "cm")) == ("not known", "알 수 없음")
    assert (value_text("en", False, ""), value_text("en", 0.0, "cm")) == ("no", "0 cm")
    text, mend = finding_text("en", Finding(code="arm.key", values={"angle_deg": None}))
    assert "stopped at not known°" in text
    assert mend


def test_a_finding_of_another_version_is_shown_as_it_is() -> None:
    assert finding_text("en", Finding(code="other.version")) == ("other.version", "")
    assert finding_text("ko", Finding(code="arm.key"))[0] == "arm.key"
