"""One of our own processes: started, made ready, stopped, killed; it ends with its parent."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sotdae_shared.errors import LinkError

STOP_S = 12.0
"""Longest wait for an orderly end: an agent may linger 5 s for its last acks."""


class Child:
    """A process, `python -m` unless another program is named, with its log in a file.

    With `ready`, its first line of output is JSON.
    """

    def __init__(
        self, name: str, args: list[str], directory: Path, *, ready: bool = False,
        environ: Mapping[str, str] | None = None, under: Sequence[str] = (),
        program: Sequence[str] = (sys.executable, "-m"),
    ) -> None:  # fmt: skip
        """Prepare; nothing runs yet. `environ` is added to ours; `under` is a command that executes ours."""
        self.name = name
        self._program = program
        self._args = args
        self._log = directory / f"{name}.log"
        self._ready = ready
        self._environ = dict(environ or {})
        self._under = list(under)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id. Raises LinkError while it does not run."""
        if self._process is None or not self.alive:
            raise LinkError(f"{self.name} does not run")
        return self._process.pid

    async def start(self, timeout_s: float = 20.0) -> dict[str, Any]:
        """Start it; with `ready`, return its first line. Raises LinkError if it ends or stays silent."""
        self._spawn()
        return await self._first_line(timeout_s) if self._ready else {}

    def _spawn(self) -> None:
        setpriv = shutil.which("setpriv")
        guard = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*guard, *self._under, *self._program, *self._args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._ready else log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environ},
            )

    async def _first_line(self, timeout_s: float) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018
        reading = asyncio.get_running_loop().run_in_executor(None, self._process.stdout.readline)
        try:
            async with asyncio.timeout(timeout_s):
                line = await reading
            answer = json.loads(line)
        except (TimeoutError, ValueError) as error:
            self.kill()
            raise LinkError(f"{self.name} did not start: {self.tail()}") from error
        if not isinstance(answer, dict):
            raise LinkError(f"{self.name} did not start: {line[:200]!r}")
        return answer

    def tail(self) -> str:
        """Return the end of its log."""
        return self._log.read_text(errors="replace")[-800:].strip() if self._log.exists() else "no log"

    async def stop(self) -> None:
        """Ask it to end and wait; kill it if it does not."""
        if self._process is None:
            return
        if self.alive:
            self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        if self._process is None:
            return
        if self.alive:
            self._process.kill()
        self._process.wait()
        self._close()

    def freeze(self) -> None:
        """Stop it without ending it (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
