"""The overview in a real browser: counts, map, order, keyboard, languages, incidents."""

import pytest
from browser.fixture_hub import FixtureHub
from browser.fixture_world import CAUTIOUS, FLOODED, QUIET, SILENT
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow


def rows(page: Page) -> list[str]:
    return page.eval_on_selector_all(".rows a", "links => links.map(link => link.hash.slice(4))")


def open_overview(page: Page, hub: FixtureHub) -> None:
    page.goto(f"{hub.url}/")
    page.wait_for_selector(".rows li")


def test_places_are_listed_most_urgent_first(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    assert rows(page)[:3] == [FLOODED, CAUTIOUS, SILENT]
    tallies = {
        tile.get_attribute("data-stage"): tile.locator("b").inner_text()
        for tile in page.locator(".tile").all()
    }
    assert tallies == {"close": "1", "caution": "1", "unknown": "1", "normal": "6"}


def test_a_silent_place_shows_no_level_and_since_when(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    row = page.locator(f'.rows a[href="#/f/{SILENT}"]')
    expect(row.locator(".value")).to_have_text("–")
    expect(row.locator(".word")).to_contain_text("unknown since")


def test_every_mark_lies_in_its_city_and_differs_in_shape(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    page.wait_for_selector(".place .mark")
    misplaced = page.evaluate(
        """() => [...document.querySelectorAll(".place")].filter((place) => {
          const at = place.transform.baseVal[0].matrix;
          const point = place.ownerSVGElement.createSVGPoint();
          [point.x, point.y] = [at.e, at.f];
          const cities = [...document.querySelectorAll(".cities path[data-stage]")];
          return !cities.some((city) => city.isPointInFill(point));
        }).map((place) => place.getAttribute("href"))"""
    )
    assert misplaced == []
    shapes = page.eval_on_selector_all(
        ".place",
        "all => all.map(place => [place.dataset.stage, place.querySelector('.shape').getAttribute('d')])",
    )
    by_stage = {stage: {d for s, d in shapes if s == stage} for stage, _ in shapes}
    assert set(by_stage) == {"close", "caution", "unknown", "normal"}
    assert len(set.union(*by_stage.values())) == len(by_stage)


def test_a_stage_change_moves_the_row_and_is_spoken(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    state = hub.world.states[QUIET]
    facility = state.facility.model_copy(update={"stage": "close", "name_en": "Aaa underpass"})
    hub.publish("state", state.model_copy(update={"facility": facility, "level_cm": 16.2}))
    expect(page.locator(".rows li").first.locator(".value")).to_have_text("16.2 cm")
    assert rows(page)[0] == QUIET
    expect(page.locator("#assertive")).to_have_text("Aaa underpass: CLOSE")


def test_keys_lead_into_a_place_and_back(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    page.locator(".places input").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".stage-word:not(:empty)")
    assert page.url.endswith(f"#/f/{CAUTIOUS}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".rows li")
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"#/f/{CAUTIOUS}"


def test_help_opens_by_key_and_closes_by_escape(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    page.keyboard.press("?")
    expect(page.locator("#help dd").first).to_have_text("Move in the list")
    assert "object" not in page.locator("#help").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_every_control_is_reached_by_tab_and_shows_it(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const now = document.activeElement, style = getComputedStyle(now);
                return [now.id || now.getAttribute("aria-label") || now.getAttribute("href"),
                        style.outlineStyle !== "none"]; }"""
            )
        )
    names = [name for name, _ in reached]
    assert names[0] == "skip"
    assert {"한국어", "Theme", "Help", "Find a place", f"#/f/{FLOODED}"} <= set(names)
    assert all(ringed for _, ringed in reached)


def test_language_and_theme_are_kept(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    page.get_by_role("button", name="한국어").click()
    expect(page.locator(".rows .name").first).to_have_text("권선 지하차도")
    page.get_by_role("button", name="화면 밝기").click()
    page.reload()
    expect(page.locator(".rows .name").first).to_have_text("권선 지하차도")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
        "ko",
        "light",
    ]


def test_finding_narrows_the_list(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    page.locator(".places input").fill("용인")
    expect(page.locator(".rows li")).to_have_count(1)
    page.locator(".places input").fill("nowhere")
    expect(page.locator(".places .note")).to_have_text("No place matches.")


def test_incidents_name_their_first_cause(page: Page, hub: FixtureHub) -> None:
    open_overview(page, hub)
    first = page.locator(".incidents li").first
    expect(first).to_contain_text("Gwonseon underpass · Flood")
    expect(first).to_contain_text("First cause: Radar")


def test_names_from_outside_stay_text(page: Page, hub: FixtureHub) -> None:
    hostile = '<img src="x" onerror="document.title=1">'
    state = hub.world.states[FLOODED]
    facility = state.facility.model_copy(update={"name_en": hostile, "disambiguation": hostile})
    hub.world.states[FLOODED] = state.model_copy(update={"facility": facility})
    open_overview(page, hub)
    expect(page.locator(".rows .name").first).to_have_text(hostile)
    assert page.locator("main img").count() == 0
