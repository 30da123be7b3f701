"""A person's key as a file: PKCS 8 PEM, encrypted by a passphrase unless one insists."""

import json
import os
import secrets
import stat
from pathlib import Path

from sotdae_edge.core.site import Person
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.signing import PrivateKey, from_pem, private_of, public_of, to_pem

MIN_PASSPHRASE = 8
"""Shorter ones are guessed in an afternoon."""
MAX_FILE = 16 * 1024


def make_key(path: Path, passphrase: str | None) -> PrivateKey:
    """Make a key and write it for its owner alone. ConfigError if the file is there or cannot be written."""
    if passphrase is not None and len(passphrase) < MIN_PASSPHRASE:
        raise ConfigError(str(path), [f"want a passphrase of {MIN_PASSPHRASE} characters or more"])
    private = private_of(secrets.token_bytes(32))
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(str(path), ["is there already: a key is never overwritten"]) from error
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be written: {error.strerror}"]) from error
    with os.fdopen(file, "wb") as stream:
        stream.write(to_pem(private, passphrase))
        stream.flush()
        os.fsync(stream.fileno())
    return private


def is_encrypted(path: Path) -> bool:
    """Whether a key file asks for a passphrase. ConfigError if it cannot be read."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in _read(path)


def load_key(path: Path, passphrase: str | None) -> PrivateKey:
    """Unlock a key. ConfigError if the file or the passphrase is wrong, or if others can read a bare key."""
    raw = _read(path)
    bare = b"BEGIN PRIVATE KEY" in raw
    if bare and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(str(path), [f"has no passphrase, and others can read it; chmod 600 {path}"])
    try:
        return from_pem(raw, None if bare else passphrase)
    except WireError as error:
        raise ConfigError(str(path), [str(error)]) from error


def passphrase_in(path: Path) -> str:
    """Return the first line of a passphrase file. ConfigError if it is empty or cannot be read."""
    try:
        line = path.read_text(encoding="utf-8").split("\n", 1)[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error
    if not line:
        raise ConfigError(str(path), ["the first line is the passphrase; it is empty"])
    return line


def roster_block(name: str, key: str, level: str, public: str) -> str:
    """Return the lines of a gate's file that make a key count."""
    words = {"key": key, "name": name, "level": level, "public": public}
    lines = [f"{word} = {json.dumps(text, ensure_ascii=False)}" for word, text in words.items()]
    return "\n".join(["[[roster]]", *lines])


def owner(private: PrivateKey, people: tuple[Person, ...]) -> Person | None:
    """Return whose key it is, or None if nobody's on this roster."""
    public = public_of(private)
    return next((person for person in people if person.public.lower() == public), None)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error
    if len(raw) > MAX_FILE:
        raise ConfigError(str(path), ["is no key file: too large"])
    return raw
