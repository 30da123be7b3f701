"""The office's floors for whoever asks: signed once, and only for places that have papers here."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from cryptography import x509

from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.ledger import DAMAGED
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import ANEW, floor_of, stated
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.floor import Floor
from sotdae_shared.identity import address_of
from sotdae_shared.ids import FacilityId

log = logging.getLogger(__name__)

MOST = 10_000
"""Signed floors that are kept, some 3 kB each."""
LOOKS_PER_S = 10
"""How often in a second a city's ledger is looked through for a place that is not known."""


class UnheardError(WireError):
    """A place that no box has papers for here."""


class CrowdedError(LinkError):
    """Too many ask for places that are not known; a later try may work."""


@dataclass(slots=True)
class _City:
    known: set[FacilityId] = field(default_factory=set)
    seen: int = 0
    """The last row of its ledger that was read."""
    damaged: int = 0
    """Rows that could not be read: whose they are nobody knows."""
    second: datetime | None = None
    looks: int = 0


@dataclass(slots=True)
class Floors:
    """Signed floors, kept for a day or until one changes. Threads may share it."""

    province: Province
    passphrase: str | None = field(repr=False)
    _cities: dict[str, _City] = field(default_factory=dict)
    _signed: dict[FacilityId, tuple[Floor, bytes]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def stated(self, facility: FacilityId, now: datetime) -> bytes:
        """Return the signed file of a facility's floor. Opens a key only where the floor is new.

        Raises:
            UnheardError: if no box of the facility was ever given papers here.
            CrowdedError: if too many asked for such places within this second.
        """
        with self._lock:
            self._must_be_known(facility, now)
            floor, (held, raw) = floor_of(self.province, facility, now), self._signed.get(facility, _NONE)
            if held is not None and _stands(held, floor):
                return raw
            raw = stated(self.province, floor, self.passphrase)
            self._signed.pop(facility, None)
            if len(self._signed) >= MOST:
                del self._signed[next(iter(self._signed))]
            self._signed[facility] = floor, raw
            return raw

    def note(self, certificate: x509.Certificate) -> None:
        """Know a box's place from now on: whoever crowds the office, this box is heard."""
        with self._lock:
            for facility in _places(certificate):
                self._cities.setdefault(facility.city, _City()).known.add(facility)

    def _must_be_known(self, facility: FacilityId, now: datetime) -> None:
        code = facility.city
        city = self._cities.get(code)
        if city is None:
            if code not in self.province.cities():
                raise UnheardError(f"no box of {facility} has papers here")
            city = self._cities[code] = _City()
        if facility in city.known:
            return
        _count_look(city, now)
        with self.province.city(code).ledger() as ledger:
            given = ledger.after(city.seen)
        for row, pem in given:
            city.seen = row
            try:
                city.known.update(_places(x509.load_pem_x509_certificate(pem)))
            except Exception:  # noqa: BLE001 - of damaged bytes the parser raises what it likes
                city.damaged += 1
                log.error("city %s: row %d of the ledger %s", code, row, DAMAGED)
        if facility not in city.known:
            lost = f"; damaged rows in its city's ledger: {city.damaged}" if city.damaged else ""
            raise UnheardError(f"no box of {facility} has papers here{lost}")


_NONE: tuple[None, bytes] = (None, b"")


def _stands(held: Floor, now: Floor) -> bool:
    """Whether what was signed says what is so now, and is not older than a day."""
    same = held == now.model_copy(update={"issued_at": held.issued_at})
    return same and timedelta(0) <= now.issued_at - held.issued_at < ANEW


def _count_look(city: _City, now: datetime) -> None:
    second = now.replace(microsecond=0)
    city.looks = city.looks + 1 if city.second == second else 1
    city.second = second
    if city.looks > LOOKS_PER_S:
        raise CrowdedError("too many ask for places that are not known here; ask again in a moment")


def _places(certificate: x509.Certificate) -> set[FacilityId]:
    found = (address_of(name) for name in dns_names(certificate))
    return {address.facility for address in found if address is not None}
