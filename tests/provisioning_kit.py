"""Our own command as a process that tells one line when it is ready."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any


class Spawned:
    """`sotdae WORDS...`; ends with the block, in order."""

    def __init__(self, words: list[str]) -> None:
        self.command = [sys.executable, "-m", "sotdae_provisioning", *words]
        self.first: dict[str, Any] = {}

    def __enter__(self) -> "Spawned":
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, said = self.process.communicate(timeout=10)
            raise AssertionError(f"it did not start: {said[-2000:]}")
        self.first = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)
