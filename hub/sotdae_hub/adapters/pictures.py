"""Pictures as files: the newest few of each facility, named by their journal offset."""

import os
from pathlib import Path

from sotdae_shared.errors import LinkError

_JPEG = b"\xff\xd8\xff"


class PictureFiles:
    """A directory with one folder per facility."""

    def __init__(self, root: Path) -> None:
        """Create the directory if needed."""
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

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
            (self.root / name).unlink(missing_ok=True)

    def sweep(self, known: set[str]) -> None:
        """Delete what a crash left between file and row."""
        for path in self.root.glob("*/*.jpg"):
            if str(path.relative_to(self.root)) not in known:
                path.unlink(missing_ok=True)
