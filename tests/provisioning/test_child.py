"""One of our own processes: it is ready, or it says why not, and nobody is left waiting."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sotdae_provisioning.child import Child
from sotdae_shared.errors import LinkError


def child(directory: Path, program: str) -> Child:
    return Child("child", ["-c", program], directory, ready=True, program=[sys.executable])


def test_its_first_line_is_its_answer(tmp_path: Path) -> None:
    ready = child(tmp_path, "import time; print('{\"port\": 7}'); time.sleep(60)")
    assert asyncio.run(ready.start()) == {"port": 7}
    assert ready.alive
    ready.kill()


@pytest.mark.parametrize(
    "program", ["import time; time.sleep(60)", "raise SystemExit('no room')", "print('[7]')"]
)
def test_one_that_is_silent_ends_or_says_something_else_is_told(tmp_path: Path, program: str) -> None:
    wrong = child(tmp_path, program)
    with pytest.raises(LinkError, match="did not start"):
        asyncio.run(wrong.start(2.0))
    wrong.kill()


def test_whoever_starts_it_stops_though_it_answers_at_that_moment(tmp_path: Path) -> None:
    ready = child(tmp_path, "import time; print('{}'); time.sleep(60)")

    async def story() -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as reader:
            loop.set_default_executor(reader)
            starting = asyncio.create_task(ready.start())
            while not ready.alive:
                await asyncio.sleep(0)
            # One thread, one thing after another: now the line was read, and its future is set next.
            reader.submit(lambda: None).result(20)
            loop.call_soon(starting.cancel)
            with pytest.raises(asyncio.CancelledError):
                await starting

    try:
        asyncio.run(story())
    finally:
        ready.kill()
