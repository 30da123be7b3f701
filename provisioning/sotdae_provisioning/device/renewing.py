"""A box keeps its papers by itself: renews them when they are due or have run out, hears what is stated.

Nothing here is needed to close a gate. What fails is told once and tried again, so that a box that was cut
off for months, or began in 1970, comes back with no hands.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from sotdae_provisioning.device.client import Office
from sotdae_provisioning.device.papers import CURRENT, Papers
from sotdae_provisioning.device.statements import struck_off, take_deny_list, take_floor
from sotdae_provisioning.pki.certificates import dns_names
from sotdae_provisioning.pki.office import renewal_due
from sotdae_shared.backoff import Backoff
from sotdae_shared.errors import ConfigError, SotdaeError
from sotdae_shared.floor import Floor
from sotdae_shared.identity import address_of
from sotdae_shared.topics import Address

OFFICE = "office"
"""The file that says where the office was."""


def office_of(papers: Papers, url: str | None) -> Office:
    """Return the office of a box, at its address or another. ConfigError if neither is known."""
    try:
        where = url or (papers.path / OFFICE).read_text(encoding="utf-8").strip()
        return Office(where, (papers.path / CURRENT / "root.pem").read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(papers.path), [f"{error}; enrol first, or give --office"]) from error


def due_at(papers: Papers) -> datetime:
    """Return when the papers in use want to be renewed: each box at its own time."""
    certificate = papers.certificate()
    return renewal_due(certificate, certificate.serial_number % 1000 / 1000)


def address_in(certificate: x509.Certificate) -> Address:
    """Return the node that a certificate names. ConfigError if it is no box's."""
    found = address_of(next(iter(dns_names(certificate)), ""))
    if found is None:
        raise ConfigError("papers", ["these are no box's papers"])
    return found


def hear(papers: Papers, office: Office) -> str:
    """Take the floor and the deny list of now, and return them in words. LinkError, WireError: why not."""
    address = address_in(papers.certificate())
    floor = take_floor(papers, office.floor(address.facility), address)
    denied = take_deny_list(papers, office.deny_list())
    return f"{said(floor)}; deny list {denied.version}"


def said(floor: Floor) -> str:
    """Return a floor in words."""
    return f"floor: policy {floor.policy}, site {floor.site}, roster {floor.roster}"


@dataclass(slots=True)
class Renewing:
    """Looks after one box's papers until it is told to end."""

    papers: Papers
    url: str | None
    now: Callable[[], datetime]
    ended: Callable[[float], bool]
    """Waits so many seconds; tells whether to end."""
    tell: Callable[[str], None]
    every_s: float
    rng: random.Random
    _said: str = ""

    def run(self) -> None:
        """Look after the papers, at once and then every so often; soon again while something fails."""
        backoff = Backoff(self.rng, first_s=1.0, base_s=1.0, cap_s=min(900.0, self.every_s), floor=0.5)
        while True:
            try:
                self._say(self.once())
            except (SotdaeError, OSError) as error:
                self._say(str(error))
                wait_s = backoff.wait_s()
            except Exception as error:  # noqa: BLE001 - of damaged bytes a parser raises what it likes
                self._say(f"papers: {type(error).__name__}: {error}")
                wait_s = backoff.wait_s()
            else:
                backoff.reset()
                wait_s = self.every_s
            if self.ended(wait_s):
                return

    def once(self) -> str:
        """Renew if it is due, take what is stated, and say how it stands."""
        office, now = office_of(self.papers, self.url), self.now()
        if now >= due_at(self.papers):
            office.renew(self.papers, now)
        until = self.papers.certificate().not_valid_after_utc
        heard = hear(self.papers, office)
        return f"{struck_off(self.papers) or f'papers until {until.date()}'}; {heard}"

    def _say(self, text: str) -> None:
        if text != self._said:
            self.tell(text)
        self._said = text
