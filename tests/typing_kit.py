"""A command on a terminal of its own, and somebody who types a secret into it."""

import os
import pty
import subprocess
import termios

from need import until


def typed_unseen(command: list[str], prompt: bytes, line: bytes) -> tuple[int, bytes, bytes]:
    """Type a line when a command asks for it and echoes nothing; return its end, output, what was seen."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, start_new_session=True
    )
    seen = b""
    while prompt not in seen:
        seen += os.read(master, 1024)
    until(lambda: not termios.tcgetattr(slave)[3] & termios.ECHO)  # what was typed before is thrown away
    os.close(slave)
    os.write(master, line + b"\n")
    out, _ = child.communicate(timeout=60)
    try:
        while chunk := os.read(master, 1024):
            seen += chunk
    except OSError:
        pass  # the other end is closed
    os.close(master)
    return child.returncode, out, seen
