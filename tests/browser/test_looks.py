"""Contrast, sizes and the hub's absence, in a real browser."""

import re

import pytest
from browser.fixture_hub import FixtureHub, serving
from browser.fixture_world import FLOODED
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow

TEXT_PAIRS = (
    ("text", "page"),
    ("text", "panel"),
    ("text", "raised"),
    ("muted", "page"),
    ("muted", "panel"),
    ("muted", "raised"),
    ("on-close", "close"),
    ("on-caution", "caution"),
    ("on-unknown", "unknown"),
    ("close-text", "panel"),
    ("caution-text", "panel"),
    ("unknown-text", "panel"),
)
MARK_PAIRS = (
    ("close-mark", "panel"),
    ("unknown", "panel"),
    ("normal", "panel"),
    ("focus", "page"),
    ("focus", "panel"),
)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colours_have_enough_contrast(page: Page, hub: FixtureHub, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(f"{hub.url}/")
    page.wait_for_selector(f'html[data-theme="{theme}"]')
    token = "name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()"

    def ratio(pair: tuple[str, str]) -> float:
        colours = [page.evaluate(token, name) for name in pair]
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours), (pair, colours)
        return contrast(*colours)

    assert {pair: ratio(pair) for pair in TEXT_PAIRS if ratio(pair) < 4.5} == {}
    assert {pair: ratio(pair) for pair in MARK_PAIRS if ratio(pair) < 3.0} == {}


def test_the_contrast_formula_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("path", ["", f"#/f/{FLOODED}"])
def test_a_phone_shows_it_without_sideways_scrolling(page: Page, hub: FixtureHub, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{hub.url}/{path}")
    page.wait_for_selector(".stage-word:not(:empty)" if path else ".rows li")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


SPILLS = """() => {
    const end = node => node.getBoundingClientRect().bottom;
    const spills = (each, panel) =>
        !each.ownerSVGElement && each.offsetHeight !== 0 && end(each) > end(panel) + 1;
    return [...document.querySelectorAll(".facility .panel:not(.decisions)")]
        .filter(panel => [...panel.querySelectorAll("*")].some(each => spills(each, panel)))
        .map(panel => panel.className);
}"""


@pytest.mark.parametrize("language", ["en-GB", "ko-KR"])
def test_no_panel_lies_over_another_on_an_offices_screen(
    browser: Browser, hub: FixtureHub, language: str
) -> None:
    page = browser.new_context(locale=language).new_page()
    page.goto(f"{hub.url}/#/f/{FLOODED}")
    page.wait_for_selector(".chart .voted[d*=L]", state="attached")
    for width, height in ((1280, 720), (1366, 768), (1440, 900), (1680, 930), (1880, 935), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(SPILLS) == [], (width, height)
    page.context.close()


def test_a_lost_hub_is_said_everything_greys_and_it_comes_back(browser: Browser) -> None:
    with serving() as hub:
        port = int(hub.url.rpartition(":")[2])
        context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en-GB")
        page = context.new_page()
        page.goto(f"{hub.url}/#/f/{FLOODED}")
        page.wait_for_selector(".stage-word:not(:empty)")
        expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#banner")).to_contain_text("Connection to hub lost since", timeout=15_000)
    expect(page.locator(".stale-tag")).to_be_visible()
    expect(page.locator(".level-value")).to_have_text("23.0")
    assert page.eval_on_selector(".level-figures", "node => getComputedStyle(node).filter") == "grayscale(1)"
    with serving(port):
        expect(page.locator("#banner")).to_be_hidden(timeout=30_000)
        expect(page.locator(".stale-tag")).to_be_hidden()
        context.close()


def test_a_refusal_is_said_with_its_number(browser: Browser, hub: FixtureHub) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.route("**/api/v1/**", lambda route: route.fulfill(status=401, body="{}"))
    page.goto(hub.url)
    expect(page.locator("#banner")).to_have_text("The hub refuses this page (HTTP 401).", timeout=15_000)
    context.close()
