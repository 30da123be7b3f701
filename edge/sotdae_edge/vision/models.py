"""Which models Sotdae knows, where they lie, and whether they are what they claim to be."""

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sotdae_shared.errors import ConfigError, LinkError

PACKAGED = Path(__file__).parent / "models"
MAX_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_TIMEOUT_S = 30.0
_YOLOX = (
    "https://raw.githubusercontent.com/Kazuhito00/YOLOX-ONNX-TFLite-Sample/"
    "3d4f1119d0694200671c08069ecb847aa0d8495a"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A model that Sotdae can vouch for by its digest."""

    name: str
    file: str
    sha256: str
    licence: str
    knows: str
    url: str | None = None


KNOWN: dict[str, Known] = {
    known.name: known
    for known in (
        Known(
            name="armzone",
            file="armzone.tflite",
            sha256="83f95470b0278e94906444e74fb991619343c9555492592af3b2c026a4907a86",
            licence="Apache-2.0",
            knows="the simulator's drawings only; comes with Sotdae",
        ),
        Known(
            name="yolox-nano",
            file="yolox_nano_float16_quantize.tflite",
            sha256="6518faf758f5827fb8412c38d2240b7722027c299596518e1f94e678af1e6e29",
            licence="Apache-2.0 (Megvii YOLOX; tflite by Kazuhito00/YOLOX-ONNX-TFLite-Sample)",
            knows="people and vehicles in photographs (COCO classes)",
            url=f"{_YOLOX}/model/yolox_nano_float16_quantize.tflite",
        ),
    )
}


def home(environ: Mapping[str, str]) -> Path:
    """Return the directory of pulled models: ``SOTDAE_MODELS``, else ``~/.local/share/sotdae/models``."""
    data = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    return Path(environ.get("SOTDAE_MODELS") or Path(data) / "sotdae/models")


def known(name: str) -> Known:
    """Return a model by name. Raises ConfigError that lists the names."""
    if name not in KNOWN:
        raise ConfigError("models", [f"{name!r} is not known: want one of {', '.join(KNOWN)}"])
    return KNOWN[name]


def locate(wanted: str, environ: Mapping[str, str]) -> Path:
    """Return the file of a model given by name or path. Raises ConfigError that says how to get it."""
    if wanted not in KNOWN:
        path = Path(wanted)
        if path.suffix == ".tflite" and path.is_file():
            return path
        raise ConfigError("model", [f"{wanted!r}: want a .tflite file or one of {', '.join(KNOWN)}"])
    for directory in (home(environ), PACKAGED):
        path = directory / KNOWN[wanted].file
        if path.is_file():
            return path
    raise ConfigError("model", [f"{wanted} is not here: sotdae models pull {wanted}, or set SOTDAE_MODELS"])


def digest(path: Path) -> str:
    """Return a file's SHA-256. Raises ConfigError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error


def verify(path: Path) -> Known | None:
    """Return which known model a file is, None for an unknown one. Raises ConfigError on a wrong digest."""
    pinned = next((one for one in KNOWN.values() if one.file == path.name), None)
    if pinned is None:
        return None
    found = digest(path)
    if found != pinned.sha256:
        raise ConfigError(
            str(path), [f"sha256 is {found}: want {pinned.sha256} (torn or replaced; pull it again)"]
        )
    return pinned


def pull(model: Known, source: str, into: Path, progress: Callable[[int], object]) -> Path:
    """Copy a model from a directory or an https address and keep it only if its digest is right.

    Raises:
        ConfigError: if the source is neither, or the bytes are not the pinned ones.
        LinkError: if the address does not answer.
    """
    into.mkdir(parents=True, exist_ok=True)
    sha256, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=into, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in _chunks(model, source):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise ConfigError(source, [f"is over {MAX_BYTES} bytes"])
                sha256.update(chunk)
                file.write(chunk)
                progress(size)
        if sha256.hexdigest() != model.sha256:
            raise ConfigError(
                source, [f"sha256 is {sha256.hexdigest()}: want {model.sha256}; nothing was kept"]
            )
        part.chmod(0o644)
        return part.replace(into / model.file)
    finally:
        part.unlink(missing_ok=True)


def _chunks(model: Known, source: str) -> Iterator[bytes]:
    if source.startswith("https://"):
        yield from _download(source if source.endswith(".tflite") else f"{source.rstrip('/')}/{model.file}")
        return
    path = Path(source) / model.file if Path(source).is_dir() else Path(source)
    if "://" in source or not path.is_file():
        raise ConfigError(source, [f"holds no {model.file}: want a directory, a file or an https address"])
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _download(url: str) -> Iterator[bytes]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - https, checked above
            while chunk := answer.read(_CHUNK_BYTES):
                yield chunk
    except (urllib.error.URLError, OSError) as error:
        raise LinkError(f"{url}: {error}") from error
