"""The boxes of a province as its ledgers know them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography import x509

from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.codes import Grant
from sotdae_provisioning.pki.ledger import Given
from sotdae_provisioning.pki.office import renewal_due
from sotdae_shared.errors import ConfigError
from sotdae_shared.identity import address_of, identity_of
from sotdae_shared.topics import Address

REPLACED = "replaced by "
"""How the reason begins for a box that got a successor."""
LATE = timedelta(days=7)
"""So long past its time to renew a box has no link, no clock, or nobody who looks after its papers."""


class State(StrEnum):
    """How a box stands."""

    WAITING = "waiting"
    """A code is out; it has not enrolled."""
    ACTIVE = "active"
    DUE = "due"
    """Past half of the life of its papers; it renews by itself."""
    LATE = "late"
    """It should have renewed a week ago."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Box:
    """One node, with the box that is or was it."""

    address: Address
    serial: str | None
    """The maker's number; None where nobody noted it."""
    state: State
    until: datetime
    """End of its newest papers; of its code while it waits."""
    renewed_at: datetime | None
    """When its newest papers were given; None before it has any."""
    reason: str | None
    given: tuple[Given, ...] = ()
    """Every certificate it was given, oldest first."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "facility": str(self.address.facility), "node": self.address.node, "serial": self.serial,
            "state": str(self.state), "until": self.until.isoformat(), "reason": self.reason,
            "renewed_at": None if self.renewed_at is None else self.renewed_at.isoformat(),
            "certificates": len(self.given),
        }  # fmt: skip


def boxes(given: Iterable[Given], waiting: Iterable[Grant], now: datetime) -> list[Box]:
    """Return every box, by facility and node; the newest papers of a name tell how it stands."""
    by_name: dict[str, list[tuple[Given, x509.Certificate]]] = defaultdict(list)
    for each in given:
        certificate = x509.load_pem_x509_certificate(each.pem.encode())
        for name in dns_names(certificate)[:1]:
            by_name[name].append((each, certificate))
    found = {name: box for name, papers in by_name.items() if (box := _box(name, papers, now)) is not None}
    for grant in waiting:
        name = identity_of(grant.address)
        before = found.get(name)
        if before is None or before.state in (State.EXPIRED, State.REVOKED, State.REPLACED):
            history = () if before is None else before.given
            renewed_at = None if before is None else before.renewed_at
            found[name] = Box(
                grant.address, grant.serial, State.WAITING, grant.until, renewed_at, None, history
            )
    return sorted(found.values(), key=lambda box: (box.address.facility, box.address.node))


def _box(name: str, papers: Sequence[tuple[Given, x509.Certificate]], now: datetime) -> Box | None:
    address, (newest, certificate) = address_of(name), papers[-1]
    if address is None:
        return None
    state = _state(newest, certificate, now)
    history = tuple(each for each, _ in papers)
    return Box(address, newest.box, state, newest.expires_at, newest.issued_at, newest.reason, history)


def _state(newest: Given, certificate: x509.Certificate, now: datetime) -> State:
    if newest.revoked_at is not None:
        return State.REPLACED if (newest.reason or "").startswith(REPLACED) else State.REVOKED
    if now >= newest.expires_at:
        return State.EXPIRED
    if now >= renewal_due(certificate, 1.0) + LATE:
        return State.LATE
    own = certificate.serial_number % 1000 / 1000
    return State.DUE if now >= renewal_due(certificate, own) else State.ACTIVE


def found(known: Iterable[Box], who: str) -> Box:
    """Return the box of this node, full name or maker's number. ConfigError if it is none, or several."""
    fitting = [box for box in known if who in (box.address.node, box.serial, identity_of(box.address))]
    if len(fitting) != 1:
        names = ", ".join(identity_of(box.address) for box in fitting)
        raise ConfigError(who, [f"several boxes: {names}" if fitting else "no box of this name or number"])
    return fitting[0]


def successor(node: str, taken: Iterable[str]) -> str:
    """Return a name that was never used, for the box that follows: gate-1, gate-1-2, gate-1-3 ..."""
    used = set(taken)
    names = (f"{node[:44]}-{number}" for number in range(2, 1000))
    return next(name for name in names if name not in used)


def nowadays() -> datetime:
    """Return the time, as ledgers note it."""
    return datetime.now(UTC).replace(microsecond=0)
