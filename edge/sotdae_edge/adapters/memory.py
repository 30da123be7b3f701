"""A directory that needs no disk, for an agent whose disk refuses."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108 - only a directory that is ours alone is used there


def place_in_memory(home: Path) -> Path:
    """Return the path that stands in for `home`: the same at each start, so that a restart loses nothing."""
    return SHARED / f"sotdae-{os.getuid()}-{hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:16]}"


def left_in_memory(home: Path, name: str) -> bool:
    """Tell whether an earlier start left a file of this name there; somebody else's does not count."""
    try:
        return (place_in_memory(home) / name).exists()
    except OSError:
        return False


def directory_in_memory(home: Path) -> Path:
    """Return the directory that stands in for `home`, made if needed; for this user only. Raises OSError."""
    place = place_in_memory(home)
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return place
    except OSError:
        pass  # somebody else's file has the name, or there is no such place
    return Path(tempfile.mkdtemp(prefix="sotdae-"))
