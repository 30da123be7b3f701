"""What the office states to boxes: their floor, and the deny list, signed by the authority of the services.

One signature is enough: both only take rights away. No list closes or opens a gate, and no floor holds a
box back from closing.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cryptography import x509

from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.folder import pem, write
from sotdae_provisioning.pki.office import GRACE
from sotdae_provisioning.pki.province import Province
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.floor import PARTS, Floor
from sotdae_shared.identity import PROVINCE
from sotdae_shared.ids import FacilityId
from sotdae_shared.sealed import Statement, seal, unseal

FILE = "deny.json"
ANEW = timedelta(days=1)
"""The office signs the list anew after a day: boxes take one of up to seven."""
_DENY = "deny"


def raise_floor(province: Province, scope: str, parts: dict[str, int]) -> None:
    """Raise parts of the floor of a facility, a city (its code) or ``GG``. ConfigError if one would fall."""
    with province.services.ledger() as ledger:
        for part, value in parts.items():
            ledger.raise_number(_name(part, scope), value)


def floor_of(province: Province, facility: FacilityId, now: datetime) -> Floor:
    """Return the floor of a facility: each part by the narrowest scope that has one."""
    parts = {}
    with province.services.ledger() as ledger:
        for part in (part for part in PARTS if part != _DENY):
            numbers = (ledger.number(_name(part, scope)) for scope in (facility, facility.city, PROVINCE))
            parts[part] = next((number for number in numbers if number is not None), 0)
        parts[_DENY] = ledger.number(_DENY) or 0
    return Floor(facility=facility, issued_at=now.replace(microsecond=0), **parts)


def stated_floor(province: Province, facility: FacilityId, passphrase: str | None, now: datetime) -> bytes:
    """Return the signed file of a facility's floor."""
    return _sealed(province, floor_of(province, facility, now), passphrase)


def publish_deny_list(province: Province, passphrase: str | None, now: datetime) -> bytes:
    """Write the deny list anew, under the next version, and return its file."""
    with _alone(province):
        keys: list[str] = []
        nodes, serials = _void(province, now)
        with province.services.ledger() as ledger:
            keys = ledger.denied_keys()
            version = ledger.next_number(_DENY)
        stated = DenyList(
            version=version, issued_at=now.replace(microsecond=0), nodes=nodes, serials=serials, keys=keys
        )
        raw = _sealed(province, stated, passphrase)
        write(province.path / FILE, raw)
    return raw


def deny_list(province: Province, passphrase: str | None, now: datetime) -> bytes:
    """Return the deny list's file as it was last published; anew where that is a day old, or not ours."""
    try:
        raw = (province.path / FILE).read_bytes()
        stated = unseal(DenyList, raw, province.trust())
    except (OSError, WireError):
        return publish_deny_list(province, passphrase, now)
    fresh = timedelta(0) <= now - stated.issued_at < ANEW
    return raw if fresh else publish_deny_list(province, passphrase, now)


def _void(province: Province, now: datetime) -> tuple[list[str], list[str]]:
    """Return the names of boxes that were struck off, and the serials that could still be shown."""
    struck: dict[str, bool] = {}
    serials = []
    for folder in (province.services, *(province.city(code) for code in province.cities())):
        with folder.ledger() as ledger:
            given = [each for each in ledger.all() if now < each.expires_at + GRACE]
        serials += [f"{each.serial:x}" for each in given if each.revoked_at is not None]
        for each in given:
            names = dns_names(x509.load_pem_x509_certificate(each.pem.encode()))
            struck |= dict.fromkeys(names[:1], each.revoked_at is not None)
    return sorted(name for name, void in struck.items() if void), sorted(serials)


def _sealed(province: Province, statement: Statement, passphrase: str | None) -> bytes:
    signer = province.services.issuer(passphrase)
    own, above = x509.load_pem_x509_certificates(province.services.chain())
    if own != signer.certificate:
        raise ConfigError(str(province.services.path), ["its chain does not begin with its certificate"])
    return seal(statement, signer.key, (pem(own).decode(), pem(above).decode()))


def _name(part: str, scope: str) -> str:
    return f"floor.{part}.{scope}"


@contextmanager
def _alone(province: Province) -> Iterator[None]:
    """One writer at a time: a list under a lower number must not come to lie over a higher one."""
    descriptor = os.open(province.path / f".{FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
