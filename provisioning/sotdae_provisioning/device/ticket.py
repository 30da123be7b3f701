"""What a technician carries to the box: one line, as text and as a QR code."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from sotdae_edge.unseen import asked
from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

START = "sotdae://enrol?"
_FIELDS = ("office", "facility", "node", "code", "root")
_OFFICE = re.compile(r"https://[^/\s:]+(:[0-9]{1,5})?/?|https://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?/?")
_ROOT = re.compile(r"[0-9a-f]{64}")


def office_from(text: str) -> str:
    """Return where an office is, checked. WireError: what is wanted."""
    if _OFFICE.fullmatch(text) is None:
        raise WireError(f"office {text[:60]!r}: want https://host:port")
    return text


def typed() -> str:
    """Return the line as a technician types it, unseen, or from a pipe. ConfigError if nothing comes."""
    return asked("Ticket", "pipe in the line that `sotdae device code` gave").strip()


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where to enrol as what, with which code.

    And the SHA-256 of the root, so that nobody poses as the office.
    """

    office: str
    address: Address
    code: str = field(repr=False)
    root: str

    def text(self) -> str:
        """Return the line."""
        values = (self.office, str(self.address.facility), self.address.node, self.code, self.root)
        return START + urlencode(dict(zip(_FIELDS, values, strict=True)))

    @classmethod
    def read(cls, text: str) -> "Ticket":
        """Return the ticket of a line. WireError if it is none."""
        if not text.startswith(START) or not text.isascii():
            raise WireError(f"no ticket: want {START}...")
        try:
            values = dict(parse_qsl(text.removeprefix(START).strip(), max_num_fields=len(_FIELDS)))
        except ValueError as error:
            raise WireError("no ticket: too many parts") from error
        missing = [name for name in _FIELDS if name not in values]
        if missing:
            raise WireError(f"no whole ticket: {', '.join(missing)} is missing")
        if _ROOT.fullmatch(values["root"]) is None:
            raise WireError("no whole ticket: its end is missing; copy the line once more")
        address = Address(FacilityId(values["facility"]), values["node"])
        return cls(office_from(values["office"]), address, values["code"], values["root"])
