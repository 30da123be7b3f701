"""The panel's socket as a file: who may reach it is decided by its directory and its mode."""

import asyncio
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sotdae_shared.errors import LinkError

MODE = 0o660
DIRECTORY_MODE = 0o750
BACKLOG = 8


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, for owner and group only.

    Raises:
        LinkError: if the directory is open to everybody, or the place is taken.
        OSError: if the disk refuses.
    """
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & stat.S_IRWXO:
        raise LinkError(f"panel: everybody may enter {path.parent}; chmod o= {path.parent}")
    _clear(path)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with _near(path) as name:
            door.bind(name)
        path.chmod(MODE)
        door.listen(BACKLOG)  # only now does anybody reach it
    except OSError:
        door.close()
        raise
    return door


async def connect(path: Path) -> socket.socket:
    """Return a socket connected to the agent at `path`. LinkError if nobody answers there."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with _near(path) as name:
            await asyncio.get_running_loop().sock_connect(door, name)
    except OSError as error:
        door.close()
        raise LinkError(
            f"no agent answers: {error.strerror or error}; does `sotdae gate run` run? {path}"
        ) from error
    return door


def _clear(path: Path) -> None:
    """Remove what a killed agent left. LinkError if somebody answers, or if it is no socket."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise LinkError(f"panel: {path} is there and is no socket; move it away")
        kind = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        with socket.socket(socket.AF_UNIX, kind) as visitor, _near(path) as name:
            try:
                visitor.connect(name)
            except ConnectionRefusedError:
                path.unlink()
            except BlockingIOError as error:  # so many wait there that a blocking visit would wait too
                raise LinkError(f"panel: another agent answers at {path}") from error
            else:
                raise LinkError(f"panel: another agent answers at {path}")


@contextmanager
def _near(path: Path) -> Iterator[str]:
    """Name the socket by its directory's descriptor: a whole path may exceed a socket name's 107 bytes."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
