"""Many boxes at once: tickets for the installers, or papers for requests that came by file.

Every step can be cut short and done again: the ledger says who has papers already, so that no box gets a
second identity, and what was written stays as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sotdae_provisioning.device.parcels import ANSWERED, Answered, Asked
from sotdae_provisioning.device.rows import Bad, Row
from sotdae_provisioning.device.standing import Elsewhere, standing
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.pki.certificates import Issuer, PublicKey, key_sha256, requested
from sotdae_provisioning.pki.codes import Codes, Grant
from sotdae_provisioning.pki.folder import Folder, pem, write
from sotdae_provisioning.pki.province import Province, device_leaf
from sotdae_provisioning.pki.statements import deny_list, stated_floor
from sotdae_shared.errors import WireError

BATCH = 100
"""Boxes whose papers or codes become durable together."""
TICKETS = "tickets"
State = Literal["given", "kept", "enrolled"]


@dataclass(frozen=True, slots=True)
class Done:
    """One box: something new was given, what it had was kept, or it has enrolled already."""

    row: Row
    state: State
    until: datetime | None = None
    """When the code that is out for it ends; None for papers."""
    unchecked: bool = False
    """Whether its papers are for a key that was compared with nothing."""


Outcome = Done | Bad


@dataclass(frozen=True, slots=True)
class Tickets:
    """Gives one-time codes and keeps each as a ticket in a file of its own, readable by its owner only."""

    province: Province
    office: str
    out: Path
    life: timedelta
    choose: Callable[[str], str]
    """Draws a letter of a code."""

    def give(self, rows: Sequence[Row], now: datetime) -> Iterator[Outcome]:
        """Give each box its ticket, unless it has one that is good, or has enrolled."""
        (self.out / TICKETS).mkdir(parents=True, exist_ok=True, mode=0o700)
        codes = Codes(self.province.path / "codes.db")
        root = self.province.root.certificate().fingerprint(hashes.SHA256()).hex()
        for folder, elsewhere, batch in _batches(self.province, rows, now):
            wanting = []
            with folder.ledger() as ledger:
                for row in batch:
                    try:
                        held = standing(ledger, elsewhere, row.address, row.serial, now)
                    except WireError as error:
                        yield _bad(row, error)
                        continue
                    if held is not None:
                        self.file(row).unlink(missing_ok=True)
                        yield Done(row, "enrolled")
                    elif (grant := self._good(codes, row, now)) is not None:
                        yield Done(row, "kept", grant.until)
                    else:
                        wanting.append(row)
            grants = [Grant(row.address, row.serial, now + self.life) for row in wanting]
            drawn = codes.give_all(grants, self.choose)
            for row, grant, code in zip(wanting, grants, drawn, strict=True):
                ticket = Ticket(self.office, row.address, code, root)
                write(self.file(row), f"{ticket.text()}\n".encode(), 0o600)
                yield Done(row, "given", grant.until)

    def file(self, row: Row) -> Path:
        """Where the ticket of a box is."""
        return self.out / TICKETS / f"{row.address.node}.txt"

    def _good(self, codes: Codes, row: Row, now: datetime) -> Grant | None:
        try:
            ticket = Ticket.read(self.file(row).read_text(encoding="utf-8").strip())
        except (OSError, ValueError, WireError):
            return None
        grant = codes.grant_of(row.address.node, ticket.code, now)
        if grant is None or (grant.address, grant.serial) != (row.address, row.serial):
            return None
        return grant if ticket.office == self.office else None


@dataclass(frozen=True, slots=True)
class Certifying:
    """Certifies requests that came by file, and writes what each box takes home."""

    province: Province
    out: Path
    passphrase: str | None = field(repr=False)
    unchecked: bool = False
    """Whether a request counts whose key nobody compared with what the box showed."""

    def answer(self, rows: Sequence[Row], asked: dict[Row, Path], now: datetime) -> Iterator[Outcome]:
        """Answer the requests of these boxes; one that was answered before gets the same again."""
        self.out.mkdir(parents=True, exist_ok=True)
        denied = deny_list(self.province, self.passphrase, now)
        for folder, elsewhere, batch in _batches(self.province, rows, now):
            issuer = folder.issuer(self.passphrase)
            found: list[tuple[Outcome, Row, x509.Certificate | None]] = []
            with folder.ledger() as ledger, ledger.adding() as note:
                for row in batch:
                    try:
                        public = self._key_asked(asked[row], row)
                        held = standing(ledger, elsewhere, row.address, row.serial, now)
                        made = _made(row, public, None if held is None else held.pem, issuer, now)
                    except WireError as error:
                        found.append((_bad(row, error), row, None))
                        continue
                    if held is None:
                        note(made, now, row.serial)
                    state: State = "given" if held is None else "kept"
                    found.append((Done(row, state, unchecked=row.key is None), row, made))
            for outcome, row, certificate in found:
                if certificate is not None and not self._stands(row, certificate, denied):
                    self._write(row, certificate, folder, denied, now)
                yield outcome

    def file(self, row: Row) -> Path:
        """Where the answer to a box is."""
        return self.out / f"{row.address.node}{ANSWERED}"

    def _key_asked(self, path: Path, row: Row) -> PublicKey:
        """Return the key that a request is for. WireError if it is not the one that the box showed."""
        public, _ = requested(_read(path, row))
        if row.key is None and not self.unchecked:
            raise WireError("no key to compare with: write the one that the box showed in the column key")
        if row.key not in (None, key_sha256(public).hex()):
            raise WireError("its key is not the one that the box showed: was it swapped?")
        return public

    def _stands(self, row: Row, certificate: x509.Certificate, denied: bytes) -> bool:
        """Whether the answer lies there whole already, with the deny list of now."""
        try:
            answer = Answered.read(self.file(row).read_bytes())
        except (OSError, WireError):
            return False
        return answer.chain.encode().startswith(pem(certificate)) and answer.deny.encode() == denied

    def _write(
        self, row: Row, certificate: x509.Certificate, folder: Folder, denied: bytes, now: datetime
    ) -> None:
        floor = stated_floor(self.province, row.address.facility, self.passphrase, now)
        answer = Answered(
            facility=str(row.address.facility), node=row.address.node, serial=row.serial,
            chain=(pem(certificate) + folder.chain()).decode(), root=self.province.trust().decode(),
            floor=floor.decode(), deny=denied.decode(),
        )  # fmt: skip
        write(self.file(row), answer.raw())


def requests_in(files: Iterable[Path], rows: Sequence[Row]) -> tuple[dict[Row, Path], list[Bad]]:
    """Return which file is whose request; what is no request, or of no box of the list, is a bad row."""
    wanted = {(str(row.address.facility), row.address.node, row.serial): row for row in rows}
    found: dict[Row, Path] = {}
    bad: list[Bad] = []
    for path in sorted(files):
        cells = {"name": path.name}
        try:
            asked = Asked.read(path.read_bytes())
            row = wanted.get((asked.facility, asked.node, asked.serial))
            if row is None:
                cells |= {"facility": asked.facility, "node": asked.node, "serial": asked.serial}
                raise WireError("a request of a box that is not on the list")
            if row in found:
                raise WireError(f"a second request of {asked.node}: {found[row].name} is the first")
            found[row] = path
        except (WireError, OSError) as error:
            bad.append(Bad(0, cells, str(error)))
    return found, bad


def _batches(
    province: Province, rows: Sequence[Row], now: datetime
) -> Iterator[tuple[Folder, Elsewhere, Sequence[Row]]]:
    by_city: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_city[row.address.facility.city].append(row)
    for code, mine in by_city.items():
        folder, elsewhere = province.city(code), Elsewhere.of(province, code, now)
        for at in range(0, len(mine), BATCH):
            yield folder, elsewhere, mine[at : at + BATCH]


def known(province: Province, rows: Iterable[Row]) -> tuple[list[Row], list[Bad]]:
    """Return the boxes whose city has an authority here, and the others."""
    cities, good, bad = set(province.cities()), [], []
    for row in rows:
        city = row.address.facility.city
        if city in cities:
            good.append(row)
        else:
            bad.append(_bad(row, f"city {city} has no authority here: sotdae ca city {city}"))
    return good, bad


def _made(row: Row, public: PublicKey, held: str | None, issuer: Issuer, now: datetime) -> x509.Certificate:
    if held is None:
        return device_leaf(row.address, public, issuer, now)
    certificate = x509.load_pem_x509_certificate(held.encode())
    if certificate.public_key() != public:
        remedy = f"sotdae device rotate on it, or sotdae device revoke {row.address.node} first"
        raise WireError(f"box {row.serial} has papers for another key: {remedy}")
    return certificate


def _read(path: Path, row: Row) -> bytes:
    try:
        asked = Asked.read(path.read_bytes())
    except OSError as error:
        raise WireError(f"its request cannot be read: {error.strerror}") from error
    if (asked.address, asked.serial) != (row.address, row.serial):
        raise WireError("its request is of another box")
    return asked.request.encode()


def _bad(row: Row, why: object) -> Bad:
    cells = {
        "facility": str(row.address.facility), "node": row.address.node, "serial": row.serial,
        "name": row.name, "key": row.key or "",
    }  # fmt: skip
    return Bad(row.line, cells, str(why))
