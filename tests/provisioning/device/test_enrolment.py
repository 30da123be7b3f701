"""A box gets its identity from a real office over TLS: first, again, late; and who does not get one."""

import base64
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import zxingcpp
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st
from need import require_binary
from office_kit import GATE, NAME, Ground, now, office
from PIL import Image
from typer.testing import CliRunner

from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.client import root_of
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.standing import alone
from sotdae_provisioning.device.ticket import Ticket, office_from
from sotdae_provisioning.pki.certificates import Names, dns_names, new_key, request
from sotdae_provisioning.pki.codes import LIFE, TRIES, Codes, Grant, clean
from sotdae_provisioning.pki.folder import write_key
from sotdae_provisioning.pki.office import GRACE, renewal_due
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.topics import Address


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with office(tmp_path_factory.mktemp("office")) as ground:
        yield ground


def test_a_box_enrols_with_a_ticket_on_the_command_line(ground: Ground, tmp_path: Path) -> None:
    folder = ["--dir", str(ground.province.path), "--office", ground.url, "--serial", "SN-1"]
    image = tmp_path / "label.svg"
    said = CliRunner().invoke(
        device_app, ["code", str(GATE.facility), GATE.node, *folder, "--image", str(image), "--json"]
    )
    assert said.exit_code == 0, said.output
    assert image.read_text().startswith("<?xml")
    ticket = json.loads(said.output)["ticket"]
    papers = ["--papers", str(tmp_path / "papers")]
    done = CliRunner().invoke(device_app, ["enrol", ticket, *papers])
    assert done.exit_code == 0, done.output
    shown = json.loads(CliRunner().invoke(device_app, ["show", *papers, "--json"]).output)
    assert (shown["name"], shown["valid"]) == (NAME, True)
    current = tmp_path / "papers/current"
    verified = subprocess.run(
        [require_binary("openssl"), "verify", "-x509_strict", "-CAfile", current / "root.pem", "-untrusted",
         current / "chain.pem", current / "cert.pem"], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.stdout.strip().endswith(": OK"), verified
    assert "not due before" in CliRunner().invoke(device_app, ["renew", *papers]).output
    before = Papers(tmp_path / "papers").certificate()
    assert CliRunner().invoke(device_app, ["renew", *papers, "--force"]).exit_code == 0
    after = Papers(tmp_path / "papers").certificate()
    assert after.serial_number != before.serial_number
    assert after.public_key() != before.public_key()
    again = CliRunner().invoke(device_app, ["enrol", ticket, "--papers", str(tmp_path / "thief")])
    assert again.exit_code == 2
    assert "used before" in again.output


def test_curl_and_openssl_are_a_generic_est_client(ground: Ground, tmp_path: Path) -> None:
    """RFC 7030 with tools that know nothing of us: CA certificates, enrolment, re-enrolment."""
    curl, openssl = require_binary("curl"), require_binary("openssl")
    (tmp_path / "root.pem").write_bytes(ground.province.trust())

    def run(*words: object) -> bytes:
        done = subprocess.run([str(word) for word in words], capture_output=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    est = f"{ground.url}/.well-known/est"
    (tmp_path / "ca.b64").write_bytes(run(curl, "-sS", "--fail", "--cacert", "root.pem", f"{est}/cacerts"))
    run(openssl, "base64", "-d", "-in", "ca.b64", "-out", "ca.p7")
    listed = run(openssl, "pkcs7", "-inform", "DER", "-in", "ca.p7", "-print_certs")
    assert b"Sotdae root" in listed
    assert b"Sotdae city 41113" in listed

    def request(key: str) -> None:
        run(openssl, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        names = f"subjectAltName=DNS:{NAME}"
        run(openssl, "req", "-new", "-key", key, "-subj", "/CN=gate-1", "-addext", names, "-outform", "DER",
            "-out", "csr.der")  # fmt: skip
        run(openssl, "base64", "-in", "csr.der", "-out", "csr.b64")

    def post(path: str, *who: object) -> None:
        kind = "Content-Type: application/pkcs10"
        answer = run(curl, "-sS", "--fail", "--cacert", "root.pem", *who, "-H", kind, "--data-binary",
                     "@csr.b64", f"{est}/{path}")  # fmt: skip
        (tmp_path / "made.b64").write_bytes(answer)
        run(openssl, "base64", "-d", "-in", "made.b64", "-out", "made.p7")
        chain = run(openssl, "pkcs7", "-inform", "DER", "-in", "made.p7", "-print_certs")
        (tmp_path / "all.pem").write_bytes(chain)
        blocks = chain.split(b"-----END CERTIFICATE-----\n")
        own = next(block for block in blocks if b"CN = gate-1" in block)
        (tmp_path / "own.pem").write_bytes(own + b"-----END CERTIFICATE-----\n")
        run(openssl, "verify", "-CAfile", "root.pem", "-untrusted", "all.pem", "own.pem")

    request("first.key")
    post("simpleenroll", "--user", f"gate-1:{ground.code()}")
    chain = run("cat", "own.pem", "all.pem")
    (tmp_path / "shown.pem").write_bytes(chain)
    request("second.key")
    post("simplereenroll", "--cert", "shown.pem", "--key", "first.key")


def test_the_same_key_may_ask_again_when_the_line_broke(ground: Ground, tmp_path: Path) -> None:
    """The office has answered, the answer was lost: the box asks again with the key it kept."""
    code, papers = ground.code(), Papers(tmp_path / "papers")
    key = papers.begin()
    csr = request(GATE.node, Names((NAME,)), key).public_bytes(Encoding.DER)
    url = f"{ground.url}/.well-known/est/simpleenroll"
    lost = httpx.post(url, content=base64.b64encode(csr), auth=("gate-1", code), verify=ground.trusting)
    assert lost.status_code == 200
    ground.office.enrol(papers, GATE, code)
    assert papers.certificate().public_key() == key.public_key()


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("wrong", "wrong code"),
        ("old", "too old"),
        ("unknown box", "no code is out"),
        ("another's key", "used before"),
        ("guessed at", "too many wrong tries"),
        ("void", "wrong code"),
    ],
)
def test_a_code_that_is_not_good_gives_nothing(
    ground: Ground, tmp_path: Path, case: str, reason: str
) -> None:
    code, address = ground.code(until=now() + timedelta(seconds=-1 if case == "old" else 60)), GATE
    if case == "another's key":
        ground.office.enrol(Papers(tmp_path / "first"), GATE, code)
    if case == "unknown box":
        address = Address(GATE.facility, "gate-99")
    if case == "guessed at":
        for _ in range(TRIES):
            with pytest.raises(WireError, match="wrong code"):
                ground.office.enrol(Papers(tmp_path / "guess"), GATE, "0" * 12)
    if case == "void":
        grant = Grant(GATE, "SN-1", now() + LIFE)
        Codes(ground.province.path / "codes.db").give(grant, lambda letters: letters[3])
    given = "0" * 12 if case == "wrong" else code
    with pytest.raises(WireError, match=reason):
        ground.office.enrol(Papers(tmp_path / "papers"), address, given)
    assert Papers(tmp_path / "papers").current is None


def test_a_code_gives_its_own_node_only_whatever_the_request_says(ground: Ground) -> None:
    csr = request("hub", Names(("ingest.hub.sotdae.internal",)), new_key())
    body = base64.b64encode(csr.public_bytes(Encoding.DER))
    url, who = f"{ground.url}/.well-known/est/simpleenroll", ("gate-1", ground.code())
    answer = httpx.post(url, content=body, auth=who, verify=ground.trusting)
    assert answer.status_code == 200, answer.text
    found = pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.content))
    assert [name for each in found for name in dns_names(each)] == [NAME]


@pytest.mark.parametrize("days", [10, 91, 179, 181, 270, 359])
def test_papers_are_renewed_also_when_they_have_run_out(ground: Ground, tmp_path: Path, days: int) -> None:
    papers = ground.papers(tmp_path / "papers", now() - timedelta(days=days))
    before = papers.certificate()
    if days > 180:
        _forget_later(ground, before.serial_number)
    ground.office.renew(papers, now())
    assert papers.certificate().not_valid_after_utc > now() + timedelta(days=179)
    assert papers.certificate().public_key() != before.public_key()


def _forget_later(ground: Ground, serial: int) -> None:
    """Void what other tests were given for the same node: this box's papers are the newest."""
    ledger = ground.province.city("41113").ledger()
    for each in ledger.all():
        if each.serial != serial and each.revoked_at is None:
            ledger.revoke(each.serial, "another test's", now())
    ledger.close()


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("revoked", "revoked: stolen"),
        ("replaced", "replaced"),
        ("too long ago", "too long ago"),
        ("foreign", "not a certificate of this province"),
        ("another's key", "not signed by the certificate's key"),
    ],
)
def test_papers_that_are_not_good_are_not_renewed(
    ground: Ground, tmp_path: Path, case: str, reason: str
) -> None:
    days = 181 + GRACE.days if case == "too long ago" else 200
    papers = ground.papers(tmp_path / "papers", now() - timedelta(days=days))
    serial = papers.certificate().serial_number
    _forget_later(ground, serial)
    if case == "revoked":
        ground.province.revoke(serial, "stolen", now())
    if case == "replaced":
        ground.papers(tmp_path / "newer", now())
    if case == "foreign":
        foreign = Province(tmp_path / "ca")
        foreign.init("Gyeonggi", None, now() - timedelta(days=800))
        foreign.add_city("41113", None, now() - timedelta(days=800))
        papers = Ground(foreign, ground.url).papers(tmp_path / "forged", now() - timedelta(days=200))
    if case == "another's key":
        write_key(tmp_path / "papers/current/key.pem", new_key(), None)
    before = papers.certificate()
    with pytest.raises(WireError, match=reason):
        ground.office.renew(papers, now())
    assert papers.certificate() == before, "the papers in use stay"


def test_who_shows_another_root_is_not_the_office(ground: Ground) -> None:
    with pytest.raises(WireError, match="somebody may pose as it"):
        root_of(ground.url, "00" * 32)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("est/simpleenroll", b"x" * 70_000),
        ("est/simpleenroll", b"\xff\x00nonsense"),
        ("est/simplereenroll", b"nonsense"),
        ("sotdae/renew", b"nonsense"),
        ("sotdae/renew", b'{"nonce": "00", "signature": "00", "certificate": "x", "request": "x"}'),
        ("sotdae/renew", b"[" * 10_000),
    ],
)
def test_nonsense_is_refused_and_the_office_goes_on(ground: Ground, path: str, body: bytes) -> None:
    url, trust = f"{ground.url}/.well-known", ground.trusting
    answer = httpx.post(f"{url}/{path}", content=body, auth=("gate-1", "x"), verify=trust)
    assert 400 <= answer.status_code < 500, answer.text
    assert httpx.get(f"{url}/est/cacerts", verify=trust).status_code == 200


def test_renewal_is_due_after_half_of_the_life(ground: Ground, tmp_path: Path) -> None:
    papers = ground.papers(tmp_path / "papers", now())
    due = [renewal_due(papers.certificate(), jitter) - now() for jitter in (0.0, 1.0)]
    assert timedelta(days=89) < due[0] < timedelta(days=91)
    assert timedelta(days=107) < due[1] < timedelta(days=109)


def test_a_renewal_that_is_cut_short_leaves_the_papers_that_work(ground: Ground, tmp_path: Path) -> None:
    papers = ground.papers(tmp_path / "papers", now())
    before = papers.certificate()
    papers.begin()
    (papers.spare / "chain.pem").write_bytes(b"half a chai")
    assert papers.certificate() == before
    ground.office.renew(papers, now())
    assert papers.certificate() != before


def test_a_code_is_read_as_it_was_meant() -> None:
    assert clean("o1il-abcd 2345") == "0111ABCD2345"


@given(st.text(max_size=300).map(lambda text: "sotdae://enrol?" + text) | st.text(max_size=100))
def test_any_text_as_a_ticket_is_refused_in_words(text: str) -> None:
    with pytest.raises(WireError):
        Ticket.read(text)


def test_a_ticket_is_read_as_it_was_written() -> None:
    ticket = Ticket("https://office.example:8443", GATE, "ABCD23456789", "ab" * 32)
    assert Ticket.read(ticket.text()) == ticket
    with pytest.raises(WireError, match="its end is missing"):
        Ticket.read(ticket.text()[:-4])


@pytest.mark.parametrize(
    "url", ["https://[::1", "https://office:door", "https://a\x01b", f"https://{'a' * 300}"]
)
def test_an_address_that_is_none_is_named_and_ends_nobody(url: str, tmp_path: Path) -> None:
    with pytest.raises((WireError, LinkError), match="office"):
        root_of(url, "ab" * 32)
    ticket = Ticket(url, GATE, "7K3M9QWDABCD", "ab" * 32).text()
    said = CliRunner().invoke(device_app, ["enrol", "--papers", str(tmp_path / "papers")], input=ticket)
    assert (said.exit_code in (1, 2), isinstance(said.exception, SystemExit)) == (True, True), said.exception
    assert "office" in said.output


@pytest.mark.parametrize(
    "office", ["http://office:8443", "office:8443", "https://", "https://a b", "https://a/b"]
)
def test_an_office_that_no_box_could_reach_is_no_office(office: str) -> None:
    with pytest.raises(WireError, match="want https://host:port"):
        office_from(office)
    for fine in ("https://office.example:8443", "https://10.0.0.1", "https://[fd00::1]:8443"):
        assert office_from(fine) == fine


def test_no_code_is_given_while_a_list_is_worked_on(ground: Ground) -> None:
    """Between the look into the ledgers and the code nobody else may give the node away."""
    box = ["--dir", str(ground.province.path), "--office", ground.url, "--serial", "SN-1", "--line"]
    code = ["code", str(GATE.facility), GATE.node, *box]
    with alone(ground.province):
        refused = CliRunner().invoke(device_app, code)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "another command gives out codes or papers here" in refused.stderr
    assert CliRunner().invoke(device_app, code).stdout.startswith("sotdae://enrol?")


@pytest.mark.parametrize(
    ("name", "reason"), [("q.foo", ".svg or .png"), ("nosuch/q.svg", "there is no folder")]
)
def test_a_picture_that_cannot_be_drawn_voids_no_code(
    ground: Ground, tmp_path: Path, name: str, reason: str
) -> None:
    box = ["--dir", str(ground.province.path), "--office", ground.url, "--serial", "SN-1"]
    code = ["code", str(GATE.facility), GATE.node, *box]
    ticket = CliRunner().invoke(device_app, [*code, "--line"]).output.strip()
    refused = CliRunner().invoke(device_app, [*code, "--image", str(tmp_path / name)])
    assert (refused.exit_code, refused.stdout, reason in refused.stderr) == (2, "", True)
    enrolled = CliRunner().invoke(device_app, ["enrol", "--papers", str(tmp_path / "papers")], input=ticket)
    assert enrolled.exit_code == 0, enrolled.output


def test_a_picture_of_a_ticket_is_its_owners_alone(ground: Ground, tmp_path: Path) -> None:
    box = ["--dir", str(ground.province.path), "--office", ground.url, "--serial", "SN-1", "--line"]
    for name in ("q.svg", "q.png"):
        words = ["code", str(GATE.facility), GATE.node, *box, "--image", str(tmp_path / name)]
        ticket = CliRunner().invoke(device_app, words).output.strip()
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert zxingcpp.read_barcode(Image.open(tmp_path / "q.png")).text == ticket
