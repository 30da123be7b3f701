"""Take the console's pictures from a running hub, with headless Chromium.

    python tools/screenshots.py --url http://127.0.0.1:8080 --out docs/images --facility GG-41113-UP-0007
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

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
SIZES = {"wide": (1920, 1080), "phone": (390, 844)}


def shoot(browser: Browser, url: str, target: Path, facility: str | None, theme: str, size: str, language: str) -> None:
    """Open one view afresh, wait for what it should show, and save the picture."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale="ko-KR" if language == "ko" else "en-GB",
        timezone_id="Asia/Seoul",
        device_scale_factor=2 if size == "phone" else 1,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{url}/#/f/{facility}" if facility else f"{url}/#/")
    page.wait_for_selector(".stage-word:not(:empty)" if facility else ".rows li, .places .note:not(:empty)")
    page.wait_for_load_state("load")
    if facility:
        page.wait_for_function(
            "() => document.querySelector('.chart .channels path, .chart .voted[d^=M]') && "
            "(document.querySelector('.no-picture').checkVisibility() || document.querySelector('.picture img').naturalWidth)"
        )
    page.screenshot(path=target, full_page=size == "phone")
    print(target)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
                    shoot(browser, given.url.rstrip("/"), target, facility, theme, size, given.language)
        browser.close()


if __name__ == "__main__":
    main()
