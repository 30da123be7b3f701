"""Enrolment by file: what a box without a link sends to the office, and what comes back.

Neither file holds a secret: the key stays on the box, and everything that comes back is signed.
"""

from typing import Annotated, ClassVar, Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.rows import serial_from
from sotdae_provisioning.device.statements import take_deny_list, take_floor
from sotdae_provisioning.pki.certificates import Names, dns_names, key_sha256, request, requested
from sotdae_shared.errors import WireError
from sotdae_shared.identity import address_from, identity_of
from sotdae_shared.topics import Address

MAX_BYTES = 256 * 1024
ASKED, ANSWERED = ".csr.json", ".papers.json"
Text = Annotated[str, Field(max_length=MAX_BYTES)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    SAID: ClassVar[str]
    """What such a file is called."""
    facility: Annotated[str, Field(max_length=40)]
    node: Annotated[str, Field(max_length=60)]
    serial: Annotated[str, Field(max_length=80)]

    @property
    def address(self) -> Address:
        """The node; WireError if it cannot be one."""
        return address_from(self.facility, self.node)

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Return the file of these bytes. WireError if it is none."""
        if len(raw) > MAX_BYTES:
            raise WireError("too large for such a file")
        try:
            found = cls.model_validate_json(raw)
        except (ValidationError, RecursionError) as error:
            raise WireError(f"this is no {cls.SAID}") from error
        _ = found.address, serial_from(found.serial)
        return found

    def raw(self) -> bytes:
        """Return the file's bytes."""
        return self.model_dump_json(indent=1).encode() + b"\n"


class Asked(_File):
    """A box asks to be certified."""

    SAID = "request of `sotdae device request`"
    kind: Literal["sotdae-request-1"] = "sotdae-request-1"
    request: Text
    """The certificate signing request, PEM."""

    @property
    def key_sha256(self) -> str:
        """What names the box's key, to be compared by eye. WireError if the request does not hold."""
        return key_sha256(requested(self.request.encode())[0]).hex()


class Answered(_File):
    """The office's answer: papers, floor and deny list."""

    SAID = "answer of `sotdae device certify`"
    kind: Literal["sotdae-papers-1"] = "sotdae-papers-1"
    chain: Text
    """The certificate and what stands between it and the root, PEM."""
    root: Text
    floor: Text
    deny: Text


def ask(papers: Papers, address: Address, serial: str) -> Asked:
    """Make a key on this box, or take the one that waits for an answer, and return what to carry."""
    csr = request(address.node, Names((identity_of(address),)), papers.begin())
    pem = csr.public_bytes(Encoding.PEM).decode()
    return Asked(facility=str(address.facility), node=address.node, serial=serial_from(serial), request=pem)


def accept(papers: Papers, answer: Answered, root_sha256: str | None) -> x509.Certificate:
    """Keep papers that came by file, and use them.

    Raises:
        WireError: if they are not whole, or stand below another root than `root_sha256`.
        ConfigError: if they are for another key than the one this box made.
    """
    try:
        chain = x509.load_pem_x509_certificates(answer.chain.encode())
        root = x509.load_pem_x509_certificate(answer.root.encode())
    except ValueError as error:
        raise WireError("the file holds no certificates") from error
    if root_sha256 is not None and fingerprint(root) != root_sha256.lower().replace(":", ""):
        raise WireError("the papers stand below another root than the one you named: somebody may pose as it")
    _linked([*chain, root])
    if list(dns_names(chain[0])) != [identity_of(answer.address)]:
        raise WireError("the certificate names another box than the file")
    papers.settle(chain, answer.root.encode())
    take_floor(papers, answer.floor.encode(), answer.address)
    take_deny_list(papers, answer.deny.encode())
    return chain[0]


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _linked(chain: list[x509.Certificate]) -> None:
    """Check that each is signed by the next, up to the root. WireError if one is not."""
    for lower, upper in zip(chain, [*chain[1:], chain[-1]], strict=True):
        try:
            lower.verify_directly_issued_by(upper)
        except (
            Exception
        ) as error:  # the library raises what it likes: ValueError, TypeError, InvalidSignature
            raise WireError("the certificates do not stand one below the other, up to the root") from error
