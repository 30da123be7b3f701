"""A ledger or a file of codes that is damaged, foreign or in use is told in words that name the remedy."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from open_files import opened_below
from typer.testing import CliRunner

from sotdae_provisioning.pki.certificates import Names, Role, leaf, new_key, request
from sotdae_provisioning.pki.cli import ca_app
from sotdae_provisioning.pki.codes import Codes, Grant
from sotdae_provisioning.pki.floors import Floors, UnheardError
from sotdae_provisioning.pki.ledger import Ledger
from sotdae_provisioning.pki.office import Office
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import ConfigError, LinkError, WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

NOW = datetime.now(UTC).replace(microsecond=0)
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "ca")
    made.init("Gyeonggi", None, NOW)
    made.add_city("41113", None, NOW)
    made.certify_device(GATE, new_key().public_key(), None, NOW)
    return made


def rewrite(path: Path, *orders: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for order in orders:
            db.execute(order)


BROKEN = {
    "no database": lambda path: path.write_bytes(b"no ledger" * 1000),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "another's": lambda path: rewrite(
        path, "DROP TABLE certificates", "CREATE TABLE certificates (serial TEXT, name TEXT)"
    ),
    "a serial that is none": lambda path: rewrite(path, "UPDATE certificates SET serial = 'xyz'"),
    "a time that is none": lambda path: rewrite(path, "UPDATE certificates SET expires_at = 'soon'"),
    "a certificate that is none": lambda path: rewrite(path, "UPDATE certificates SET pem = 'x'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_ledger_names_itself_and_the_remedy(province: Province, name: str) -> None:
    path = province.city("41113").path / "ledger.db"
    BROKEN[name](path)
    with pytest.raises(ConfigError, match="bring the authority's folder back from a backup"):
        province.nodes(NOW)
    assert opened_below(province.path) == [], "somebody puts the backup there"
    shown = CliRunner().invoke(ca_app, ["deny", "--dir", str(province.path)])
    assert shown.exit_code == 2
    assert "backup" in shown.output


def test_a_ledger_in_use_is_asked_again_later(province: Province) -> None:
    path = province.city("41113").path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other, Ledger(path) as ledger:
        ledger._db.execute("PRAGMA busy_timeout=50")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LinkError, match="locked"):
            ledger.next_number("crl")


@pytest.mark.parametrize(
    "damage", ["pem = 'x'", "pem = CAST(x'ff00fe' AS TEXT)", "expires_at = 'soon'", "serial = 'xyz'"]
)
def test_a_damaged_row_costs_no_other_place_its_floor(
    province: Province, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A row whose certificate can be read still says whose it is; of one that cannot the loss is told."""
    ledger, others = province.city("41113").path / "ledger.db", range(8, 11)
    rewrite(ledger, f"UPDATE certificates SET {damage}")
    floors = Floors(province, None)
    places = [FacilityId(f"GG-41113-UP-{number:04d}") for number in others]
    for place in places:
        province.certify_device(Address(place, f"gate-{place[-2:]}"), new_key().public_key(), None, NOW)
        assert floors.stated(place, NOW)
    unread = damage.startswith("pem")
    for facility in ("GG-41113-UP-0999", "GG-41113-UP-0998"):
        with pytest.raises(UnheardError, match="damaged rows .*: 1" if unread else "has papers here$"):
            floors.stated(FacilityId(facility), NOW)
    if unread:
        with pytest.raises(UnheardError, match="damaged"):
            floors.stated(GATE.facility, NOW)
    else:
        assert floors.stated(GATE.facility, NOW)
    said = [each.getMessage() for each in caplog.records]
    assert [("row 1 of the ledger" in each, "backup" in each) for each in said] == [(True, True)] * unread


@pytest.mark.parametrize("damaged", ["the file", "a time"])
def test_codes_that_cannot_be_had_are_told(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "codes.db"
    codes = Codes(path)
    code = codes.give(Grant(GATE, "SN-1", NOW), lambda _: "A")
    if damaged == "the file":
        path.write_bytes(b"no codes" * 1000)
    else:
        rewrite(path, "UPDATE codes SET until = 'soon'")
    with pytest.raises(LinkError, match="codes cannot be had"):
        codes.take("gate-1", code, b"key", NOW)
    assert opened_below(tmp_path) == []


@pytest.mark.parametrize("names", [(), ("a.example", "b.example"), ("gate-1.up-0007.43113.sotdae.internal",)])
def test_a_certificate_of_nobody_we_know_is_refused_and_not_stumbled_over(
    province: Province, names: tuple[str, ...]
) -> None:
    """Anybody can sign with a certificate of his own making: whatever stands in it is refused in words."""
    office = Office(province, Codes(province.path / "codes.db"), None)
    issuer, key = province.services.issuer(None), new_key()
    life = timedelta(days=1)
    shown = leaf("gate-1", Names(names), key.public_key(), issuer, NOW, role=Role.DEVICE, life=life)
    csr = request("gate-1", Names(()), key).public_bytes(Encoding.DER)
    with pytest.raises(WireError, match=r"not a device's certificate|not a certificate of this province"):
        office.renew(shown, csr, NOW)
