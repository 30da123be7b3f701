"""What tests need: programs, modules, patience. A missing part skips here; where CI=true it fails instead."""

import os
import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec

import pytest


def require_binary(name: str, remedy: str = "") -> str:
    """Return the path of a program, searched in PATH and /usr/sbin."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        _absent(f"program {name} is not installed", remedy or f"apt install {name}")
    assert found is not None
    return found


def require_module(name: str, remedy: str = "") -> None:
    """Go on only if a Python module can be imported."""
    if find_spec(name) is None:
        _absent(f"module {name} is not installed", remedy or f"pip install {name}")


def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait until something holds; fail if it never does."""
    deadline = time.perf_counter() + timeout_s
    while not condition():
        if time.perf_counter() > deadline:
            pytest.fail(f"not within {timeout_s} s: {condition}")
        time.sleep(0.02)


def _absent(what: str, remedy: str) -> None:
    reason = f"{what} ({remedy})"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
