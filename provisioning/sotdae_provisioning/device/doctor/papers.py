"""The box's papers: whether they are there, whole, its own, and in time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sotdae_edge.config import TlsConfig
from sotdae_provisioning.device.doctor.finding import Finding, found
from sotdae_provisioning.device.fleet import LATE
from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.office import renewal_due
from sotdae_shared.identity import identity_of
from sotdae_shared.topics import Address


@dataclass(frozen=True, slots=True)
class Papers:
    """What lies in the three files. Of the key only its mode and whether it fits is kept."""

    files: TlsConfig
    faults: list[Finding] = field(default_factory=list)
    """What could not be read at all."""
    own: x509.Certificate | None = None
    above: tuple[x509.Certificate, ...] = ()
    root: x509.Certificate | None = None
    key_open: bool = False
    key_fits: bool | None = None


def gather(files: TlsConfig) -> Papers:
    """Read the files."""
    faults: list[Finding] = []
    chain = _certificates(files.chain, faults)
    roots = _certificates(files.trust, faults)
    key_open, key_fits = _key(files.key, chain[0] if chain else None, faults)
    return Papers(
        files, faults, chain[0] if chain else None, tuple(chain[1:]), roots[0] if roots else None, key_open,
        key_fits,
    )  # fmt: skip


def _certificates(path: Path, faults: list[Finding]) -> list[x509.Certificate]:
    raw = _read(path, faults)
    if raw is None:
        return []
    try:
        return x509.load_pem_x509_certificates(raw)
    except ValueError:
        faults.append(found("papers.broken", path=path, why="no certificate in it"))
        return []


def _key(path: Path, own: x509.Certificate | None, faults: list[Finding]) -> tuple[bool, bool | None]:
    raw = _read(path, faults)
    if raw is None:
        return False, None
    try:
        public = load_pem_private_key(raw, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = f"no key without a passphrase ({type(error).__name__})"
        faults.append(found("papers.broken", path=path, why=why))
        return False, None
    return bool(path.stat().st_mode & 0o077), None if own is None else own.public_key() == public


def _read(path: Path, faults: list[Finding]) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        faults.append(found("papers.absent", path=path, why=error.strerror or error))
        return None


def judge(papers: Papers, address: Address, file: Path, now: datetime) -> Iterator[Finding]:
    """Say what is wrong with a box's papers now."""
    files, own = papers.files, papers.own
    yield from papers.faults
    if papers.key_open:
        yield found("papers.key_open", path=files.key)
    if papers.key_fits is False:
        yield found("papers.key_other", path=files.key)
    if own is None:
        return
    named = ", ".join(dns_names(own)) or "nobody"
    if named != identity_of(address):
        yield found("papers.other_box", named=named, wanted=identity_of(address), file=file)
    if papers.root is not None and not _reaches(own, papers.above, papers.root):
        yield found("papers.chain", trust=files.trust)
    yield from _in_time(own, files.chain.parent.parent, now)


def _in_time(own: x509.Certificate, papers: Path, now: datetime) -> Iterator[Finding]:
    since, until = own.not_valid_before_utc, own.not_valid_after_utc
    due = renewal_due(own, 1.0)
    if now < since:
        yield found("papers.early", since=f"{since:%Y-%m-%d}", now=f"{now:%Y-%m-%d %H:%M}")
    elif now >= until:
        yield found("papers.expired", until=f"{until:%Y-%m-%d}", papers=papers)
    elif now >= due + LATE:
        yield found("papers.late", due=f"{due:%Y-%m-%d}", until=f"{until:%Y-%m-%d}", papers=papers)


def _reaches(own: x509.Certificate, above: tuple[x509.Certificate, ...], root: x509.Certificate) -> bool:
    """Whether each stands below the next, up to the root; times are judged apart."""
    chain = [own, *above, root]
    try:
        for lower, upper in zip(chain, [*chain[1:], root], strict=True):
            lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
