"""A box's papers in two slots: a renewal never touches the papers that work.

`current` is a link to one slot; it changes in one step, when the new papers are whole on disk. Agents read
through the link at each connection.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from sotdae_edge.record.key import sync_directory
from sotdae_provisioning.pki.certificates import Key, new_key
from sotdae_provisioning.pki.folder import pem, read_key, write, write_key
from sotdae_shared.errors import ConfigError

SLOTS = ("a", "b")
CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Papers:
    """The folder that holds both slots and the link."""

    path: Path

    @property
    def current(self) -> Path | None:
        """The slot in use; None before the first enrolment."""
        link = self.path / CURRENT
        return link if link.is_symlink() and (link / "chain.pem").exists() else None

    @property
    def spare(self) -> Path:
        """The slot that is not in use."""
        link = self.path / CURRENT
        used = link.readlink().name if link.is_symlink() else SLOTS[1]
        return self.path / (SLOTS[1] if used == SLOTS[0] else SLOTS[0])

    def begin(self) -> Key:
        """Return the key for new papers; one that was made for a request not yet answered is used again."""
        slot = self.spare
        slot.mkdir(parents=True, exist_ok=True, mode=0o700)
        path, pending = slot / "key.pem", slot / "pending"
        if path.exists() and pending.exists():
            return read_key(path, None)
        key = new_key()
        (slot / "chain.pem").unlink(missing_ok=True)
        write_key(path, key, None)
        write(pending, b"")
        return key

    def settle(self, chain: list[x509.Certificate], root: bytes) -> Path:
        """Keep new papers and make them the current ones, at once. ConfigError if they are not ours."""
        slot = self.spare
        if chain[0].public_key() != read_key(slot / "key.pem", None).public_key():
            raise ConfigError(str(slot), ["these papers are for another key"])
        write(slot / "root.pem", root)
        write(slot / "cert.pem", pem(chain[0]))
        write(slot / "chain.pem", pem(*chain))
        draft = self.path / f".{CURRENT}.new"
        draft.unlink(missing_ok=True)
        draft.symlink_to(slot.name)
        draft.replace(self.path / CURRENT)
        (slot / "pending").unlink(missing_ok=True)
        sync_directory(self.path)
        return slot

    def certificate(self) -> x509.Certificate:
        """Return the certificate in use. ConfigError if there is none, or it is damaged."""
        slot = self.current
        if slot is None:
            raise ConfigError(str(self.path), ["no papers yet. Get them: sotdae device enrol"])
        raw = (slot / "cert.pem").read_bytes()
        try:
            return x509.load_pem_x509_certificate(raw)
        except Exception as error:  # the parser raises what it likes
            remedy = "ask the office for a new code (sotdae device code), then sotdae device enrol"
            raise ConfigError(str(slot / "cert.pem"), [f"is damaged: {remedy}"]) from error

    def key(self) -> Key:
        """Return the key in use. ConfigError if there is none, or it cannot be read."""
        return read_key(self.path / CURRENT / "key.pem", None)
