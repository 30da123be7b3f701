"""Secrets in every form in which a program could let them out, and a search for them in all it left."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def secret_of(key: Private) -> bytes:
    """Return the 32 octets that are the secret of a key."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return key.private_numbers().private_value.to_bytes(32, "big")


def forms(secret: bytes) -> dict[str, bytes]:
    """Return a secret raw, escaped, in hexadecimal, as a number, and in base64 wherever it may begin there.

    DER is the raw octets with others about them, and PEM is DER in base64: both are found by these.
    """
    found = {"raw": secret, "escaped": repr(secret)[2:-1].encode(), "hex": secret.hex().encode()}
    if len(secret) == 32:
        found["number"] = str(int.from_bytes(secret, "big")).encode()
    for name, code in (("base64", b64encode), ("base64url", urlsafe_b64encode)):
        for before in range(3):
            whole = code(b"\0" * before + secret)
            start, end = (before * 8 + 5) // 6, (before + len(secret)) * 8 // 6
            found[f"{name}+{before}"] = whole[start:end]
    text = quote(secret, safe="").encode()
    return found | ({"quoted": text} if text != secret else {})


_BREAKS = re.compile(rb"[\s:]|\\n|'\n? *b?'")
"""What comes between the lines of a PEM, or the octets of a dump."""


def shown_in(data: bytes, secret: bytes) -> list[str]:
    """Return the forms in which a secret stands in what was captured, line breaks or not."""
    plain = _BREAKS.sub(b"", data)
    low = plain.lower()
    places = {"hex": (low,), "number": (plain,)}
    return [
        name
        for name, form in forms(secret).items()
        if any(form in place for place in places.get(name, (data, plain)))
    ]


@dataclass
class Search:
    """What must not be found anywhere, and what was found where."""

    secrets: dict[str, bytes] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def look(self, place: str, data: bytes) -> None:
        """Search what was captured at a place."""
        for name, secret in self.secrets.items():
            self.found += [f"{name} as {form} in {place}" for form in shown_in(data, secret)]

    def look_below(self, folder: Path, allowed: set[Path]) -> None:
        """Search every file and every file's name of a folder, but those that are there to keep a secret."""
        for path in files(folder):
            self.look("a name", str(path).encode())
            if path not in allowed:
                self.look(str(path.relative_to(folder)), path.read_bytes())


def files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder; not what a link leads to."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
