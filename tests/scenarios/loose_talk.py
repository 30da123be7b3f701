"""Our commands as processes that talk as much as they can: all they say, and all that `ps` shows, is kept."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MARK = "SOTDAE_TEST_TALK"
SITE = '''"""Every logger says everything; a fault or a leak is planted where the environment says so."""

import importlib
import logging
import os
import sys

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)


def broken(*_, **__):
    raise RuntimeError("forced")


if "BREAK" in os.environ:
    module, name = os.environ["BREAK"].split(":")
    setattr(importlib.import_module(module), name, broken)
if "PLANT" in os.environ:
    exec(compile(os.environ["PLANT"], "planted", "exec"))
'''


@dataclass
class Talk:
    """Runs commands in a folder, with debug logging, and keeps every octet."""

    folder: Path
    heard: dict[str, bytes] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    """Command lines and environments of our processes, as everybody's `ps` may show them."""
    count: int = 0

    def __post_init__(self) -> None:
        self.outside = self.folder / "talk"
        self.outside.mkdir()
        (self.outside / "sitecustomize.py").write_text(SITE)

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(self.outside), os.environ.get("PYTHONPATH"))))
        given = {"PYTHONPATH": path, "PYTHONASYNCIODEBUG": "1", "PYTHONUNBUFFERED": "1", MARK: "1"}
        return {**os.environ, **given, **(more or {})}

    def __call__(
        self, *words: str, given: str = "", more: Mapping[str, str] | None = None, secretive: bool = True,
        module: str = "sotdae_provisioning",
    ) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
        """Run a command. `secretive` is whether what it prints is searched: a ticket is made to be shown."""
        done = subprocess.run(
            [sys.executable, "-m", module, *words], capture_output=True, input=given.encode(), check=False,
            cwd=self.folder, env=self.environ(more), timeout=90,
        )  # fmt: skip
        self.count += 1
        if secretive:
            self.heard[f"{self.count} {' '.join(words)[:60]}"] = done.stdout + done.stderr
        return done

    @contextmanager
    def running(self, name: str, *words: str, ready: bytes = b"") -> Iterator[subprocess.Popen[bytes]]:
        """Run a command beside others until the block ends, once it has said that it is ready."""
        log = self.outside / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "sotdae_provisioning", *words], stdout=file, stderr=file,
                stdin=subprocess.DEVNULL, cwd=self.folder, env=self.environ(),
            )  # fmt: skip
        try:
            until = time.monotonic() + 60.0
            while ready not in log.read_bytes():
                assert process.poll() is None, log.read_text(errors="replace")[-3000:]
                assert time.monotonic() < until, (
                    f"{name} is not ready: {log.read_text(errors='replace')[-500:]}"
                )
                time.sleep(0.05)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.heard[name] = log.read_bytes()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look at the command lines and environments of all our processes, many times a second."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.02):
                for each in Path("/proc").glob("[0-9]*"):
                    self._note(each)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _note(self, process: Path) -> None:
        try:
            environ = (process / "environ").read_bytes()
            if MARK.encode() in environ:
                self.seen |= {environ, (process / "cmdline").read_bytes()}
        except OSError:
            return
