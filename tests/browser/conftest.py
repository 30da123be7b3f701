"""A headless Chromium, the fixture hub, and a page that must stay quiet and must not call anybody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.fixture_hub import FixtureHub, serving
from need import require_binary
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONSOLE = Path(__file__).parents[2] / "hub/sotdae_hub/console"


class Watch:
    """What a page must not do: complain, or ask anybody but its hub."""

    def __init__(self, page: Page, url: str) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._on_request(request.url, url))

    def _on_console(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _on_request(self, asked: str, url: str) -> None:
        if not asked.startswith(f"{url}/"):
            self.strangers.append(asked)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium once for a module."""
    executable = require_binary("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def hub() -> Iterator[FixtureHub]:
    """Serve a fresh province."""
    with serving() as hub:
        yield hub


@pytest.fixture
def page(browser: Browser, hub: FixtureHub) -> Iterator[Page]:
    """Return a fresh page in English on a control-room screen; afterwards it must have been quiet."""
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="en-GB", color_scheme="dark", reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch = Watch(page, hub.url)
    yield page
    context.close()
    assert watch.strangers == []
    assert watch.complaints == []
