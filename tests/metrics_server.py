"""A real VictoriaMetrics, for tests."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from need import require_binary, until


@contextmanager
def victoria_metrics(directory: Path) -> Iterator[str]:
    """Run a server on a free port; give its address."""
    program = require_binary("victoria-metrics")
    with socket.socket() as held, (directory / "log").open("w") as log:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # nobody else is given it meanwhile
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        process = subprocess.Popen(
            [program, f"-storageDataPath={directory / 'data'}", f"-httpListenAddr={address}"],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            until(lambda: process.poll() is not None or _healthy(address))
            assert process.poll() is None, (directory / "log").read_text()[-1000:]
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(20)


def flush(url: str) -> None:
    """Make what was written visible now; a server otherwise shows it after a while."""
    with urlopen(f"{url}/internal/force_flush", timeout=5):
        pass


def _healthy(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
