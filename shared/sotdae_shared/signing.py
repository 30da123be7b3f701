"""Signatures: Ed25519 over RFC 8785 canonical JSON. Keys are 32 bytes in hexadecimal."""

from typing import Any

import rfc8785
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sotdae_shared.errors import WireError
from sotdae_shared.messages import Approval, CommandBody, ReleaseBody

PrivateKey = Ed25519PrivateKey


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value."""
    return rfc8785.dumps(value)


def command_bytes(command: CommandBody) -> bytes:
    """Return what people sign: the whole command without its approvals."""
    return canonical(command.model_dump(mode="json", exclude={"approvals"}))


def sign_command(command: CommandBody, key: str, private: Ed25519PrivateKey) -> Approval:
    """Return one person's approval of a command."""
    return Approval(key=key, signature=private.sign(command_bytes(command)).hex())


def release_bytes(release: ReleaseBody) -> bytes:
    """Return what a hub signs: the release without its signature, under a name that no order has."""
    return canonical({"release": release.model_dump(mode="json", exclude={"signature"})})


def sign_release(release: ReleaseBody, private: Ed25519PrivateKey) -> ReleaseBody:
    """Return the release with its signature, in place of any it had."""
    return release.model_copy(update={"signature": private.sign(release_bytes(release)).hex()})


def verify(public_hex: str, data: bytes, signature_hex: str) -> bool:
    """Tell whether a signature holds. Never raises on bad input."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        public.verify(bytes.fromhex(signature_hex), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def private_of(seed: bytes) -> Ed25519PrivateKey:
    """Return the private key of 32 secret bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_of(private: Ed25519PrivateKey) -> str:
    """Return the public key that belongs to a private one."""
    return private.public_key().public_bytes_raw().hex()


def sign(private: PrivateKey, data: bytes) -> str:
    """Return a signature in hexadecimal."""
    return private.sign(data).hex()


def to_pem(private: PrivateKey, passphrase: str | None) -> bytes:
    """Return a private key as PKCS 8 PEM, encrypted unless the passphrase is None."""
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def from_pem(pem: bytes, passphrase: str | None) -> PrivateKey:
    """Return the private key of a PEM. WireError if it is none of ours, or the passphrase does not fit."""
    try:
        private = load_pem_private_key(pem, None if passphrase is None else passphrase.encode())
    except TypeError as error:  # a passphrase where none is wanted, or none where one is
        raise WireError(
            "the key wants a passphrase" if passphrase is None else "the key has no passphrase"
        ) from error
    except (ValueError, UnsupportedAlgorithm, InternalError) as error:  # as OpenSSL likes
        raise WireError("wrong passphrase, or no private key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise WireError("not an Ed25519 key; make one with `sotdae gate key new`")
    return private
