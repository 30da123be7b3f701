"""Take the console's pictures from a running hub, with headless Chromium.

python tools/screenshots.py --url http://127.0.0.1:8080 --out docs/images --facility GG-41113-UP-0007
"""

import argparse
import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from playwright.sync_api import TimeoutError as Late

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURE_MS = 3000
SIZES = {"wide": (1920, 1080), "phone": (390, 844)}


@dataclass(frozen=True)
class Look:
    """How the console is to be seen."""

    theme: Literal["dark", "light"]
    size: str
    language: str

    def context(self, browser: Browser) -> BrowserContext:
        """Return a fresh browser profile that looks so."""
        width, height = SIZES[self.size]
        return browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=self.theme,
            locale="ko-KR" if self.language == "ko" else "en-GB",
            timezone_id="Asia/Seoul",
            device_scale_factor=2 if self.size == "phone" else 1,
            reduced_motion="reduce",
        )


def shoot(browser: Browser, url: str, facility: str | None, look: Look, target: Path) -> None:
    """Open one view afresh, wait for what it should show, and save the picture."""
    context = look.context(browser)
    page = context.new_page()
    page.goto(f"{url}/#/f/{facility}" if facility else f"{url}/#/")
    page.wait_for_selector(".stage-word:not(:empty)" if facility else ".rows li")
    page.wait_for_load_state("load")
    if facility:
        page.wait_for_selector(".chart .voted[d*=L], .chart .channels path", state="attached")
        page.wait_for_selector(".timeline li, .decisions .note")
        with suppress(Late):  # a place may have no picture
            page.wait_for_function(
                "() => document.querySelector('.picture img').naturalWidth", timeout=PICTURE_MS
            )
    shot = Image.open(io.BytesIO(page.screenshot(full_page=look.size == "phone"))).convert("RGB")
    shot.quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)  # a third of the bytes
    print(target)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True, help="where the hub serves the console")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--facility", help="also take this facility's view")
    parser.add_argument("--prefix", default="console", help="start of the file names")
    parser.add_argument("--language", choices=("en", "ko"), default="en")
    parser.add_argument("--themes", nargs="+", choices=("dark", "light"), default=["dark", "light"])
    parser.add_argument("--sizes", nargs="+", choices=tuple(SIZES), default=list(SIZES))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    views = {"overview": None} | ({"facility": given.facility} if given.facility else {})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for view, facility in views.items():
            for theme in given.themes:
                for size in given.sizes:
                    target = given.out / f"{given.prefix}-{view}-{theme}-{size}.png"
                    shoot(browser, given.url.rstrip("/"), facility, Look(theme, size, given.language), target)
        browser.close()


if __name__ == "__main__":
    main()
