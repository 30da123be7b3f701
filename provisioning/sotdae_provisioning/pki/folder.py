"""An authority's folder: its key (0600, with a passphrase if wanted), certificate, chain, ledger, lists."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sotdae_edge.record.key import sync_directory
from sotdae_provisioning.pki.certificates import Issuer, Key, new_key, revocation_list
from sotdae_provisioning.pki.ledger import Ledger
from sotdae_shared.errors import ConfigError

KEY, CERTIFICATE, CHAIN, LIST, LEDGER = "key.pem", "cert.pem", "chain.pem", "crl.pem", "ledger.db"
BACK = "bring it back from a backup of the authority's folder"
LOST = f"is gone, but other files of the authority are here: {BACK}; if none was ever made, delete the folder"
ANCHOR = "anchor.pem"
"""The authority as a root of its own, for who must trust it and none of its sisters."""


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all, and durably; a secret one is never readable by others.

    Raises:
        ConfigError: if its folder is not there.
        OSError: of the file itself, if the disk refuses.
    """
    if not path.parent.is_dir():
        raise ConfigError(str(path), [f"there is no folder {path.parent}"])
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    sync_directory(path.parent)


def write_key(path: Path, key: Key, passphrase: str | None) -> None:
    """Write a private key as PKCS 8 PEM, 0600, encrypted unless the passphrase is None."""
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), 0o600)


def read_key(path: Path, passphrase: str | None) -> Key:
    """Return a private key. ConfigError if it cannot be read, unlocked, or others could read it."""
    try:
        raw = path.read_bytes()
        if path.stat().st_mode & 0o077:
            raise ConfigError(str(path), [f"others can read this key. Mend: chmod 600 {path}"])
        key = load_pem_private_key(raw, None if passphrase is None else passphrase.encode())
    except OSError as error:
        raise ConfigError.unreadable(path, error) from error
    except TypeError as error:
        said = "wants a passphrase: --passphrase-file" if passphrase is None else "has no passphrase"
        raise ConfigError(str(path), [f"the key {said}"]) from error
    except (ValueError, UnsupportedAlgorithm, InternalError) as error:
        raise ConfigError(str(path), ["wrong passphrase, or no private key"]) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(str(path), ["not an ECDSA key"])
    return key


def pem(*certificates: x509.Certificate) -> bytes:
    """Return certificates as PEM, one after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


@dataclass(frozen=True, slots=True)
class Folder:
    """One authority on disk. Its key may be elsewhere: the root's belongs into a safe."""

    path: Path

    @property
    def exists(self) -> bool:
        """Whether an authority is here."""
        return (self.path / CERTIFICATE).exists()

    @property
    def _begun(self) -> bool:
        return any((self.path / name).exists() for name in (KEY, CHAIN, LEDGER))

    def make(self, passphrase: str | None) -> Key:
        """Make the folder and its key. ConfigError if an authority, or a part of one, is here already."""
        if self.exists:
            raise ConfigError(str(self.path), ["an authority is here already; it is never overwritten"])
        if self._begun:
            raise ConfigError(str(self.path / CERTIFICATE), [LOST])
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = new_key()
        write_key(self.path / KEY, key, passphrase)
        return key

    def settle(self, certificate: x509.Certificate, above: bytes) -> None:
        """Keep the authority's certificate, and with it the chain up to but without the root."""
        write(self.path / CHAIN, pem(certificate) + above)
        write(self.path / CERTIFICATE, pem(certificate))

    def give_up(self) -> None:
        """Take an authority away that was never settled: it has certified nobody, and is made anew."""
        if not self.exists:
            for name in (CHAIN, KEY):
                (self.path / name).unlink(missing_ok=True)

    def certificate(self) -> x509.Certificate:
        """Return the authority's certificate. ConfigError if there is none, or it is damaged."""
        try:
            return x509.load_pem_x509_certificate((self.path / CERTIFICATE).read_bytes())
        except FileNotFoundError as error:
            if self._begun:
                raise ConfigError(str(self.path / CERTIFICATE), [LOST]) from error
            raise ConfigError(
                str(self.path), ["no authority here. Make one: sotdae ca init, sotdae ca city"]
            ) from error
        except OSError as error:
            raise ConfigError.unreadable(self.path / CERTIFICATE, error) from error
        except Exception as error:  # the parser raises what it likes
            raise ConfigError(str(self.path / CERTIFICATE), [f"is damaged: {BACK}"]) from error

    def chain(self) -> bytes:
        """Return the certificates that a holder shows beside its own. ConfigError if they are damaged."""
        try:
            raw = (self.path / CHAIN).read_bytes()
            x509.load_pem_x509_certificates(raw)
        except OSError as error:
            raise ConfigError.unreadable(self.path / CHAIN, error) from error
        except Exception as error:  # as above
            raise ConfigError(str(self.path / CHAIN), [f"is damaged: {BACK}"]) from error
        return raw

    def issuer(self, passphrase: str | None) -> Issuer:
        """Return the authority at work. ConfigError if its key cannot be had."""
        return Issuer(self.certificate(), read_key(self.path / KEY, passphrase))

    def ledger(self) -> Ledger:
        """Open the ledger."""
        return Ledger(self.path / LEDGER)

    def publish_list(self, issuer: Issuer, now: datetime) -> Path:
        """Write the revocation list anew, under the next number, and return its file."""
        with self.ledger() as ledger:
            made = revocation_list(issuer, ledger.revoked(), ledger.next_number("crl"), now)
        write(self.path / LIST, made.public_bytes(Encoding.PEM))
        return self.path / LIST
