"""Files of the authorities and of a box's papers that were lost or damaged: told, and never made over."""

import base64
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from office_kit import GATE, Ground, now, office

from sotdae_provisioning.device.client import _nonce
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.renewing import Renewing
from sotdae_provisioning.pki.folder import CERTIFICATE, CHAIN, KEY, LEDGER
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import DENY_FILE
from sotdae_shared.errors import ConfigError, LinkError, WireError

EST, OWN = "/.well-known/est", "/.well-known/sotdae"


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "ca")
    made.init("Gyeonggi", None, now())
    made.add_city(GATE.facility.city, None, now())
    return made


def no_version(certificate: x509.Certificate) -> bytes:
    """Return a certificate whose version was damaged: the library's own error for it is no ValueError."""
    der = certificate.public_bytes(Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x17", 1)
    lines = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("in_a_safe", [False, True])
def test_no_key_is_made_over_an_authority_whose_certificate_is_gone(
    province: Province, in_a_safe: bool
) -> None:
    key = province.root.path / KEY
    before = key.read_bytes()
    (province.root.path / CERTIFICATE).unlink()
    if in_a_safe:
        key.unlink()
    with pytest.raises(ConfigError, match=r"root/cert.pem: is gone, but other files .* from a backup"):
        province.init("Gyeonggi", None, now())
    assert (key.exists(), in_a_safe or key.read_bytes() == before) == (not in_a_safe, True)
    with pytest.raises(ConfigError, match=r"root/cert.pem: is gone"):
        Province.at(province.path)


@pytest.mark.parametrize("name", [CERTIFICATE, CHAIN])
@pytest.mark.parametrize("damage", ["empty", "half", "version", "folder"])
def test_a_damaged_file_of_an_authority_is_named_with_what_mends_it(
    province: Province, name: str, damage: str
) -> None:
    file = province.services.path / name
    raw = {"empty": b"", "half": file.read_bytes()[:300], "version": no_version(province.root.certificate())}
    file.unlink()
    if damage == "folder":
        file.mkdir()
    else:
        file.write_bytes(raw[damage])
    read = province.services.certificate if name == CERTIFICATE else province.services.chain
    mend = (
        "cannot be read: Is a directory" if damage == "folder" else "is damaged: bring it back from a backup"
    )
    with pytest.raises(ConfigError, match=rf"services/{name}: {mend}"):
        read()


def test_a_city_that_the_ledger_did_not_take_is_made_by_the_next_try(province: Province) -> None:
    with closing(sqlite3.connect(province.province.path / LEDGER)) as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON certificates BEGIN SELECT RAISE(FAIL, 'full'); END")
        db.commit()
        with pytest.raises(LinkError):
            province.add_city("41135", None, now())
        db.execute("DROP TRIGGER full")
        db.commit()
    province.add_city("41135", None, now())
    assert province.city("41135").certificate() is not None


def test_an_office_whose_files_are_spoilt_says_that_it_cannot_work_now(tmp_path: Path) -> None:
    with office(tmp_path) as ground:
        ground.papers(tmp_path / "box", now())
        (ground.province.path / DENY_FILE).mkdir()
        assert status(ground, f"{OWN}/deny") == 503
        (ground.province.services.path / CHAIN).write_bytes(b"x")
        assert status(ground, f"{OWN}/floor/{GATE.facility}") == 503
        assert status(ground, f"{EST}/cacerts") == 200


def status(ground: Ground, path: str) -> int:
    return httpx.get(f"{ground.url}{path}", verify=False).status_code


def test_a_box_whose_certificate_is_damaged_goes_on_looking(province: Province, tmp_path: Path) -> None:
    papers = Papers(tmp_path / "papers")
    given = province.certify_device(GATE, papers.begin().public_key(), None, now())
    slot = papers.settle(x509.load_pem_x509_certificates(given.full_chain), given.root)
    (papers.path / "office").write_text("https://localhost:1")
    (slot / "cert.pem").write_bytes(no_version(given.certificate))
    told: list[str] = []
    ends = iter([False, False, True])
    Renewing(papers, None, now, lambda _: next(ends), told.append, 60.0, random.Random(1)).run()
    assert len(told) == 1
    assert "cert.pem: is damaged: ask the office for a new code" in told[0]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"nonce":1}', b'{"nonce":"xy"}', b"null"])
def test_an_answer_without_a_nonce_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(WireError, match="holds no nonce"):
        _nonce(httpx.Response(200, content=body))
