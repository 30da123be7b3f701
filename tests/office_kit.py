"""A province with its enrolment office running, as tests of boxes need it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from provisioning_kit import Spawned

from sotdae_provisioning.device.client import Office
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.pki.certificates import Names, new_key
from sotdae_provisioning.pki.codes import LIFE, Codes, Grant
from sotdae_provisioning.pki.folder import write, write_key
from sotdae_provisioning.pki.province import Province
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
NAME = "gate-1.up-0007.41113.sotdae.internal"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Ground:
    """A province with its office running."""

    province: Province
    url: str

    @property
    def office(self) -> Office:
        return Office(self.url, self.province.trust())

    def code(self, address: Address = GATE, until: datetime | None = None) -> str:
        grant = Grant(address, "SN-1", until or now() + LIFE)
        letters = iter("ABCDEFGHJKMNPQRSTVWXYZ0123456789")
        return Codes(self.province.path / "codes.db").give(grant, lambda _: next(letters))

    def papers(self, folder: Path, made_at: datetime) -> Papers:
        """Give a box papers as of a time, as an enrolment then would have."""
        papers = Papers(folder)
        made = self.province.certify_device(GATE, papers.begin().public_key(), None, made_at, "SN-1")
        papers.settle([made.certificate, *x509.load_pem_x509_certificates(made.chain)], made.root)
        return papers

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.province.trust().decode())


@contextmanager
def office(base: Path) -> Iterator[Ground]:
    """Make a province of two cities, and serve its office."""
    province = Province(base / "ca")
    province.init("Gyeonggi", None, now() - timedelta(days=800))
    for code in ("41113", "41135"):
        province.add_city(code, None, now() - timedelta(days=800))
    key = new_key()
    made = province.certify_service("office", Names(("localhost",)), key.public_key(), None, now())
    (base / "papers").mkdir()
    write(base / "papers/chain.pem", made.full_chain)
    write_key(base / "papers/key.pem", key, None)
    words = ["ca", "serve", "--dir", str(base / "ca"), "--papers", str(base / "papers"), "--port", "0"]
    with Spawned(words) as office:
        yield Ground(province, f"https://localhost:{office.first['port']}")
