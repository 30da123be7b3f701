"""What the office states to boxes: their floor, and the deny list, signed by the authority of the services.

One signature is enough: both only take rights away. No list closes or opens a gate, and no floor holds a
box back from closing.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cryptography import x509

from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.folder import pem, write
from sotdae_provisioning.pki.ledger import Ledger
from sotdae_provisioning.pki.office import GRACE
from sotdae_provisioning.pki.province import Province
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.floor import PARTS, Floor
from sotdae_shared.identity import PROVINCE, no_scope
from sotdae_shared.ids import FacilityId
from sotdae_shared.sealed import seal, unseal
from sotdae_shared.statement import Statement

DENY_FILE = "deny.json"
ANEW = timedelta(days=1)
"""The office signs the list anew after a day: boxes take one of up to seven."""
_DENY = "deny"


def raise_floor(province: Province, scope: str, parts: dict[str, int]) -> None:
    """Raise parts of the floor of a facility, a city (its code) or ``GG``.

    Raises:
        WireError: if the scope is none of these.
        ConfigError: if a part would fall; those named before it are kept.
    """
    _must_be(scope)
    with province.services.ledger() as ledger:
        for part, value in parts.items():
            ledger.raise_number(_name(part, scope), value)


def _must_be(scope: str) -> None:
    if (reason := no_scope(scope)) is not None:
        raise WireError(f"scope {scope[:40]!r}: {reason}")


def floor_shown(province: Province, scope: str) -> dict[str, tuple[int, str] | None]:
    """Return each part of the floor that holds at a scope, and for which scope it was stated; None: no one.

    Raises:
        WireError: if the scope is neither a facility, a city's code nor ``GG``.
    """
    _must_be(scope)
    city = [] if scope == PROVINCE or scope.isdigit() else [FacilityId(scope).city]
    scopes = list(dict.fromkeys([scope, *city, PROVINCE]))
    with province.services.ledger() as ledger:
        return {part: _stated_for(ledger, part, scopes) for part in PARTS if part != _DENY}


def _stated_for(ledger: Ledger, part: str, scopes: Iterable[str]) -> tuple[int, str] | None:
    numbers = ((ledger.number(_name(part, scope)), scope) for scope in scopes)
    return next(((number, scope) for number, scope in numbers if number is not None), None)


def floor_of(province: Province, facility: FacilityId, now: datetime) -> Floor:
    """Return the floor of a facility: each part by the narrowest scope that has one."""
    parts = {}
    with province.services.ledger() as ledger:
        for part in (part for part in PARTS if part != _DENY):
            found = _stated_for(ledger, part, (facility, facility.city, PROVINCE))
            parts[part] = 0 if found is None else found[0]
        parts[_DENY] = ledger.number(_DENY) or 0
    return Floor(facility=facility, issued_at=now.replace(microsecond=0), **parts)


def stated_floor(province: Province, facility: FacilityId, passphrase: str | None, now: datetime) -> bytes:
    """Return the signed file of a facility's floor."""
    return stated(province, floor_of(province, facility, now), passphrase)


def deny_keys(province: Province, keys: list[str], reason: str, now: datetime) -> None:
    """Note that people's keys, by their public halves, count no more; the next list says so."""
    with province.services.ledger() as ledger:
        for public in keys:
            ledger.deny_key(public, reason, now)


def publish_deny_list(province: Province, passphrase: str | None, now: datetime) -> bytes:
    """Write the deny list anew, under the next version, and return its file."""
    with _alone(province):
        nodes, serials = _void(province, now)
        with province.services.ledger() as ledger:
            keys = ledger.denied_keys()
            version = ledger.next_number(_DENY)
        listed = DenyList(
            version=version, issued_at=now.replace(microsecond=0), nodes=nodes, serials=serials, keys=keys
        )
        raw = stated(province, listed, passphrase)
        write(province.path / DENY_FILE, raw)
    return raw


def deny_list(province: Province, passphrase: str | None, now: datetime) -> bytes:
    """Return the deny list's file as it was last published; anew where that is a day old or does not hold."""
    with province.services.ledger() as ledger:
        newest = ledger.number(_DENY)
    try:
        raw = (province.path / DENY_FILE).read_bytes()
        listed = unseal(DenyList, raw, province.trust())
    except (OSError, WireError):
        return publish_deny_list(province, passphrase, now)
    fresh = listed.version == newest and timedelta(0) <= now - listed.issued_at < ANEW
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
            names = dns_names(each.certificate())
            struck |= dict.fromkeys(names[:1], each.revoked_at is not None)
    return sorted(name for name, void in struck.items() if void), sorted(serials)


def stated(province: Province, statement: Statement, passphrase: str | None) -> bytes:
    """Return the signed file of a statement."""
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
    descriptor = os.open(province.path / f".{DENY_FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
