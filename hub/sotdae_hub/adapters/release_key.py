"""The hub's release key: a PKCS 8 file for its owner alone. No passphrase: nobody is there to type it."""

import os
import stat
from pathlib import Path

from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.signing import PrivateKey, from_pem, private_of, to_pem

MAX_FILE = 16 * 1024


def make_release_key(path: Path) -> PrivateKey:
    """Make a key and write it, mode 0600. ConfigError if the file is there or cannot be written."""
    private = private_of(os.urandom(32))
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(str(path), ["is there already: a key is never overwritten"]) from error
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be written: {error.strerror}"]) from error
    with os.fdopen(file, "wb") as stream:
        stream.write(to_pem(private, None))
        stream.flush()
        os.fsync(stream.fileno())
    return private


def load_release_key(path: Path) -> PrivateKey:
    """Read the key. ConfigError if there is none, it asks for a passphrase, or others can read it."""
    try:
        with path.open("rb") as stream:
            raw, mode = stream.read(MAX_FILE), os.fstat(stream.fileno()).st_mode
    except OSError as error:
        raise ConfigError(str(path), [f"release.key: cannot be read: {error.strerror}"]) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(str(path), [f"release.key: others can read it; chmod 600 {path}"])
    try:
        return from_pem(raw, None)
    except WireError as error:
        hint = "make one with `sotdae hub release-key`"
        raise ConfigError(str(path), [f"release.key: {error}; {hint}"]) from error
