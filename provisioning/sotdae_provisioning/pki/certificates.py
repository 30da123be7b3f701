"""Making certificates and revocation lists. Pure: keys, times and serial numbers are given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sotdae_provisioning.pki import lives
from sotdae_shared.errors import WireError

Key = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey
_HASH = hashes.SHA256()


class Role(Enum):
    """What a certificate may be used for."""

    DEVICE = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    SERVICE = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority at work: its certificate and key."""

    certificate: x509.Certificate
    key: Key


@dataclass(frozen=True, slots=True)
class Names:
    """What a certificate says of its holder beside the common name."""

    dns: tuple[str, ...]
    ips: tuple[IPv4Address | IPv6Address, ...] = ()


def new_key() -> Key:
    """Return a fresh ECDSA P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def root(name: str, key: Key, now: datetime) -> x509.Certificate:
    """Return a self-signed root, under which two levels of authorities may stand."""
    subject = _subject(name)
    builder = _begin(subject, subject, key.public_key(), now, lives.ROOT)
    builder = _as_authority(builder, key.public_key(), path_length=2)
    return builder.sign(key, _HASH)


def authority(
    name: str, public: PublicKey, issuer: Issuer, now: datetime, *, life: timedelta, subtree: str | None
) -> x509.Certificate:
    """Return an authority below another. With a `subtree` it may name nothing outside of it.

    Raises:
        WireError: if no authority may stand below the issuer.
    """
    above = issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    if above is None or above < 1:
        raise WireError(f"no authority may stand below {common_name(issuer.certificate)}")
    builder = _begin(_subject(name), issuer.certificate.subject, public, now, life)
    builder = _as_authority(builder, public, path_length=above - 1)
    builder = _issued_by(builder, issuer)
    if subtree is not None:
        builder = builder.add_extension(_constraints(subtree), critical=True)
    return builder.sign(issuer.key, _HASH)


def anchor(certificate: x509.Certificate, key: Key) -> x509.Certificate:
    """Return an authority signed by itself, with all that it may and may not do.

    Mosquitto knows a client by its common name, which name constraints do not cover. A listener that trusts
    only this takes no certificate of another authority, whatever the name.
    """
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
    )
    for extension in certificate.extensions:
        if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, _HASH)


def leaf(
    name: str, names: Names, public: PublicKey, issuer: Issuer, now: datetime, *, role: Role, life: timedelta
) -> x509.Certificate:
    """Return the certificate of a device or a service."""
    entries: list[x509.GeneralName] = [x509.DNSName(dns) for dns in names.dns]
    entries += [x509.IPAddress(ip) for ip in names.ips]
    builder = _begin(_subject(name), issuer.certificate.subject, public, now, life)
    builder = (
        _issued_by(builder, issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(role.value), critical=False)
        .add_extension(x509.SubjectAlternativeName(entries), critical=False)
    )
    return builder.sign(issuer.key, _HASH)


def revocation_list(
    issuer: Issuer, revoked: Iterable[tuple[int, datetime]], number: int, now: datetime
) -> x509.CertificateRevocationList:
    """Return an authority's list of revoked serial numbers, with the list's own rising number."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + lives.CRL)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_key_of(issuer), critical=False)
    )
    for serial, at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, _HASH)


def request(name: str, names: Names, key: Key) -> x509.CertificateSigningRequest:
    """Return what a device sends to be certified; the key stays with it."""
    entries = [x509.DNSName(dns) for dns in names.dns]
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(name))
    return builder.add_extension(x509.SubjectAlternativeName(entries), critical=False).sign(key, _HASH)


def requested(pem_or_der: bytes) -> tuple[PublicKey, Names]:
    """Return the key and names of a signing request, proved to come from the key's holder.

    Raises:
        WireError: if it is no request, its signature does not hold, or its key is not ECDSA P-256.
    """
    try:
        pem = pem_or_der.lstrip().startswith(b"-----BEGIN")
        load = x509.load_pem_x509_csr if pem else x509.load_der_x509_csr
        csr = load(pem_or_der)
        proved = csr.is_signature_valid
        public = csr.public_key()
    except (
        Exception
    ) as error:  # the parser raises what it likes: ValueError, InvalidVersion, UnsupportedAlgorithm
        raise WireError(f"no certificate signing request: {type(error).__name__}") from error
    if not proved:
        raise WireError("the request is not signed by its own key")
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise WireError("the request's key is not ECDSA P-256")
    return public, Names(_dns_of(csr))


def _dns_of(csr: x509.CertificateSigningRequest) -> tuple[str, ...]:
    try:
        names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except (ValueError, x509.DuplicateExtension) as error:
        raise WireError("the request's extensions cannot be read") from error
    return tuple(names.get_values_for_type(x509.DNSName))


def key_sha256(public: PublicKey) -> bytes:
    """Return what names a public key: SHA-256 over its SubjectPublicKeyInfo."""
    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name a certificate was given."""
    (attribute,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attribute.value)


def dns_names(certificate: x509.Certificate) -> Sequence[str]:
    """Return the DNS names of a certificate; none for an authority."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return names.get_values_for_type(x509.DNSName)


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sotdae"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _begin(
    subject: x509.Name, issuer: x509.Name, public: PublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - lives.BACKDATED)
        .not_valid_after(now + life)
    )


def _as_authority(
    builder: x509.CertificateBuilder, public: PublicKey, path_length: int
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )


def _issued_by(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    return builder.add_extension(_key_of(issuer), critical=False)


def _key_of(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    above = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above.value)


def _constraints(subtree: str) -> x509.NameConstraints:
    """DNS and URI names only below the subtree; no addresses at all, for nothing else names a node."""
    return x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(subtree), x509.UniformResourceIdentifier(f".{subtree}")],
        excluded_subtrees=[x509.IPAddress(ip_network("0.0.0.0/0")), x509.IPAddress(ip_network("::/0"))],
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, encipher_only=False, decipher_only=False,
    )  # fmt: skip
