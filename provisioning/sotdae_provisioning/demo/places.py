"""Where a run keeps its logs and stores, and where its report goes: checked before anything starts."""

import os
import time
from pathlib import Path

from sotdae_shared.errors import ConfigError


def directories(given: Path | None, names: list[str]) -> dict[str, Path]:
    """Return an empty directory for each story: `given`, one below it where there are several, or ./run.

    What an earlier run left would be counted as this one's. Raises ConfigError if something is there.
    """
    if given is None:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        return {name: Path("run") / f"{name}-{stamp}" for name in names}
    if given.exists() and not given.is_dir():
        raise ConfigError(str(given), ["is not a directory"])
    if given.exists() and any(given.iterdir()):
        raise ConfigError(str(given), ["is not empty: a run must not count what another left"])
    return {name: given if len(names) == 1 else given / name for name in names}


def reports(given: Path | None, names: list[str]) -> dict[str, Path]:
    """Return each story's report file, with the story's name before the suffix where there are several.

    Raises ConfigError if one cannot be written.
    """
    if given is None:
        return {}
    several = len(names) > 1
    paths = {name: given.with_stem(f"{given.stem}-{name}") if several else given for name in names}
    for path in paths.values():
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise ConfigError(str(path), ["cannot be written"])
    return paths
