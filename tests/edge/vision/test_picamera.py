"""The Pi camera's adapter: behaviour on a stand-in, and every call it makes checked against the real wheel.

No Pi was at hand. The contract test imports the real picamera2 with its system libraries replaced, binds each
call that the stand-in recorded to the real signature, and so fails when picamera2 changes under us.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import itertools
import sys
import types
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from sotdae_edge.vision.picamera import PiCameraSource
from sotdae_shared.errors import ConfigError, LinkError

Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class StandIn:
    """Records what is asked of it and shows grey pictures; `broken` names a call that fails."""

    calls: list[Call]
    broken: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._note("__init__", args, kwargs)

    def _note(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.calls.append((name, args, kwargs))
        if self.broken == name:
            raise RuntimeError(f"{name} failed")

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._note(name, args, kwargs)
            return np.full((360, 640, 3), 128, dtype=np.uint8) if name == "capture_array" else {}

        return call


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    fresh = type("Picamera2", (StandIn,), {"calls": [], "broken": None})
    module = types.ModuleType("picamera2")
    module.Picamera2 = fresh  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return fresh


def names(stand_in: type[StandIn]) -> list[str]:
    return [name for name, _, _ in stand_in.calls]


def test_pictures_come_and_the_camera_is_given_back(stand_in: type[StandIn]) -> None:
    frames = PiCameraSource.of_url("picamera2:1", itertools.count(10).__next__).frames()
    assert [next(frames).mono for _ in range(3)] == [10, 11, 12]
    assert next(frames).picture.shape == (360, 640, 3)
    frames.close()  # type: ignore[attr-defined]
    assert stand_in.calls[0] == ("__init__", (), {"camera_num": 1})
    assert names(stand_in)[1:4] == ["create_video_configuration", "configure", "start"]
    assert names(stand_in)[-2:] == ["stop", "close"]


@pytest.mark.parametrize("broken", ["__init__", "configure", "start", "capture_array"])
def test_a_camera_that_fails_is_a_link_error_and_is_given_back(broken: str, stand_in: type[StandIn]) -> None:
    stand_in.broken = broken
    with pytest.raises(LinkError, match=f"picamera2:0: {broken} failed"):
        list(PiCameraSource(0, lambda: 0.0).frames())
    assert broken == "__init__" or names(stand_in)[-1] == "close"


def test_without_picamera2_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(ConfigError, match="apt install python3-picamera2"):
        next(PiCameraSource(0, lambda: 0.0).frames())


@pytest.mark.parametrize("url", ["picamera2:", "picamera2:x", "picamera2:-1", "picamera2:²", "picamera2:100"])
def test_an_address_that_names_no_camera_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="picamera2:<number>"):
        PiCameraSource.of_url(url, lambda: 0.0)


class PiLibraries(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for what only a Pi has: libcamera, the display, and their bindings."""

    NAMES = frozenset({"libcamera", "pykms", "videodev2", "prctl", "piexif", "simplejpeg", "pidng"})

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.split(".", maxsplit=1)[0] not in self.NAMES:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return MagicMock(name=spec.name, __path__=[], __spec__=spec)

    def exec_module(self, module: Any) -> None:
        """Nothing to run."""


@pytest.fixture
def real_picamera2() -> Iterator[Any]:
    if importlib.util.find_spec("picamera2") is None:
        pytest.skip("picamera2 is not here: this runs in .venv-legacy (make test-slow)")
    finder, before = PiLibraries(), set(sys.modules)
    sys.meta_path.append(finder)
    try:
        yield importlib.import_module("picamera2").Picamera2
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if name.split(".")[0] in {"picamera2", *PiLibraries.NAMES}:
                del sys.modules[name]


@pytest.mark.legacy
@pytest.mark.filterwarnings("ignore")
def test_every_call_fits_the_real_picamera2(
    real_picamera2: Any, stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = PiCameraSource(0, lambda: 0.0).frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert set(names(stand_in)) >= {"__init__", "configure", "capture_array", "close"}
    for name, args, kwargs in stand_in.calls:
        inspect.signature(getattr(real_picamera2, name)).bind(None, *args, **kwargs)
    with pytest.raises(TypeError):
        inspect.signature(real_picamera2.capture_array).bind(None, no_such_argument=1)
