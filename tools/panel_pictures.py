"""Take the field panel's pictures: a real agent at a simulated site, the panel in an 80 by 24 tmux.

python tools/panel_pictures.py --out docs/images
"""

import argparse
import asyncio
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import async_playwright
from rich.console import Console
from rich.text import Text

from sotdae_edge.panel.keys import make_key, roster_block
from sotdae_firmware_bridge.sim.control import SimControl
from sotdae_provisioning.child import Child
from sotdae_shared.signing import public_of

SECRET = "for pictures only"
CONFIG = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-41113-up-0007"
name = "솟대지하차도"
name_en = "Sotdae underpass"
disambiguation = "권선구, 수원역 방향 진입부 (예시)"
lat = 37.2489
lon = 126.9837
[storage]
dir = "{directory}/store"
[device]
port = {port}
[clock]
source = "assume_synced"
[drill]
reopen_dry_s = 5.0
{people}
"""
OPENING = (
    ("First person", "kim.pem"), ("of kim.pem", SECRET), ("Second person", "lee.pem"), ("of lee.pem", SECRET),
    ("1/3", "yes"), ("2/3", "yes"), ("3/3", "yes"),
)  # fmt: skip
PAGE = """<html><body style="margin:0;background:#000">
<pre style="margin:12px;font:20px/26px NanumGothicCoding;color:#ddd;width:max-content">{text}</pre>
</body></html>"""


class Screen:
    """The panel in a tmux of its own."""

    def __init__(self, directory: Path, lang: str) -> None:
        """Start it."""
        self._tmux = ["tmux", "-S", str(directory / f"tmux-{lang}"), "-u"]
        words = [
            "sotdae_provisioning",
            "gate",
            "panel",
            "--lang",
            lang,
            "--config",
            "gate.toml",
            "--key",
            "kim.pem",
        ]
        line = shlex.join([sys.executable, "-m", *words, "--passphrase-file", "secret"])
        self._call("new-session", "-d", "-x", "80", "-y", "24", "-c", str(directory), line)

    def _call(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def type(self, *keys: str) -> None:
        """Press keys."""
        self._call("send-keys", *keys)

    def look(self) -> str:
        """Return what it shows, with its colours."""
        return self._call("capture-pane", "-e", "-p", "-N")

    async def until(self, holds: Callable[[str], bool]) -> None:
        """Look until something is on the screen."""
        try:
            async with asyncio.timeout(60):
                while not holds(Text.from_ansi(self.look()).plain):  # noqa: ASYNC110 - another process's screen
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise SystemExit(Text.from_ansi(self.look()).plain) from None

    def end(self) -> None:
        """End it and its tmux."""
        self._call("kill-server")


def as_html(screen: str) -> str:
    console = Console(record=True, width=80, file=open("/dev/null", "w"), color_system="truecolor")  # noqa: PTH123, SIM115
    console.print(Text.from_ansi(screen), no_wrap=True, end="")
    return PAGE.format(text=console.export_html(inline_styles=True, code_format="{code}"))


async def shoot(screens: dict[str, str], out: Path) -> None:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 826, "height": 650})
        for name, screen in screens.items():
            await page.set_content(as_html(screen))
            await page.screenshot(path=out / f"panel-{name}.png")
            print(out / f"panel-{name}.png")
        await browser.close()


async def story(directory: Path) -> dict[str, str]:
    simulator = Child("simulator", ["sotdae_firmware_bridge", "simulate"], directory, ready=True)
    doors = await simulator.start()
    control = SimControl("127.0.0.1", int(doors["control_port"]))
    people = "\n".join(
        roster_block(
            name,
            f"{name.lower()}-2026",
            "panel",
            public_of(make_key(directory / f"{name.lower()}.pem", SECRET)),
        )
        for name in ("Kim", "Lee")
    )
    (directory / "secret").write_text(SECRET)
    config = CONFIG.format(directory=directory, port=doors["port"], people=people)
    (directory / "gate.toml").write_text(config)
    agent = Child(
        "agent", ["sotdae_provisioning", "gate", "run", "--config", str(directory / "gate.toml")], directory
    )
    await agent.start()
    english, korean = Screen(directory, "en"), Screen(directory, "ko")
    try:
        return await flood(control, agent, english, korean)
    finally:
        agent.thaw()
        await agent.stop()
        english.end()
        korean.end()
        await control.close()
        await simulator.stop()


async def flood(control: SimControl, agent: Child, english: Screen, korean: Screen) -> dict[str, str]:
    seen = {}
    await english.until(lambda text: "O P E N" in text and "Dry" in text and "0:05 of" in text)
    seen["open-en"] = english.look()
    await control.call("depth", cm=18.0)
    await korean.until(lambda text: "닫 힘" in text)
    seen["closed-ko"] = korean.look()
    await control.call("depth", cm=0.0)
    await english.until(lambda text: "0:05 of" in text)
    english.type("o")
    for question, answer in OPENING:
        await english.until(lambda text: question in text)  # noqa: B023 - awaited before the next
        english.type("C-u")
        english.type("-l", answer)
        english.type("Enter")
    await english.until(lambda text: "type  open" in text)
    seen["asks-en"] = english.look()
    english.type("Escape")
    agent.freeze()
    await english.until(lambda text: "NO WORD" in text)
    seen["lost-en"] = english.look()
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as directory:
        screens = asyncio.run(story(Path(directory)))
    asyncio.run(shoot(screens, out))


if __name__ == "__main__":
    main()
