"""The console's words: both languages say everything, and know the names that the parts use."""

import re

import pytest
from browser.conftest import CONSOLE
from browser.fixture_hub import FixtureHub
from browser.machine_codes import EDGE, alarms, decisions, helpers
from playwright.sync_api import Page

from sotdae_edge.app.slopes import UNITS
from sotdae_edge.core.barrier import State
from sotdae_hub.core.incidents import HAZARD_OF
from sotdae_hub.core.rollout import State as Rollout
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
        *(f"rollout.{state}" for state in Rollout),
        *(f"decision.{decision}" for decision in decisions()),
        *(f"helper.{helper}" for helper in helpers()),
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


def test_the_codes_are_read_off_the_code() -> None:
    assert len(alarms()) > 70
    assert {
        "home.A-1.test_15",
        "slope.A-1.evacuate",
        "reservoir.A-1.silent_level",
        "agent.uplink",
    } <= alarms()
    assert {"area_grew", "slope_prepare", "reservoir_serious", "trip"} <= decisions()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_alarm_that_an_agent_can_raise_has_words(page: Page, hub: FixtureHub, language: str) -> None:
    page.add_init_script(f"localStorage.setItem('sotdae.language', '{language}')")
    page.goto(hub.url)
    codes = sorted(alarms())
    several = [
        f"{code}.east" for code in codes if code.startswith(("gate.", "lane.", "warning.", "camera.o"))
    ]
    said = page.evaluate(
        "async (codes) => { const { alarmWord } = await import('./terms.js'); return codes.map(alarmWord) }",
        [*codes, *several],
    )
    spoken = dict(zip([*codes, *several], said, strict=True))
    raw = {code for code, word in spoken.items() if word == code.replace("_", " ") or "{0}" in word}
    assert raw == set()
    assert all("A-1" in spoken[code] for code in codes if ".A-1." in code)
    assert all(spoken[code].endswith(" · east") for code in several)
    if language == "ko":
        assert {code for code, word in spoken.items() if not re.search("[가-힣]", word)} == set()


READINGS = re.compile(r'f"\{name\}\.([a-z_]+)"')


def test_every_reading_of_a_home_slope_or_reservoir_has_words() -> None:
    homes, slopes = (
        READINGS.findall((EDGE / f"app/{name}.py").read_text(encoding="utf-8"))
        for name in ("homes", "slopes")
    )
    assert {"battery", "charge"} <= {*homes}
    assert {"displacement", "stage"} <= {*slopes}
    asked = {f"home.reading_{name}" for name in (*homes, "water", "repeats")}
    asked |= {f"slope.reading_{name}" for name in slopes}
    asked |= {f"reservoir.reading_{name}" for name in ("grade", *UNITS)}
    assert asked - words("en").keys() == set()


def test_every_key_that_the_page_asks_for_exists() -> None:
    asked = {key for file in CONSOLE.glob("*.js") for key in USED.findall(file.read_text(encoding="utf-8"))}
    assert len(asked) > 60
    assert asked - words("en").keys() == set()


def test_korean_is_korean() -> None:
    not_korean = {key for key, text in words("ko").items() if not re.search("[가-힣]", text)}
    assert not_korean == {"language", "spoken"}
