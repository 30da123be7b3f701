"""A province's authorities: an offline root, the province below it; below that one for services, one a city.

A city's authority certifies the devices of that city and can name no others: its name constraints say so,
and every TLS library checks them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509

from sotdae_provisioning.pki import lives
from sotdae_provisioning.pki.certificates import (
    Issuer,
    Names,
    PublicKey,
    Role,
    anchor,
    authority,
    dns_names,
    leaf,
    root,
)
from sotdae_provisioning.pki.folder import ANCHOR, Folder, pem, write
from sotdae_shared.cities import city_of
from sotdae_shared.errors import ConfigError
from sotdae_shared.identity import address_of, city_subtree, identity_of, service_of
from sotdae_shared.sealed import SIGNER
from sotdae_shared.topics import Address


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate with what its holder shows and trusts: the chain below the root, and the root."""

    certificate: x509.Certificate
    chain: bytes
    root: bytes

    @property
    def full_chain(self) -> bytes:
        """The certificate and every authority between it and the root, as PEM."""
        return pem(self.certificate) + self.chain


@dataclass(frozen=True, slots=True)
class Province:
    """All authorities of one province, in one folder."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the authorities of a folder. ConfigError if none are there."""
        found = cls(path)
        found.root.certificate()
        return found

    @property
    def root(self) -> Folder:
        """The offline root; its key is needed only to make the province's authority."""
        return Folder(self.path / "root")

    @property
    def province(self) -> Folder:
        """The province's authority: those of cities and services stand below it."""
        return Folder(self.path / "province")

    @property
    def services(self) -> Folder:
        """The authority of the hub's parts and the brokers."""
        return Folder(self.path / "services")

    def city(self, code: str) -> Folder:
        """A city's authority. ConfigError if the code is none of the province's."""
        if city_of(code) is None:
            raise ConfigError(code, ["no city or county of this province has this code"])
        return Folder(self.path / "cities" / code)

    def cities(self) -> list[str]:
        """The codes of the cities that have an authority."""
        return sorted(each.name for each in (self.path / "cities").glob("*") if Folder(each).exists)

    def folders(self) -> list[Folder]:
        """Every authority there is, the root first."""
        found = [self.root, self.province, self.services, *(self.city(code) for code in self.cities())]
        return [folder for folder in found if folder.exists]

    def init(self, name: str, passphrase: str | None, now: datetime) -> None:
        """Make the root and the province's authority. ConfigError if they are there already."""
        key = self.root.make(passphrase)
        certificate = root(f"Sotdae root of {name}", key, now)
        self.root.settle(certificate, b"")
        public = self.province.make(passphrase).public_key()
        below = authority(
            f"Sotdae province {name}",
            public,
            Issuer(certificate, key),
            now,
            life=lives.PROVINCE,
            subtree=None,
        )
        self._note(self.root, below, now)
        self.province.settle(below, b"")
        self._add(self.services, SIGNER, passphrase, now, subtree=None)

    def add_city(self, code: str, passphrase: str | None, now: datetime) -> None:
        """Make a city's authority. ConfigError if it is there already, or the province's key is not."""
        self._add(self.city(code), f"Sotdae city {code}", passphrase, now, subtree=city_subtree(code))

    def _add(
        self, folder: Folder, name: str, passphrase: str | None, now: datetime, *, subtree: str | None
    ) -> None:
        issuer, key = self.province.issuer(passphrase), folder.make(passphrase)
        try:
            below = authority(name, key.public_key(), issuer, now, life=lives.CITY, subtree=subtree)
            self._note(self.province, below, now)
            write(folder.path / ANCHOR, pem(anchor(below, key)))
            folder.settle(below, self.province.chain())
        except BaseException:
            folder.give_up()
            raise

    def certify_device(
        self,
        address: Address,
        public: PublicKey,
        passphrase: str | None,
        now: datetime,
        box: str | None = None,
    ) -> Certified:
        """Certify a node's key by its city's authority. LinkError if the ledger does not take it.

        `box` is the serial number of the box that holds the key, for the ledger.
        """
        folder = self.city(address.facility.city)
        made = device_leaf(address, public, folder.issuer(passphrase), now)
        return self._given(folder, made, now, box)

    def certify_service(
        self, service: str, more: Names, public: PublicKey, passphrase: str | None, now: datetime
    ) -> Certified:
        """Certify a part of the hub, or a broker, with the host names and addresses it answers under."""
        folder = self.services
        issuer, names = folder.issuer(passphrase), Names((service_of(service), *more.dns), more.ips)
        made = leaf(service, names, public, issuer, now, role=Role.SERVICE, life=lives.SERVICE)
        return self._given(folder, made, now)

    def _given(
        self, folder: Folder, made: x509.Certificate, now: datetime, box: str | None = None
    ) -> Certified:
        with folder.ledger() as ledger:
            ledger.add(made, now, box)
        return Certified(made, folder.chain(), self.trust())

    def revoke(self, serial: int, reason: str, now: datetime) -> Folder:
        """Make a certificate void at the authority that gave it. ConfigError if nobody here did."""
        for folder in self.folders():
            with folder.ledger() as ledger:
                if ledger.revoke(serial, reason, now):
                    return folder
        raise ConfigError(f"{serial:x}", ["no authority here gave this certificate"])

    def publish_lists(self, folders: Iterable[Folder], passphrase: str | None, now: datetime) -> list[Path]:
        """Write the revocation lists of these authorities anew."""
        return [folder.publish_list(folder.issuer(passphrase), now) for folder in folders]

    def nodes(self, now: datetime) -> list[Address]:
        """Return the nodes whose newest papers hold: neither void nor run out.

        A box that has renewed has two that have not run out; whoever strikes it off means the box.
        """
        found: dict[Address, bool] = {}
        for code in self.cities():
            with self.city(code).ledger() as ledger:
                given = ledger.all()
            for each in given:
                if now < each.expires_at:
                    names = dns_names(each.certificate())
                    address = address_of(names[0]) if names else None
                    found |= {} if address is None else {address: each.revoked_at is None}
        return [address for address, holds in found.items() if holds]

    def trust(self) -> bytes:
        """Return the root's certificate as PEM: all that anybody needs to trust."""
        return pem(self.root.certificate())

    @staticmethod
    def _note(folder: Folder, certificate: x509.Certificate, now: datetime) -> None:
        with folder.ledger() as ledger:
            ledger.add(certificate, now)


def device_leaf(address: Address, public: PublicKey, issuer: Issuer, now: datetime) -> x509.Certificate:
    """Return a node's certificate; it counts only once a ledger holds it."""
    names = Names((identity_of(address),))
    return leaf(address.node, names, public, issuer, now, role=Role.DEVICE, life=lives.DEVICE)
