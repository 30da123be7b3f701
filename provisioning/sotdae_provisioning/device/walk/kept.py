"""A walk's file: written after each step, so that an interruption costs one; at the end with its seals."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sotdae_provisioning.device.walk.result import Text, Walk
from sotdae_provisioning.pki.folder import write
from sotdae_shared.errors import ConfigError

MAX_BYTES = 4 * 1024 * 1024
"""A walk with a picture and a dozen plots has some hundred kilobytes."""


class Seal(BaseModel):
    """A signature over the walk's canonical JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    """``device`` or ``technician``."""
    name: Text
    public: str
    """Ed25519 public key in hexadecimal."""
    signature: str


class Kept(BaseModel):
    """A walk with its seals: none while it goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    walk: Walk
    seals: tuple[Seal, ...] = ()


def read(raw: bytes, source: str) -> Kept:
    """Understand a walk's file. ConfigError if it is none."""
    if len(raw) > MAX_BYTES:
        raise ConfigError(source, [f"is no report: {len(raw)} bytes, the limit is {MAX_BYTES}"])
    try:
        return Kept.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:120] or "file"
        raise ConfigError(source, [f"is no report: {place}: {first['msg'][:200]}"]) from error


def load(path: Path) -> Kept | None:
    """Return what an earlier walk left at `path`; None if nothing. ConfigError if it cannot be understood."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error
    return read(raw, str(path))


def save(path: Path, kept: Kept) -> None:
    """Replace the file at once and durably. ConfigError if the disk refuses."""
    replace(path, kept.model_dump_json(indent=1).encode() + b"\n")


def replace(path: Path, raw: bytes) -> None:
    """Write a whole file at once and durably, for its owner and group. ConfigError if it cannot be.

    Folders are not made: one that is not there is a path mistyped.
    """
    try:
        write(path, raw, 0o640)
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be written: {error.strerror}"]) from error
