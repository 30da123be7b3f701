"""Take the console's pictures from the real demo: before the water, and once the gate is closed.

python tools/demo_pictures.py --out docs/images

Needs Debian's chromium and, for Korean, fonts-nanum. Runs the story `choryang` with all its processes.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sotdae_provisioning.demo.scenarios import SCENARIOS
from sotdae_provisioning.demo.site import GATE
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.story import Moment, Story

SCREENSHOTS = Path(__file__).with_name("screenshots.py")


async def shoot(url: str, out: Path, prefix: str, *more: str) -> None:
    command = [sys.executable, str(SCREENSHOTS), "--url", url, "--out", str(out), "--prefix", prefix]
    await asyncio.to_thread(subprocess.run, [*command, "--facility", GATE, *more], check=True)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - the story has no event for everything that a picture may want
        await asyncio.sleep(0.2)


async def tell(out: Path, directory: Path) -> None:
    stack = Stack(directory, SCENARIOS["choryang"])
    story = Story(stack, lambda moment: print(*moment.events[-1:]) if fresh(moment) else None, stay=True)
    telling = asyncio.create_task(story.run())
    await until(lambda: story.moment.elapsed_s >= 9.0)
    await shoot(stack.url, out, "console-normal", "--themes", "light", "--sizes", "wide")
    await until(lambda: bool(story.moment.truth.get("limit_closed")))
    await asyncio.sleep(4.0)
    await shoot(stack.url, out, "console-closed", "--themes", "dark", "light", "--sizes", "wide", "phone")
    korean = ("--language", "ko", "--themes", "dark", "--sizes", "wide")
    await shoot(stack.url, out, "console-closed-ko", *korean)
    story.left.set()
    print((await telling).verdict)


seen = 0


def fresh(moment: Moment) -> bool:
    global seen  # noqa: PLW0603
    if len(moment.events) == seen:
        return False
    seen = len(moment.events)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(tell(given.out, Path(directory)))


if __name__ == "__main__":
    main()
