"""A node that writes as fast as it can and prints each commit: meant to be killed, or to fill its disk."""

import os
import resource
import signal
import sys
from pathlib import Path

from wire_samples import ADDRESS, event, telemetry

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_shared.errors import LinkError


def say(line: str) -> None:
    """Tell the test at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(path: str, boot: str, limit_bytes: int) -> None:
    """Write for ever, or until the disk refuses at `limit_bytes` (0: no limit)."""
    if limit_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    box = SqliteOutbox(Path(path), ADDRESS, boot, telemetry_budget_bytes=40_000, ledger=True)
    number = 0
    while True:
        number += 1
        try:
            headers = box.put([event(number), *(telemetry(number) for _ in range(number % 4)), event(number)])
        except LinkError as error:
            say(f"refused {error}")
            os._exit(3)
        say(" ".join(f"{header.cls}:{header.seq}" for header in headers))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
