"""The runtime is chosen by what it can do; bad models are refused in plain words."""

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sotdae_edge.vision import loader
from sotdae_edge.vision.models import PACKAGED
from sotdae_shared.errors import ConfigError


@pytest.fixture(autouse=True)
def forget_runtime() -> Iterator[None]:
    loader.find_runtime.cache_clear()
    yield
    loader.find_runtime.cache_clear()


def plant(monkeypatch: pytest.MonkeyPatch, name: str, interpreter: object) -> None:
    """Put a runtime package in the import system that has this Interpreter."""
    module = types.ModuleType(f"{name}.interpreter")
    module.Interpreter = interpreter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, f"{name}.interpreter", module)


def test_a_runtime_that_runs_a_model_is_found() -> None:
    title = loader.find_runtime().title
    assert title.split()[0] in {"ai-edge-litert", "tflite-runtime"}
    assert title.split()[1][0].isdigit()


def test_no_runtime_is_one_plain_error_that_names_the_remedy() -> None:
    with pytest.raises(ConfigError, match=r"no tflite runtime works here .*pip install '\.\[vision\]'"):
        loader.find_runtime(("no_such_runtime", "nor_this_one"))


def test_a_runtime_that_imports_but_cannot_build_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise SystemError("CreateWrapperFromFile returned a result with an exception set")

    plant(monkeypatch, "tflite_runtime", broken)
    monkeypatch.setattr(loader.metadata, "version", lambda _: "2.14.0")
    with pytest.raises(ConfigError, match=r"tflite-runtime with numpy .*: CreateWrapperFromFile"):
        loader.find_runtime(("tflite_runtime",))


def test_a_runtime_that_computes_wrongly_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    real = loader.find_runtime()

    def wrong(model_content: bytes, num_threads: int) -> object:
        interpreter = real.build(model_content)
        interpreter.get_tensor = lambda _: np.array([[7.0, 7.0]], dtype=np.float32)
        return interpreter

    plant(monkeypatch, "odd_runtime", wrong)
    monkeypatch.setattr(loader.metadata, "version", lambda _: "1.0")
    with pytest.raises(ConfigError, match="odd_runtime: computes wrongly"):
        loader.find_runtime(("odd_runtime",))


def test_the_packaged_model_runs_on_zeros() -> None:
    model = loader.load(PACKAGED / "armzone.tflite")
    assert model.input_shapes == ((1, 48, 96, 3),)
    score = model.run(np.zeros((1, 48, 96, 3), dtype=np.float32))[0]
    assert score.shape == (1, 1)
    assert 0 <= score.item() <= 1


@pytest.mark.parametrize("raw", [b"", b"not a model at all", b"\x18\x00\x00\x00TFL"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match="is not a tflite model"):
        loader.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.tflite: cannot be read"):
        loader.load(tmp_path / "gone.tflite")


def test_a_model_with_another_input_is_refused() -> None:
    model = loader.load(PACKAGED / "armzone.tflite")
    with pytest.raises(ConfigError, match=r"want one float32 input of \(1, 3, 416, 416\)"):
        model.expect((1, 3, 416, 416))
