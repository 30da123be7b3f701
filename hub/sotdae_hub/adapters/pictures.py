"""Pictures as files: the newest few of each facility, named by their journal offset."""

import logging
import os
from pathlib import Path

from sotdae_shared.errors import ConfigError, LinkError

log = logging.getLogger(__name__)

_JPEG = b"\xff\xd8\xff"


class PictureFiles:
    """A directory with one folder per facility."""

    def __init__(self, root: Path) -> None:
        """Create the directory if needed. ConfigError if it cannot be had."""
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(str(root), [f"cannot be made or entered: {error.strerror}"]) from error

    def keep(self, facility: str, offset: int, data: bytes) -> str | None:
        """Write a picture durably and return its name, or None if it is no JPEG. Repeating is harmless.

        Raises:
            LinkError: if the disk refuses.
        """
        if not data.startswith(_JPEG):
            return None
        name = f"{facility}/{offset:012d}.jpg"
        path = self.root / name
        try:
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LinkError(f"picture {name}: {error}") from error
        return name

    def drop(self, names: list[str]) -> None:
        """Delete files that no row names any more."""
        for name in names:
            _delete(self.root / name)

    def sweep(self, known: set[str]) -> None:
        """Delete what a crash left between file and row."""
        for path in self.root.glob("*/*.jpg"):
            if str(path.relative_to(self.root)) not in known:
                _delete(path)


def _delete(path: Path) -> None:
    """Delete a picture; one that stays is swept at the next start, and hinders nothing."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("picture %s cannot be deleted: %s", path, error.strerror)
