"""Who a node and a box are already, by the ledgers: nobody gets a second identity by mistake."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.ledger import Given, Ledger
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.identity import identity_of
from sotdae_shared.topics import Address

LOCK = ".enrolling.lock"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whose papers hold in other cities: a node's name and a box are known once in the province."""

    nodes: dict[str, str]
    """City by node."""
    boxes: dict[str, str]
    """Node by box."""

    @classmethod
    def of(cls, province: Province, city: str, now: datetime) -> "Elsewhere":
        """Read the ledgers of every city but one."""
        nodes: dict[str, str] = {}
        boxes: dict[str, str] = {}
        for code in province.cities():
            if code != city:
                with province.city(code).ledger() as ledger:
                    holding = [each for each in ledger.all() if holds(each, now)]
                nodes |= {each.name: code for each in holding}
                boxes |= {each.box: each.name for each in holding if each.box is not None}
        return cls(nodes, boxes)


def holds(given: Given, now: datetime) -> bool:
    """Whether a certificate is neither void nor run out."""
    return given.revoked_at is None and now < given.expires_at


def standing(
    ledger: Ledger, elsewhere: Elsewhere, address: Address, box: str, now: datetime, *, again: bool = False
) -> Given | None:
    """Return the newest papers that this box holds as this node; None if it has none.

    With `again` papers of the node count as this box's whatever serial number was noted for them.

    Raises:
        WireError: if the node is another box, or the box another node: what must be done first.
    """
    node = address.node
    if node in elsewhere.nodes:
        raise WireError(f"{node} is a node of city {elsewhere.nodes[node]}: choose another name")
    other = elsewhere.boxes.get(box) or _another_name(ledger, node, box, now)
    if other is not None:
        raise WireError(f"box {box} is {other} already: strike that off first (sotdae device revoke {other})")
    mine = None
    for each in ledger.of(node):
        if holds(each, now):
            _same(each, address, each.box if again else box)
            mine = each
    return mine


def _another_name(ledger: Ledger, node: str, box: str, now: datetime) -> str | None:
    return next((each.name for each in ledger.of_box(box) if holds(each, now) and each.name != node), None)


def free_for(province: Province, address: Address, box: str, now: datetime, *, again: bool) -> None:
    """Check that a code may be given. ConfigError, WireError: a living box is this node, or this box another.

    A code for the box that is the node already is fine: it may have lost its papers.
    """
    city = address.facility.city
    folder = province.city(city)
    folder.certificate()
    with folder.ledger() as ledger:
        standing(ledger, Elsewhere.of(province, city, now), address, box, now, again=again)


def _same(given: Given, address: Address, box: str | None) -> None:
    if identity_of(address) not in dns_names(x509.load_pem_x509_certificate(given.pem.encode())):
        raise WireError(f"{address.node} is a node of another facility: choose another name")
    if given.box != box:
        held = f"box {given.box}" if given.box else "a box whose serial number nobody noted"
        remedy = f"sotdae device replace {address.node} --serial {box}"
        raise WireError(f"{address.node} is {held}: {remedy}; if it is this box, sotdae device code --again")


@contextmanager
def alone(province: Province) -> Iterator[None]:
    """Keep others from giving out identities meanwhile: a list, or a single code.

    Raises:
        LinkError: if somebody does.
        ConfigError: if no authority is here.
    """
    province.root.certificate()
    descriptor = os.open(province.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LinkError("another command gives out codes or papers here; wait for its end") from error
        yield
    finally:
        os.close(descriptor)
