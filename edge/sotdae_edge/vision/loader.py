"""One loader for both tflite runtimes, chosen by running a model, not by importing a name.

An import proves nothing: `tflite_runtime` 2.14 imports beside numpy 2 and fails only when it builds.
"""

import base64
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from sotdae_edge.vision.picture import Floats
from sotdae_shared.errors import ConfigError

RUNTIMES = ("ai_edge_litert", "tflite_runtime")
"""Packages with an `interpreter.Interpreter`, best first."""
_PACKAGES = {"ai_edge_litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime"}
MAX_MODEL_BYTES = 64 * 1024 * 1024
_REMEDY = (
    "install one: pip install '.[vision]', or, for tflite-runtime, '.[vision-legacy]' in an "
    "environment of its own (it needs numpy<2)"
)
# relu(x) for two float32 numbers: 320 bytes of tflite, enough to make a runtime show that it works.
_TINY = base64.b64decode(
    "GAAAAFRGTDMAAA4AFAAQAAwACAAAAAQADgAAABAAAAAYAAAA/AAAAAMAAAABAAAABAAAADD///8BAAAAEAAAAAwAFAAQAAwACAAEAAwA"
    "AAAQAAAAPAAAAEAAAABEAAAAAQAAABAAAAAAAAoADAAAAAgABAAKAAAACAAAAAwAAAABAAAAAQAAAAEAAAAAAAAAAQAAAAEAAAABAAAA"
    "AAAAAAIAAABMAAAABAAAANL///8AAAABDAAAAAwAAAAQAAAAvP///wEAAAB5AAAAAgAAAAEAAAACAAAAAAAWABQAEAAAAAAADAAIAAAA"
    "AAAAAAcAFgAAAAAAAAEQAAAAEAAAABQAAAAEAAQABAAAAAEAAAB4AAAAAgAAAAEAAAACAAAAAQAAABAAAAAMAAwACwAAAAAABAAMAAAA"
    "EwAAAAAAABM="
)
_FAILURES = (ImportError, AttributeError, SystemError, RuntimeError, ValueError, TypeError, OSError)
"""What a runtime that cannot work has been seen to raise, at import or when it builds."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime that has run a model."""

    title: str
    """Package and version, such as ``ai-edge-litert 2.3.0``."""
    build: Callable[[bytes], Any]


class Model:
    """A loaded model; `run` blocks for one inference on one thread."""

    def __init__(self, raw: bytes, name: str, runtime: Runtime) -> None:
        """Build the interpreter. Raises ConfigError when the bytes are not a model it can run."""
        self.name, self.runtime = name, runtime.title
        try:
            self._interpreter = runtime.build(raw)
        except _FAILURES as error:
            raise ConfigError(name, [f"{runtime.title} cannot load it: {error}"]) from error
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of every input."""
        return tuple(tuple(int(side) for side in one["shape"]) for one in self._inputs)

    def expect(self, shape: tuple[int, ...]) -> None:
        """Raise ConfigError unless the model takes one float32 input of this shape."""
        takes = [(tuple(one["shape"]), np.dtype(one["dtype"]).name) for one in self._inputs]
        if takes != [(shape, "float32")]:
            raise ConfigError(self.name, [f"takes {takes}: want one float32 input of {shape}"])

    def run(self, *inputs: Floats) -> list[Floats]:
        """Return the outputs for these inputs."""
        for detail, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], value)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(detail["index"]) for detail in self._outputs]


def load(path: Path) -> Model:
    """Load a model file with the best runtime that works. Raises ConfigError with what to do."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if 0 < size <= MAX_MODEL_BYTES else b""
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error
    if raw[4:8] != b"TFL3":
        raise ConfigError(str(path), ["is not a tflite model (its fifth to eighth bytes are not TFL3)"])
    return Model(raw, path.stem, find_runtime())


@lru_cache(maxsize=4)
def find_runtime(names: tuple[str, ...] = RUNTIMES) -> Runtime:
    """Return the first runtime that runs a tiny model. Raises ConfigError with what failed and the remedy."""
    problems: list[str] = []
    for name in names:
        found = _try(name)
        if isinstance(found, Runtime):
            return found
        problems.append(found)
    raise ConfigError("vision", [f"no tflite runtime works here ({'; '.join(problems)}); {_REMEDY}"])


def _try(name: str) -> Runtime | str:
    package = _PACKAGES.get(name, name)
    try:
        module = importlib.import_module(f"{name}.interpreter")
        runtime = Runtime(f"{package} {metadata.version(package)}", _builder(module))
        outputs = Model(_TINY, "probe", runtime).run(np.array([[-1.0, 2.0]], dtype=np.float32))
    except ModuleNotFoundError as error:
        return f"{package}: {error}"
    except (*_FAILURES, ConfigError) as error:
        return f"{package} with numpy {np.__version__}: {type(error).__name__}: {str(error)[:200]}"
    if outputs[0].tolist() != [[0.0, 2.0]]:
        return f"{package}: computes wrongly ({outputs[0].tolist()})"
    return runtime


def _builder(module: Any) -> Callable[[bytes], Any]:
    def build(raw: bytes) -> Any:
        # One thread: on a busy two-core box two threads were slower than one.
        interpreter = module.Interpreter(model_content=raw, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter

    return build
