"""Take the picture of a commissioning report, as a browser shows it.

python tools/commissioning_picture.py report.html --out docs/images/commissioning-report.png
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH = 1200
COLOURS = 128
"""Enough for a page with one photograph, at a third of the size."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images/commissioning-report.png"))
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(given.report.resolve().as_uri())
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        browser.close()
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(given.out, optimize=True)
    print(f"{given.out}: {shot.width} x {shot.height}")


if __name__ == "__main__":
    main()
