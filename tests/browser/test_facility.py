"""One facility in a real browser: figures from afar, live updates, and what is only last known."""

from datetime import timedelta

import pytest
from browser.fixture_hub import FixtureHub
from browser.fixture_world import CAUTIOUS, FLOODED, GAUGE, HOMES, QUIET, SILENT
from playwright.sync_api import Page, expect

from sotdae_hub.views import Event

pytestmark = pytest.mark.slow


def open_place(page: Page, hub: FixtureHub, ident: str) -> None:
    page.goto(f"{hub.url}/#/f/{ident}")
    page.wait_for_selector(".stage-word:not(:empty)")


def height_px(page: Page, selector: str) -> float:
    return float(page.eval_on_selector(selector, "node => parseFloat(getComputedStyle(node).fontSize)"))


def test_a_flood_is_read_from_three_metres(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    expect(page.locator(".stage-word")).to_have_text("CLOSE")
    expect(page.locator(".barrier-state")).to_have_text("CLOSED")
    expect(page.locator(".level-value")).to_have_text("23.0")
    assert height_px(page, ".stage-word") >= 64
    assert height_px(page, ".level-value") >= 96


@pytest.mark.parametrize("ident", [FLOODED, SILENT])
def test_nothing_overflows_its_panel(page: Page, hub: FixtureHub, ident: str) -> None:
    open_place(page, hub, ident)
    outside = page.evaluate(
        """() => [...document.querySelectorAll(".panel:not([hidden])")].flatMap((panel) => {
          const edge = panel.getBoundingClientRect().right + 0.5;
          return [...panel.querySelectorAll("p, b, dd, td, h2")]
            .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > edge)
            .map((node) => node.textContent);
        })"""
    )
    assert outside == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_live_update_changes_the_level(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    state = hub.world.states[FLOODED]
    hub.publish(
        "state", state.model_copy(update={"level_cm": 31.4, "at": hub.world.now + timedelta(seconds=1)})
    )
    expect(page.locator(".level-value")).to_have_text("31.4")
    expect(page.locator(".margin")).to_contain_text("16.4 cm over close")


def test_a_live_decision_joins_the_time_line_at_its_top(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    expect(page.locator(".timeline > li")).to_have_count(7)
    newest = hub.world.decisions[FLOODED][0].model_copy(
        update={"at": hub.world.now, "state": "held_open", "because": ("loop <b>dead</b>",)}
    )
    hub.publish("decision", newest)
    top = page.locator(".timeline > li").first
    expect(top).to_contain_text("HELD OPEN")
    expect(top).to_contain_text("loop <b>dead</b>")


def test_a_test_of_a_device_is_shown_as_a_test(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, HOMES)
    said = {"at": hub.world.now, "facility": HOMES, "active": True}
    real = Event(code="home.A-7.wet_15", priority=1, text="water at 15 cm: 119", data={}, **said)
    test = Event(code="home.A-101.test_15", priority=4, text="test: water", data={"test": True}, **said)
    hub.publish("event", real)
    hub.publish("event", test)
    entries = page.locator(".timeline > li")
    expect(entries).to_have_count(2)
    expect(entries.filter(has_text="A-101").locator(".test")).to_have_text("TEST")
    expect(entries.filter(has_text="A-101")).to_contain_text("A-101: test, water at 15 cm")
    expect(entries.filter(has_text="A-7:").locator("b")).to_have_text("A-7: water at 15 cm")


def test_a_silent_place_claims_nothing(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, SILENT)
    expect(page.locator(".stage-word")).to_have_text("UNKNOWN")
    expect(page.locator(".under")).to_contain_text("last known: NORMAL")
    expect(page.locator(".place-head .link")).to_contain_text("unknown since")
    expect(page.locator(".stale-tag")).to_have_text("Last known, 21 min ago")
    expect(page.locator(".level .last")).to_have_text("Last known, 21 min ago")
    expect(page.locator(".sensors .flag").first).to_have_text("(good)")
    for selector in (".level-figures", ".site .body", ".sensors .body", ".mimic"):
        assert page.eval_on_selector(selector, "node => getComputedStyle(node).filter") == "grayscale(1)"


def test_an_old_reading_is_not_called_good_while_the_place_is_heard(page: Page, hub: FixtureHub) -> None:
    state = hub.world.states[QUIET]
    stuck = state.sensors[1].model_copy(update={"at": hub.world.ago(45)})
    hub.world.states[QUIET] = state.model_copy(update={"sensors": (stuck, *state.sensors[2:])})
    open_place(page, hub, QUIET)
    expect(page.locator(".sensors .flag").first).to_have_text("(good)")
    expect(page.locator(".sensors .flag").nth(1)).to_have_text("● good")


def test_a_place_that_falls_silent_greys_at_once_and_comes_back(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, QUIET)
    state = hub.world.states[QUIET]
    gone = state.facility.link.model_copy(update={"status": "unknown"})
    silent = state.facility.model_copy(update={"link": gone})
    hub.publish("state", state.model_copy(update={"facility": silent}))
    expect(page.locator(".stage-word")).to_have_text("UNKNOWN")
    expect(page.locator("#polite")).to_have_text("Suji underpass: not heard")
    hub.publish("state", state)
    expect(page.locator(".stage-word")).to_have_text("NORMAL")
    expect(page.locator(".stale-tag")).to_be_hidden()


def test_what_is_not_known_is_a_dash(page: Page, hub: FixtureHub) -> None:
    state = hub.world.states[QUIET]
    outputs = dict.fromkeys(state.outputs)
    hub.world.states[QUIET] = state.model_copy(
        update={"level_cm": None, "rate_cm_min": None, "lane": "unknown", "outputs": outputs}
    )
    open_place(page, hub, QUIET)
    expect(page.locator(".level-value")).to_have_text("–")
    assert set(page.locator(".readback b").all_inner_texts()) == {"–"}
    expect(page.locator(".filled")).to_have_attribute("height", "0.0")
    expect(page.locator(".tube")).to_have_attribute("data-known", "false")


def test_the_picture_is_shown_with_its_age_or_said_to_be_absent(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    page.wait_for_function("() => document.querySelector('.picture img').naturalWidth === 640")
    expect(page.locator("figcaption")).to_contain_text("ago")
    page.goto(f"{hub.url}/#/f/{QUIET}")
    expect(page.locator(".no-picture")).to_be_visible()
    expect(page.locator(".picture img")).to_be_hidden()


def test_the_chart_breaks_where_nothing_was_measured(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    voted = page.locator(".voted[d*=L]")
    voted.wait_for(state="attached")
    assert (voted.get_attribute("d") or "").count("M") == 2
    limits = page.locator(".limits text").all_text_contents()
    assert limits == ["unsafe 30 cm", "close 15 cm", "caution 5 cm"]


@pytest.mark.parametrize(
    ("ident", "words"), [(FLOODED, "30 cm in 21 s ± 5"), (CAUTIOUS, "15 cm in 11 min ± 3")]
)
def test_what_lies_ahead_is_said_with_its_error(page: Page, hub: FixtureHub, ident: str, words: str) -> None:
    open_place(page, hub, ident)
    expect(page.locator(".ahead")).to_have_text(words)


def test_what_is_not_known_to_lie_ahead_is_not_said(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, QUIET)
    expect(page.locator(".ahead")).to_be_hidden()
    state = hub.world.states[CAUTIOUS]
    hub.world.states[CAUTIOUS] = state.model_copy(update={"estimate": None})
    page.goto(f"{hub.url}/#/f/{CAUTIOUS}")
    expect(page.locator(".level-value")).to_have_text("6.4")
    expect(page.locator(".ahead")).to_be_hidden()


def test_the_filtered_level_is_a_band_and_no_instrument(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    band = page.locator(".band[d*=Z]")
    band.wait_for(state="attached")
    assert (band.get_attribute("d") or "").count("M") == 2, "a gap stays a gap"
    names = page.locator(".sensors tbody .channel").all_inner_texts()
    assert "Radar" in names
    assert not [name for name in names if "est" in name.lower() or "eta" in name.lower()]


def test_a_dead_sensor_is_named_with_its_vote(page: Page, hub: FixtureHub) -> None:
    open_place(page, hub, FLOODED)
    expect(page.locator(".timeline > li").first).to_be_visible()
    row = page.locator(".sensors tbody tr", has_text="Pressure")
    assert row.locator("td").all_inner_texts()[:4] == ["Pressure", "–", "– missing", "BAD"]


@pytest.mark.parametrize("ident", [HOMES, GAUGE])
def test_a_place_without_barrier_shows_none(page: Page, hub: FixtureHub, ident: str) -> None:
    open_place(page, hub, ident)
    for selector in (".barrier-row", ".site", ".mimic", ".level-figures"):
        expect(page.locator(selector)).to_be_hidden()
    expect(page.locator(".sensors tbody tr").first).to_be_visible()


def test_an_unknown_place_is_said_to_be_unknown(page: Page, hub: FixtureHub) -> None:
    page.goto(f"{hub.url}/")
    page.wait_for_selector(".rows li")
    strange = "GG-41110-UP-9999"
    page.evaluate(f"location.hash = '#/f/{strange}'")
    expect(page.locator(".facility > .note")).to_have_text(f"The hub knows no place {strange}.")
