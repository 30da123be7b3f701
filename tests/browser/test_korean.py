"""The Korean page speaks Korean, whatever gates and hub say; in a real browser."""

import re

import pytest
from browser.fixture_hub import FixtureHub
from browser.fixture_world import FLOODED, SILENT
from playwright.sync_api import Page, expect
from shared.spoken import texts

from sotdae_hub.views import PolicyStatus
from sotdae_shared.korean import in_korean

KEPT = re.compile(
    r"GG-\S+|\b(Sotdae|English|cm|min|mm|CCTV|gate)\b|\d+oo\d+|\d\.\d\.\d|[A-Z] ?·|°C",
    re.ASCII,
)
"""What stays as it is on a Korean page: names, units, the button to English."""


def in_hangul(page: Page, url: str) -> None:
    page.add_init_script("localStorage.setItem('sotdae.language', 'ko')")
    page.goto(url)


def english_on(page: Page) -> list[str]:
    """Return the lines of the page with English words."""
    lines = page.locator("body").inner_text().splitlines()
    return [line for line in lines if re.search("[A-Za-z]{2,}", KEPT.sub("", line))]


def test_the_page_says_every_text_as_the_command_line_does(page: Page, hub: FixtureHub) -> None:
    in_hangul(page, hub.url)
    asked = sorted(texts())
    said = page.evaluate(
        "async (texts) => { const { said } = await import('./said.js'); return texts.map(said) }", asked
    )
    assert dict(zip(asked, said, strict=True)) == {text: in_korean(text) for text in asked}


def test_in_english_it_is_shown_as_it_came(page: Page, hub: FixtureHub) -> None:
    page.goto(hub.url)
    said = page.evaluate("async () => (await import('./said.js')).said('hazard present')")
    assert said == "hazard present"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1920, 390])
@pytest.mark.parametrize("ident", [FLOODED, SILENT])
def test_a_facility_reads_korean(page: Page, hub: FixtureHub, ident: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    in_hangul(page, f"{hub.url}/#/f/{ident}")
    page.wait_for_selector(".stage-word:not(:empty)")
    if ident == FLOODED:
        expect(
            page.locator(".because").filter(has_text="1oo2: 레이더, 부표 15 cm 이상").first
        ).to_be_visible()
    assert english_on(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1920, 390])
def test_the_overview_with_its_policy_reads_korean(page: Page, hub: FixtureHub, width: int) -> None:
    now = hub.world.policies
    why = "ring 1: 1 of 1 refuse or fell silent: GG-41113-UP-0007/gate-0 refused: version 12 is not above 13"
    stopped = now.rollouts[0].model_copy(update={"state": "aborted", "why": why, "frozen_by": None})
    refused = "weaker than interlock: caution_cm 20 is above 10: local alert at 5 cm (DOMAIN 1.1)"
    node = now.nodes[0].model_copy(update={"refused": refused})
    hub.world.policies = PolicyStatus(rollouts=(stopped,), nodes=(node, *now.nodes[1:]))
    page.set_viewport_size({"width": width, "height": 900})
    in_hangul(page, hub.url)
    expect(page.locator(".panel.policy .why")).to_have_text(in_korean(why))
    expect(page.locator(".panel.policy .nodes li").first).to_contain_text("현장 경보는 5 cm")
    assert [line for line in english_on(page) if "caution_cm" not in line] == []
