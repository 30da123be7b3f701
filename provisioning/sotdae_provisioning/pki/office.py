"""The enrolment office: who gets a certificate, first and again (DESIGN 7). Decides; a server asks it.

A certificate that has run out not more than 180 days ago may still be renewed, by its key, so that a box
that was cut off for months comes back by itself; unless it was revoked, or another has replaced it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sotdae_provisioning.pki.certificates import common_name, dns_names, key_sha256, requested
from sotdae_provisioning.pki.codes import Codes
from sotdae_provisioning.pki.folder import Folder
from sotdae_provisioning.pki.ledger import Given
from sotdae_provisioning.pki.province import Certified, Province
from sotdae_shared.errors import WireError
from sotdae_shared.identity import address_of
from sotdae_shared.topics import Address

GRACE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Office:
    """One province's office. All refusals are WireError, with a reason a technician can act on."""

    province: Province
    codes: Codes
    passphrase: str | None = field(repr=False)

    def enrol(self, node: str, code: str, request: bytes, now: datetime) -> Certified:
        """Certify a new box by its one-time code."""
        public, _ = requested(request)  # before the code is used up: a broken request may be mended
        grant = self.codes.take(node, code, key_sha256(public), now)
        for each in self._given(self.province.city(grant.address.facility.city), node):
            if each.revoked_at is not None and each.certificate().public_key() == public:
                raise WireError(f"revoked: {each.reason}; this key gets no papers again, make a new one")
        return self.province.certify_device(grant.address, public, self.passphrase, now, grant.serial)

    def renew(self, shown: x509.Certificate, request: bytes, now: datetime) -> Certified:
        """Certify a box again whose certificate was proved by the TLS handshake, or by `prove`."""
        public, names = requested(request)
        address, box = self._holder(shown, now)
        if names.dns and set(names.dns) != set(dns_names(shown)):
            raise WireError("the request names another box than the certificate")
        return self.province.certify_device(address, public, self.passphrase, now, box)

    def renew_late(
        self, shown: x509.Certificate, request: bytes, nonce: bytes, signature: bytes, now: datetime
    ) -> Certified:
        """Certify a box again whose certificate has run out: nonce and request are signed by its old key."""
        key = _key_of(shown)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise WireError("not a certificate of this province")
        try:
            key.verify(signature, nonce + request, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise WireError("nonce and request are not signed by the certificate's key") from error
        return self.renew(shown, request, now)

    def _holder(self, shown: x509.Certificate, now: datetime) -> tuple[Address, str | None]:
        """Return whose certificate this is, and its box. WireError: not ours, void, replaced, too old."""
        address = _named(shown)
        if address.facility.city not in self.province.cities():
            raise WireError("not a certificate of this province")
        given = self._given(self.province.city(address.facility.city), address.node)
        mine = next((each for each in given if each.serial == shown.serial_number), None)
        if mine is None or mine.certificate() != shown:
            raise WireError("not a certificate of this province")
        if mine.revoked_at is not None:
            raise WireError(f"revoked: {mine.reason}; enrol the box anew")
        later = [each for each in given if each.issued_at > mine.issued_at and each.revoked_at is None]
        if now > mine.expires_at and later:
            raise WireError("replaced: a newer certificate was given for this node")
        if now > mine.expires_at + GRACE:
            raise WireError(f"ran out on {mine.expires_at.date()}, too long ago: enrol the box anew")
        return address, mine.box

    @staticmethod
    def _given(folder: Folder, node: str) -> list[Given]:
        with folder.ledger() as ledger:
            return ledger.of(node)


def read_shown(pem: bytes) -> x509.Certificate:
    """Return the certificate that a box shows. WireError if it is none."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except Exception as error:  # the parser raises what it likes
        raise WireError("not a certificate") from error


def _key_of(shown: x509.Certificate) -> object:
    try:
        return shown.public_key()
    except Exception as error:  # as above, for a key of a kind that it does not know
        raise WireError("not a certificate of this province") from error


def _named(shown: x509.Certificate) -> Address:
    try:
        names, name = dns_names(shown), common_name(shown)
    except Exception as error:  # as above, for names that are none, or not one
        raise WireError("not a device's certificate") from error
    address = address_of(names[0]) if len(names) == 1 else None
    if address is None or name != address.node:
        raise WireError("not a device's certificate")
    return address


def renewal_due(certificate: x509.Certificate, jitter: float) -> datetime:
    """Return when to renew: after half of its life, and up to a tenth of it later by `jitter` (0 to 1)."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (start + (end - start) * (0.5 + 0.1 * jitter)).astimezone(UTC)
