"""A box at the enrolment office: EST over TLS (RFC 7030), and renewal with papers that have run out."""

import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.pki.certificates import Names, common_name, dns_names, request
from sotdae_provisioning.pki.folder import pem
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.identity import identity_of
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

TIMEOUT_S = 20.0
TOO_MANY = 429
EST, OWN = "/.well-known/est", "/.well-known/sotdae"


def root_of(url: str, sha256_hex: str) -> bytes:
    """Return the office's root as PEM, if it is the one whose SHA-256 came with the code.

    Raises:
        LinkError: if the office does not answer.
        WireError: if it shows another root, so that somebody poses as it, or the address is none.
    """
    # Nothing is believed yet: what comes is taken only if its hash is right.
    unproved = ssl.create_default_context()
    unproved.check_hostname, unproved.verify_mode = False, ssl.CERT_NONE
    with _client_at(url, unproved) as client:
        answer = Office.ask(client, "GET", f"{EST}/cacerts")
    try:
        found = pkcs7.load_der_pkcs7_certificates(b64decode(answer.content))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WireError("the office's answer holds no certificates") from error
    for each in found:
        if each.fingerprint(hashes.SHA256()).hex() == sha256_hex.lower():
            return pem(each)
    raise WireError("the office does not show the root that came with the code: somebody may pose as it")


@dataclass(frozen=True, slots=True)
class Office:
    """The office as a box knows it: where it is, and the root that it must stand below."""

    url: str
    root: bytes
    """PEM; it came with the code, so that nobody else can pose as the office."""

    def enrol(self, papers: Papers, address: Address, code: str) -> None:
        """Make a key, have it certified by the one-time code, and use it. LinkError, WireError: why not."""
        key = papers.begin()
        csr = request(address.node, Names((identity_of(address),)), key)
        with self._client() as client:
            answer = self.ask(
                client,
                "POST",
                f"{EST}/simpleenroll",
                content=_body(csr),
                auth=(address.node, code),
                headers=_TYPE,
            )
        papers.settle(_certificates(answer), self.root)

    def time(self) -> datetime:
        """Return the office's time of day, cut to a second. LinkError if it does not tell."""
        with self._client() as client:
            told = self.ask(client, "GET", f"{EST}/cacerts").headers.get("Date", "")
        try:
            return parsedate_to_datetime(told)
        except ValueError as error:
            raise LinkError(f"the office does not tell the time: {told[:80]!r}") from error

    def renew(self, papers: Papers, now: datetime) -> None:
        """Have a new key certified by the papers in use, whether or not they have run out."""
        shown, old = papers.certificate(), papers.key()
        csr = request(common_name(shown), Names(tuple(dns_names(shown))), papers.begin())
        if now < shown.not_valid_after_utc:
            with self._client(papers) as client:
                answer = self.ask(client, "POST", f"{EST}/simplereenroll", content=_body(csr), headers=_TYPE)
        else:
            answer = self._renew_late(shown, old, csr)
        papers.settle(_certificates(answer), self.root)

    def _renew_late(
        self, shown: x509.Certificate, old: ec.EllipticCurvePrivateKey, csr: x509.CertificateSigningRequest
    ) -> httpx.Response:
        der = csr.public_bytes(Encoding.DER)
        with self._client() as client:
            nonce = _nonce(self.ask(client, "GET", f"{OWN}/nonce"))
            signature = old.sign(nonce + der, ec.ECDSA(hashes.SHA256()))
            body = {
                "nonce": nonce.hex(), "signature": signature.hex(), "certificate": pem(shown).decode(),
                "request": b64encode(der).decode(),
            }  # fmt: skip
            return self.ask(client, "POST", f"{OWN}/renew", json=body)

    def floor(self, facility: FacilityId) -> bytes:
        """Return the floor of a facility as the office states it. LinkError, WireError: why not."""
        return self._stated(f"{OWN}/floor/{facility}")

    def deny_list(self) -> bytes:
        """Return the deny list as the office states it. LinkError, WireError: why not."""
        return self._stated(f"{OWN}/deny")

    def _stated(self, path: str) -> bytes:
        with self._client() as client:
            return self.ask(client, "GET", path).content

    def _client(self, papers: Papers | None = None) -> httpx.Client:
        context = ssl.create_default_context(cadata=self.root.decode())
        if papers is not None and papers.current is not None:
            context.load_cert_chain(papers.current / "chain.pem", papers.current / "key.pem", password="")
        return _client_at(self.url, context)

    @staticmethod
    def ask(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
        """Return the answer to a request. LinkError: try later; WireError: the office's reason."""
        try:
            answer = client.request(method, path, **more)
        except (httpx.HTTPError, UnicodeError) as error:  # the latter of a name that cannot be one
            raise LinkError(f"the office at {client.base_url} does not answer: {error}") from error
        if answer.status_code >= 500 or answer.status_code == TOO_MANY:
            raise LinkError(f"the office cannot work now: {answer.text[:200]}")
        if answer.status_code != 200:
            raise WireError(f"the office refuses: {answer.text[:200]}")
        return answer


def _client_at(url: str, trust: ssl.SSLContext) -> httpx.Client:
    try:
        return httpx.Client(base_url=url, verify=trust, timeout=TIMEOUT_S)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise WireError(
            f"{url[:80]!r} is no address of an office ({error}): want https://host:port"
        ) from error


_TYPE = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}


def _body(csr: x509.CertificateSigningRequest) -> bytes:
    return b64encode(csr.public_bytes(Encoding.DER))


def _nonce(answer: httpx.Response) -> bytes:
    """Return the nonce of an answer. WireError if it has none."""
    try:
        return bytes.fromhex(answer.json()["nonce"])
    except (ValueError, TypeError, KeyError) as error:
        raise WireError("the office's answer holds no nonce") from error


def _certificates(answer: httpx.Response) -> list[x509.Certificate]:
    """Return the certificates of an answer, the holder's first. WireError if it has none."""
    try:
        found = pkcs7.load_der_pkcs7_certificates(b64decode(answer.content))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WireError("the office's answer holds no certificates") from error
    own = [each for each in found if dns_names(each)]
    above = [each for each in found if not dns_names(each)]
    if len(own) != 1:
        raise WireError("the office's answer holds no certificate for us")
    return [*own, *_upwards(own[0], above)]


def _upwards(lowest: x509.Certificate, others: list[x509.Certificate]) -> list[x509.Certificate]:
    """Return the authorities in the order in which TLS shows them: PKCS 7 keeps none."""
    by_name = {each.subject: each for each in others if each.subject != each.issuer}
    found, issuer = [], lowest.issuer
    while issuer in by_name:
        found.append(by_name.pop(issuer))
        issuer = found[-1].issuer
    return found
