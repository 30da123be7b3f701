"""Which files this process has open."""

from contextlib import suppress
from pathlib import Path


def opened_below(root: Path) -> list[Path]:
    """Return which files of a directory this process has open."""
    found = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one by which they are listed
            found.append(number.readlink())
    return [path for path in found if path.is_relative_to(root)]
