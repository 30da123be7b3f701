"""Three people who sign policies, with real key files, and the section that trusts two of them."""

import json
from pathlib import Path

from sotdae_edge.panel.keys import make_key
from sotdae_shared.signing import PrivateKey, public_of

PEOPLE = ("kim", "lee", "park")


class Signers:
    """Keys in a directory, and the ``[policy]`` section for a gate's or hub's file."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.keys: dict[str, PrivateKey] = {
            name: make_key(directory / f"{name}.pem", None) for name in PEOPLE
        }
        self.section = "\n[policy]\nneeded = 2\n" + "".join(map(self._block, PEOPLE))

    def _block(self, name: str) -> str:
        words = {"key": name, "public": public_of(self.keys[name]), "name": name.title(), "scope": "GG"}
        lines = [f"{word} = {json.dumps(text)}" for word, text in words.items()]
        return "\n".join(["\n[[policy.signers]]", *lines, ""])

    def pem(self, name: str) -> str:
        return str(self.directory / f"{name}.pem")

    def trust(self) -> str:
        """Return a file that trusts them."""
        path = self.directory / "trust.toml"
        path.write_text(self.section, encoding="utf-8")
        return str(path)
