"""What the enrolment office states: JSON that a box checks against the province's root, offline and undated.

The authority of the services signs, as it signs revocation lists: no other key has to be guarded, and no
city's stolen key states anything. What is signed begins with the kind's name, as no certificate does.
"""

from typing import Generic, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sotdae_shared.errors import WireError
from sotdae_shared.signing import canonical
from sotdae_shared.statement import Statement

SIGNER = "Sotdae services"
"""Common name of the authority that states."""
MAX_BYTES = 1024 * 1024
"""Largest file that is read: some twenty thousand denied serial numbers."""
_HASH = ec.ECDSA(hashes.SHA256())


Said = TypeVar("Said", bound=Statement)


class _Sealed(BaseModel, Generic[Said]):
    model_config = ConfigDict(frozen=True, extra="forbid")
    statement: Said
    signature: str = Field(pattern=r"^([0-9a-f]{2}){8,80}$")
    chain: tuple[str, str]
    """The signer's certificate and the province's, as PEM."""


def seal(statement: Statement, key: ec.EllipticCurvePrivateKey, chain: tuple[str, str]) -> bytes:
    """Return the file of a statement, signed by the key that the first certificate of the chain names."""
    signature = key.sign(_signed(statement), _HASH).hex()
    said = statement.model_dump(mode="json")
    return canonical({"statement": said, "signature": signature, "chain": list(chain)})


def unseal(kind: type[Said], raw: bytes, root: bytes) -> Said:
    """Return what a file states, if it holds against the root's PEM.

    Whether the certificates held is judged at the statement's own time: a box may have no clock.

    Raises:
        WireError: if it is too large, none of this kind, or not signed by this province's office.
    """
    if len(raw) > MAX_BYTES:
        raise WireError(f"{kind.KIND}: {len(raw)} bytes, more than {MAX_BYTES}")
    try:
        sealed = _Sealed[kind].model_validate_json(raw)  # type: ignore[valid-type]
    except ValidationError as error:
        raise WireError(f"{kind.KIND}: no such statement: {error.error_count()} wrong fields") from error
    try:
        key = _signer(sealed.chain, root, sealed.statement)
        key.verify(bytes.fromhex(sealed.signature), _signed(sealed.statement), _HASH)
    except InvalidSignature as error:
        raise WireError(f"{kind.KIND}: not signed by this province's office") from error
    return sealed.statement


def _signed(statement: Statement) -> bytes:
    return f"sotdae-{statement.KIND}-1\n".encode() + canonical(statement.model_dump(mode="json"))


def _signer(chain: tuple[str, str], root: bytes, statement: Statement) -> ec.EllipticCurvePublicKey:
    """Return the key that may state: of the services, certified by the province, which the root certified."""
    try:
        own, above = (x509.load_pem_x509_certificate(pem.encode()) for pem in chain)
        own.verify_directly_issued_by(above)
        above.verify_directly_issued_by(x509.load_pem_x509_certificate(root))
        names = [name.value for name in own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        key = own.public_key()
    except InvalidSignature:
        raise
    except Exception as error:  # the parser raises what it likes: ValueError, TypeError, InvalidVersion
        raise WireError(f"{statement.KIND}: its certificates are none of this province's") from error
    if names != [SIGNER] or not (_is_authority(own) and _is_authority(above)):
        raise WireError(f"{statement.KIND}: signed by {names}, not by {SIGNER!r}")
    if any(not _held(each, statement) for each in (own, above)):
        raise WireError(f"{statement.KIND}: its certificates did not hold at {statement.issued_at}")
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise WireError(f"{statement.KIND}: the signer's key is not ECDSA")
    return key


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _held(certificate: x509.Certificate, statement: Statement) -> bool:
    return certificate.not_valid_before_utc <= statement.issued_at <= certificate.not_valid_after_utc
