"""The device's own key: made at the first start, readable by its owner alone."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sotdae_edge.whole import read_whole
from sotdae_shared.errors import LinkError
from sotdae_shared.signing import private_of, public_of

SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """An Ed25519 key. `seed` is the secret; it never appears in a repr."""

    public: str
    """32 bytes in hexadecimal; keep a copy elsewhere, so that a record can be checked against it."""
    _seed: bytes

    def __repr__(self) -> str:
        """Show only what is public."""
        return f"DeviceKey({self.public})"

    def sign(self, data: bytes) -> str:
        """Return the signature in hexadecimal."""
        return private_of(self._seed).sign(data).hex()

    @classmethod
    def of(cls, seed: bytes) -> "DeviceKey":
        """Return the key of 32 secret bytes."""
        return cls(public_of(private_of(seed)), seed)


def device_key(path: Path) -> DeviceKey:
    """Return the key kept in a file, made there if absent. LinkError if the disk refuses or it is no key."""
    try:
        if not path.exists():
            _make(path)
        seed = read_whole(path, SEED_BYTES + 1)
    except OSError as error:
        raise LinkError(f"device key {path}: {error}") from error
    if len(seed) != SEED_BYTES or not any(seed):  # zeros are a lost sector, and a key that anybody has
        what = f"not {SEED_BYTES} bytes" if len(seed) != SEED_BYTES else "all zeros"
        raise LinkError(f"device key {path}: {what}; put its copy back, or move it away for a new one")
    return DeviceKey.of(seed)


def _make(path: Path) -> None:
    """Write a new key under another name first: a torn one must never be taken for the key."""
    part = path.with_name(f"{path.name}.new")
    part.unlink(missing_ok=True)
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, secrets.token_bytes(SEED_BYTES))
        os.fsync(file)
    finally:
        os.close(file)
    part.rename(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make names in a directory durable. OSError if the disk refuses."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
