"""Authorities and certificates, judged by OpenSSL: chains, name constraints, revocation, keys on disk."""

import ipaddress
import json
import re
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from need import require_binary
from typer.testing import CliRunner

from sotdae_provisioning.pki import lives
from sotdae_provisioning.pki.certificates import (
    Issuer,
    Names,
    Role,
    authority,
    leaf,
    new_key,
    request,
    requested,
)
from sotdae_provisioning.pki.cli import ca_app
from sotdae_provisioning.pki.folder import pem, read_key
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.identity import city_subtree, identity_of
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

NOW = datetime.now(UTC).replace(microsecond=0)
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
GATE_NAME = "gate-1.up-0007.41113.sotdae.internal"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    made = Province(tmp_path_factory.mktemp("ca"))
    made.init("Gyeonggi", None, NOW)
    for code in ("41113", "41135"):
        made.add_city(code, None, NOW)
    return made


def openssl(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [require_binary("openssl"), *map(str, words)], capture_output=True, text=True, check=False
    )


def verified(province: Province, certificate: bytes, chain: bytes, folder: Path, *more: str) -> str:
    """Return what OpenSSL says of a certificate with the chain its holder shows."""
    (folder / "leaf.pem").write_bytes(certificate)
    (folder / "chain.pem").write_bytes(chain)
    root = province.root.path / "cert.pem"
    done = openssl(
        "verify",
        "-x509_strict",
        "-CAfile",
        root,
        "-untrusted",
        folder / "chain.pem",
        *more,
        folder / "leaf.pem",
    )
    return done.stdout + done.stderr


def test_a_gate_is_known_by_one_name() -> None:
    assert identity_of(GATE) == GATE_NAME
    assert city_subtree("41113") == "41113.sotdae.internal"


def test_openssl_verifies_devices_and_services(province: Province, tmp_path: Path) -> None:
    device = province.certify_device(GATE, new_key().public_key(), None, NOW)
    more = Names(("localhost",), (ipaddress.ip_address("127.0.0.1"),))
    service = province.certify_service("broker", more, new_key().public_key(), None, NOW)
    for made, purpose in ((device, "sslclient"), (service, "sslserver"), (service, "sslclient")):
        said = verified(province, pem(made.certificate), made.chain, tmp_path, "-purpose", purpose)
        assert said.strip().endswith(": OK"), said
    said = verified(province, pem(device.certificate), device.chain, tmp_path, "-purpose", "sslserver")
    assert "unsuitable certificate purpose" in said, "a device is no server"
    for host in (GATE_NAME, "other.41113.sotdae.internal"):
        said = verified(province, pem(device.certificate), device.chain, tmp_path, "-verify_hostname", host)
        assert ("OK" in said.splitlines()[-1]) is (host == GATE_NAME), said


def test_the_text_of_a_certificate_says_who_and_for_what(province: Province, tmp_path: Path) -> None:
    made = province.certify_device(GATE, new_key().public_key(), None, NOW)
    (tmp_path / "leaf.pem").write_bytes(pem(made.certificate))
    text = openssl("x509", "-noout", "-text", "-in", tmp_path / "leaf.pem").stdout
    for line in (
        f"DNS:{GATE_NAME}",
        "CN = gate-1",
        "prime256v1",
        "TLS Web Client Authentication",
        "CA:FALSE",
    ):
        assert line in text, text
    assert made.certificate.not_valid_after_utc - NOW == lives.DEVICE
    city = openssl("x509", "-noout", "-text", "-in", province.city("41113").path / "cert.pem").stdout
    assert re.search(r"Permitted:\s+DNS:41113.sotdae.internal\s+URI:.41113.sotdae.internal", city), city
    assert "pathlen:0" in city


@pytest.mark.parametrize(
    "names",
    [
        Names(("gate-1.up-0007.41135.sotdae.internal",)),
        Names((GATE_NAME, "gate-1.up-0007.41135.sotdae.internal")),
        Names(("ingest.hub.sotdae.internal",)),
        Names(("example.org",)),
        Names(("41113.sotdae.internal.example.org",)),
        Names((GATE_NAME,), (ipaddress.ip_address("127.0.0.1"),)),
        Names((GATE_NAME,), (ipaddress.ip_address("::1"),)),
    ],
)
def test_a_citys_authority_cannot_name_what_is_not_its_own(
    province: Province, names: Names, tmp_path: Path
) -> None:
    folder = province.city("41113")
    made = leaf(
        "x", names, new_key().public_key(), folder.issuer(None), NOW, role=Role.SERVICE, life=lives.DEVICE
    )
    said = verified(province, pem(made), folder.chain(), tmp_path)
    assert re.search("permitted subtree violation|excluded subtree violation", said), said


def test_nothing_stands_below_a_city(province: Province, tmp_path: Path) -> None:
    folder = province.city("41113")
    with pytest.raises(WireError, match="no authority may stand below"):
        authority(
            "x",
            new_key().public_key(),
            folder.issuer(None),
            NOW,
            life=timedelta(1),
            subtree="41113.sotdae.internal",
        )
    stolen = folder.issuer(None)
    key = new_key()
    # One who has stolen a city's key makes a device of the certificate's holder an authority all the same.
    device = leaf(
        "x", Names((GATE_NAME,)), key.public_key(), stolen, NOW, role=Role.DEVICE, life=lives.DEVICE
    )
    below = leaf(
        "y",
        Names((GATE_NAME,)),
        new_key().public_key(),
        Issuer(device, key),
        NOW,
        role=Role.DEVICE,
        life=lives.DEVICE,
    )
    said = verified(province, pem(below), pem(device) + folder.chain(), tmp_path)
    assert "invalid CA certificate" in said, said


def test_an_expired_or_foreign_certificate_is_refused(province: Province, tmp_path: Path) -> None:
    old = province.certify_device(GATE, new_key().public_key(), None, NOW - timedelta(days=181))
    assert "certificate has expired" in verified(province, pem(old.certificate), old.chain, tmp_path)
    foreign = Province(tmp_path / "foreign")
    foreign.init("Gyeonggi", None, NOW)
    foreign.add_city("41113", None, NOW)
    made = foreign.certify_device(GATE, new_key().public_key(), None, NOW)
    said = verified(province, pem(made.certificate), made.chain, tmp_path)
    assert "OK" not in said.splitlines()[-1], said


def test_a_revoked_certificate_is_on_its_authoritys_list(province: Province, tmp_path: Path) -> None:
    made = province.certify_device(GATE, new_key().public_key(), None, NOW)
    kept = province.certify_device(GATE, new_key().public_key(), None, NOW)
    owner = province.revoke(made.certificate.serial_number, "stolen", NOW)
    assert owner.path.name == "41113"
    first = x509.load_pem_x509_crl(owner.publish_list(owner.issuer(None), NOW).read_bytes())
    second = x509.load_pem_x509_crl(owner.publish_list(owner.issuer(None), NOW).read_bytes())
    numbers = [
        each.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for each in (first, second)
    ]
    assert numbers[0] < numbers[1]
    for each, word in ((made, "certificate revoked"), (kept, ": OK")):
        crl = ("-crl_check", "-CRLfile", str(owner.path / "crl.pem"))
        assert word in verified(province, pem(each.certificate), each.chain, tmp_path, *crl)
    with pytest.raises(ConfigError, match="no authority here gave"):
        province.revoke(4711, "x", NOW)


def test_keys_are_secret_locked_and_never_overwritten(tmp_path: Path) -> None:
    made = Province(tmp_path / "ca")
    made.init("Gyeonggi", "한 문장 열쇠", NOW)
    key = made.root.path / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    for phrase, said in ((None, "wants a passphrase"), ("wrong", "wrong passphrase")):
        with pytest.raises(ConfigError, match=said):
            read_key(key, phrase)
    assert read_key(key, "한 문장 열쇠").curve.name == "secp256r1"
    before = key.read_bytes()
    with pytest.raises(ConfigError, match="never overwritten"):
        made.init("Gyeonggi", None, NOW)
    assert key.read_bytes() == before
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_key(key, "한 문장 열쇠")


def test_a_code_that_is_none_of_the_provinces_cities_is_refused(province: Province) -> None:
    with pytest.raises(ConfigError, match="no city or county"):
        province.add_city("11110", None, NOW)


def test_a_request_proves_its_key(tmp_path: Path) -> None:
    key = new_key()
    csr = request("gate-1", Names((GATE_NAME,)), key)
    for encoding in (Encoding.PEM, Encoding.DER):
        public, names = requested(csr.public_bytes(encoding))
        assert public == key.public_key()
        assert names.dns == (GATE_NAME,)
    (tmp_path / "csr.pem").write_bytes(csr.public_bytes(Encoding.PEM))
    assert "verify OK" in openssl("req", "-verify", "-noout", "-in", tmp_path / "csr.pem").stderr
    der = bytearray(csr.public_bytes(Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(WireError):
        requested(bytes(der))
    other = x509.CertificateSigningRequestBuilder().subject_name(csr.subject)
    foreign = other.sign(rsa.generate_private_key(65537, 2048), csr.signature_hash_algorithm)
    with pytest.raises(WireError, match="not ECDSA P-256"):
        requested(foreign.public_bytes(Encoding.DER))


@given(st.binary(max_size=400))
def test_any_bytes_as_a_request_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(WireError):
        requested(data)


def test_the_command_line_from_nothing_to_a_revoked_gate(tmp_path: Path) -> None:
    ca, out, phrase = tmp_path / "ca", tmp_path / "gate", tmp_path / "phrase"
    phrase.write_text("long and secret\n", encoding="utf-8")
    where = ["--dir", str(ca)]
    locked = [*where, "--passphrase-file", str(phrase)]

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(ca_app, list(words))
        assert done.exit_code == code, done.output
        return done.output

    run("init", "Gyeonggi", *locked)
    run("city", "41113", *locked)
    gate = ["--facility", str(GATE.facility), "--node", GATE.node, "--out", str(out)]
    run("issue", *locked, *gate)
    run(
        "issue",
        *locked,
        "--service",
        "broker",
        "--host",
        "localhost",
        "--host",
        "127.0.0.1",
        "--out",
        str(tmp_path / "broker"),
    )
    assert {path.name for path in out.iterdir()} == {"key.pem", "cert.pem", "chain.pem", "root.pem"}
    said = openssl("verify", "-CAfile", out / "root.pem", "-untrusted", out / "chain.pem", out / "cert.pem")
    assert said.stdout.strip().endswith(": OK"), said
    run("revoke", str(out / "cert.pem"), "--reason", "stolen", *locked)
    run("crl", *locked)
    rows = json.loads(run("show", *where, "--json"))
    assert [row["state"] for row in rows if row["name"] == "gate-1"] == ["void: stolen"]
    assert "gate-1" in run("show", *where)
    for words, said_why in (
        (["issue", *locked, "--out", str(out)], "want --facility and --node, or --service"),
        (["issue", *where, *gate], "wants a passphrase"),
        (["issue", *locked, "--facility", "nonsense", "--node", "x", "--out", str(out)], "facility id"),
        (["revoke", "nonsense", "--reason", "x", *locked], "neither a certificate"),
        (["city", "99999", *locked], "no city or county"),
    ):
        assert said_why in run(*words, code=2)


def test_what_the_ledger_does_not_take_is_not_handed_out(province: Province, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(province.path, copy)
    ledger = copy / "cities" / "41113" / "ledger.db"
    ledger.write_bytes(b"not a database" * 100)
    with pytest.raises(ConfigError, match="the ledger is damaged"):
        Province(copy).certify_device(GATE, new_key().public_key(), None, NOW)
