"""The console's words: both languages say everything, and know the names that the parts use."""

import re

import pytest
from browser.conftest import CONSOLE

from sotdae_edge.core.barrier import Signal, State
from sotdae_hub.core.incidents import HAZARD_OF
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import ClockTrust
from sotdae_shared.units import Flag

USED = re.compile(r"""\bt\(\s*"([a-z_.0-9]+)\"""")
ENTRY = re.compile(r'^  "?([a-z_.0-9]+)"?: "(.*)",$', re.MULTILINE)


def words(language: str) -> dict[str, str]:
    return dict(ENTRY.findall((CONSOLE / f"words-{language}.js").read_text(encoding="utf-8")))


def machine_names() -> set[str]:
    return {
        *(f"barrier.{state}" for state in State),
        *(f"decision.{signal}" for signal in Signal),
        *(f"flag.{flag.value}" for flag in Flag),
        *(f"type.{kind.lower()}" for kind in FacilityType),
        *(f"hazard.{hazard}" for hazard in HAZARD_OF.values()),
        *(f"clock.{trust}" for trust in ClockTrust),
        *(f"vote.{ballot}" for ballot in ("trip", "dry", "abstain", "bad")),
        *(f"lane.{lane}" for lane in ("clear", "occupied", "unknown")),
        *(f"stage.{stage}" for stage in ("unknown", "normal", "caution", "close", "alarm")),
    }


def test_both_languages_have_the_same_keys_and_blanks() -> None:
    english, korean = words("en"), words("ko")
    assert len(english) > 150
    assert english.keys() == korean.keys()
    blanks = {
        key
        for key in english
        if sorted(re.findall(r"\{\d\}", english[key])) != sorted(re.findall(r"\{\d\}", korean[key]))
    }
    assert blanks == set()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_machine_name_has_words(language: str) -> None:
    assert machine_names() - words(language).keys() == set()


def test_every_key_that_the_page_asks_for_exists() -> None:
    asked = {key for file in CONSOLE.glob("*.js") for key in USED.findall(file.read_text(encoding="utf-8"))}
    assert len(asked) > 60
    assert asked - words("en").keys() == set()


def test_korean_is_korean() -> None:
    not_korean = {key for key, text in words("ko").items() if not re.search("[가-힣]", text)}
    assert not_korean == {"language", "spoken"}
