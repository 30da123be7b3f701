"""Boxes listed, shown, struck off, replaced and rotated, with a real office and its ledgers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from office_kit import GATE, NAME, Ground, now, office
from typer.testing import CliRunner

from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.fleet import LATE, State, boxes, successor
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.pki.certificates import Names, new_key, request
from sotdae_provisioning.pki.codes import Codes
from sotdae_provisioning.pki.office import Office as Desk
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with office(tmp_path) as ground:
        yield ground


@pytest.fixture
def shut(tmp_path: Path) -> Ground:
    """A province whose office is closed."""
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, now() - timedelta(days=800))
    for code in ("41113", "41135"):
        province.add_city(code, None, now() - timedelta(days=800))
    return Ground(province, "https://localhost:8443")


def run(*words: object) -> Result:
    return CliRunner().invoke(device_app, [str(word) for word in words])


def told(*words: object) -> Any:
    said = run(*words, "--json")
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def given(ground: Ground, node: str, *, days_ago: int, box: str, city: str = "41113") -> Address:
    address = Address(FacilityId(f"GG-{city}-UP-0007"), node)
    at = now() - timedelta(days=days_ago)
    ground.province.certify_device(address, new_key().public_key(), None, at, box)
    return address


def test_the_list_says_how_each_box_stands(shut: Ground) -> None:
    given(shut, "gate-fresh", days_ago=1, box="SN-1")
    given(shut, "gate-due", days_ago=110, box="SN-2")
    given(shut, "gate-late", days_ago=130, box="SN-3")
    given(shut, "gate-expired", days_ago=200, box="SN-4", city="41135")
    given(shut, "gate-renewed", days_ago=170, box="SN-5")
    given(shut, "gate-renewed", days_ago=2, box="SN-5")
    given(shut, "gate-stolen", days_ago=3, box="SN-6")
    where = ("--dir", shut.province.path)
    assert run("revoke", "SN-6", *where, "--reason", "stolen").exit_code == 0
    shut.code(Address(GATE.facility, "gate-waiting"))
    listed = {box["node"]: box for box in told("list", *where)}
    assert {node: box["state"] for node, box in listed.items()} == {
        "gate-fresh": "active", "gate-due": "due", "gate-late": "late", "gate-expired": "expired",
        "gate-renewed": "active", "gate-stolen": "revoked", "gate-waiting": "waiting",
    }  # fmt: skip
    assert (listed["gate-renewed"]["certificates"], listed["gate-renewed"]["serial"]) == (2, "SN-5")
    assert listed["gate-renewed"]["renewed_at"].startswith((now() - timedelta(days=2)).date().isoformat())
    shown = run("list", *where)
    assert "2 active, 1 due, 1 late, 1 expired, 1 revoked" in " ".join(shown.output.split())
    assert [box["node"] for box in told("list", *where, "--city", "41135")] == ["gate-expired"]
    assert [box["node"] for box in told("list", *where, "--state", "late")] == ["gate-late"]
    history = told("show", "gate-stolen", *where)["history"]
    assert [each["void"] for each in history] == ["stolen"]
    assert "stolen" in run("show", "gate-stolen", *where).output


def test_the_list_shows_names_whole_on_a_narrow_screen(shut: Ground) -> None:
    given(shut, "gate-41113-up-0007", days_ago=1, box="SN-1")
    listed = CliRunner().invoke(device_app, ["list", "--dir", str(shut.province.path)], env={"COLUMNS": "80"})
    assert "GG-41113-UP-0007  gate-41113-up-0007  SN-1" in listed.output


@pytest.mark.parametrize(
    ("node", "serial", "office", "wanted"),
    [
        ("Gate7", "SN-1", "https://localhost:8443", "want lower-case letters"),
        ("gate-7", "SN 1", "https://localhost:8443", "serial 'SN 1'"),
        ("gate-7", "SN-1", "http://localhost:8443", "want https://host:port"),
    ],
)
def test_no_code_is_given_that_no_box_could_use(
    shut: Ground, node: str, serial: str, office: str, wanted: str
) -> None:
    place = ("--dir", shut.province.path, "--office", office, "--serial", serial)
    done = run("code", "GG-41113-UP-0007", node, *place)
    assert (done.exit_code, wanted in done.output) == (2, True)
    assert told("list", "--dir", shut.province.path) == []


def test_no_code_is_given_for_a_node_that_another_living_box_is(shut: Ground) -> None:
    given(shut, "gate-1", days_ago=1, box="SN-1")
    given(shut, "gate-9", days_ago=1, box="SN-9", city="41135")
    given(shut, "gate-old", days_ago=200, box="SN-3")
    place = ("--dir", shut.province.path, "--office", "https://localhost:8443", "--line")

    def code(node: str, serial: str, *more: str) -> Result:
        return run("code", "GG-41113-UP-0007", node, *place, "--serial", serial, *more)

    refused = {
        (
            "gate-1",
            "SN-2",
        ): "gate-1 is box SN-1: sotdae device replace gate-1 --serial SN-2; if it is this box",
        ("gate-2", "SN-1"): "box SN-1 is gate-1 already",
        ("gate-9", "SN-2"): "gate-9 is a node of city 41135",
        ("gate-2", "SN-9"): "box SN-9 is gate-9 already",
    }
    for (node, serial), reason in refused.items():
        said = code(node, serial)
        assert (said.exit_code, reason in said.output) == (2, True), said.output
        assert "sotdae://" not in said.output
    assert Codes(shut.province.path / "codes.db").out(now()) == []
    for node, serial, more in (
        ("gate-1", "SN-1", ()),  # the box itself, which may have lost its papers
        ("gate-1", "SN-2", ("--again",)),
        ("gate-old", "SN-2", ()),
        ("gate-2", "SN-2", ()),
    ):
        assert code(node, serial, *more).exit_code == 0
    for node, serial in (("gate-2", "SN-1"), ("gate-9", "SN-2")):
        assert code(node, serial, "--again").exit_code == 2, "one node, one box: nothing lifts that"


def test_a_state_begins_at_its_hour(shut: Ground) -> None:
    given(shut, "gate-1", days_ago=0, box="SN-1")
    with shut.province.city("41113").ledger() as ledger:
        all_given = ledger.all()
    certificate = x509.load_pem_x509_certificate(all_given[0].pem.encode())
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    for at, state in (
        (start + (end - start) * 0.499, State.ACTIVE),
        (start + (end - start) * 0.601, State.DUE),
        (start + (end - start) * 0.6 + LATE, State.LATE),
        (end, State.EXPIRED),
    ):
        assert [box.state for box in boxes(all_given, [], at)] == [state]


def test_a_box_that_is_struck_off_by_name_gets_no_papers_again(ground: Ground, tmp_path: Path) -> None:
    papers = Papers(tmp_path / "papers")
    ground.office.enrol(papers, GATE, ground.code())
    ground.office.renew(papers, now())
    done = told("revoke", "gate-1", "--dir", ground.province.path, "--reason", "stolen")
    assert done == {"node": "gate-1", "void": 2}, "the older papers too: they have not run out yet"
    with pytest.raises(WireError, match="revoked: stolen"):
        ground.office.renew(papers, now())
    assert ground.province.nodes(now()) == []
    again = run("revoke", "gate-2", "--dir", ground.province.path, "--reason", "x")
    assert (again.exit_code, "no box of this name" in again.output) == (2, True)


@pytest.mark.parametrize("used", [False, True])
def test_a_code_that_is_out_is_void_with_its_box(ground: Ground, used: bool) -> None:
    desk = Desk(ground.province, Codes(ground.province.path / "codes.db"), None)
    if not used:
        given(ground, "gate-1", days_ago=1, box="SN-1")
    code = ground.code()
    csr = request(GATE.node, Names((NAME,)), new_key()).public_bytes(Encoding.DER)
    if used:
        desk.enrol(GATE.node, code, csr, now())
    told("revoke", "gate-1", "--dir", ground.province.path, "--reason", "stolen")
    with pytest.raises(WireError, match="no code is out"):
        desk.enrol(GATE.node, code, csr, now())
    assert ground.province.nodes(now()) == []


def test_a_key_whose_papers_are_void_gets_none_by_the_code_that_it_used(ground: Ground) -> None:
    desk = Desk(ground.province, Codes(ground.province.path / "codes.db"), None)
    lost, fresh = (request(GATE.node, Names((NAME,)), new_key()).public_bytes(Encoding.DER) for _ in range(2))
    code = ground.code()
    made = desk.enrol(GATE.node, code, lost, now())
    assert desk.enrol(GATE.node, code, lost, now()), "the line broke: the same key may ask again"
    ground.province.revoke(made.certificate.serial_number, "key seen", now())
    with pytest.raises(WireError, match="revoked: key seen"):
        desk.enrol(GATE.node, code, lost, now())
    assert desk.enrol(GATE.node, ground.code(), fresh, now())


def test_a_box_that_never_enrolled_is_replaced_with_its_code(ground: Ground) -> None:
    code = ground.code()
    words = ("replace", "gate-1", "--dir", ground.province.path, "--office", ground.url, "--serial", "SN-2")
    told(*words)
    codes = Codes(ground.province.path / "codes.db")
    assert codes.grant_of("gate-1", code, now()) is None
    assert [each.address.node for each in codes.out(now())] == ["gate-1-2"]


def test_a_broken_box_gets_a_successor_at_the_same_facility(ground: Ground, tmp_path: Path) -> None:
    old = Papers(tmp_path / "old")
    ground.office.enrol(old, GATE, ground.code())
    where = ("--dir", ground.province.path)
    words = ("replace", "gate-1", *where, "--office", ground.url)
    same = run(*words, "--serial", "SN-1")
    assert "a successor is another box" in same.output
    answer = told(*words, "--serial", "SN-2")
    assert (answer["struck_off"], answer["node"]) == ("gate-1", "gate-1-2")
    new = ("--papers", tmp_path / "new")
    assert run("enrol", answer["ticket"], *new).exit_code == 0
    assert told("show", *new)["name"] == "gate-1-2.up-0007.41113.sotdae.internal"
    listed = {box["node"]: box for box in told("list", *where)}
    assert {box["facility"] for box in listed.values()} == {str(GATE.facility)}
    assert (listed["gate-1"]["state"], listed["gate-1"]["reason"]) == (
        "replaced",
        "replaced by gate-1-2, box SN-2",
    )
    assert (listed["gate-1-2"]["state"], listed["gate-1-2"]["serial"]) == ("active", "SN-2")
    with pytest.raises(WireError, match="replaced by gate-1-2"):
        ground.office.renew(old, now())
    third = told(
        "replace", "gate-1-2", *where, "--office", ground.url, "--serial", "SN-3", "--node", "gate-1-2"
    )
    assert third["node"] == "gate-1-2", "the same name, where the broker reads the lists"


def test_a_successor_takes_no_name_of_another_facility(shut: Ground) -> None:
    given(shut, "gate-1", days_ago=1, box="SN-1")
    given(shut, "gate-9", days_ago=1, box="SN-9", city="41135")
    words = ("replace", "gate-1", "--dir", shut.province.path, "--office", shut.url, "--serial", "SN-2")
    said = run(*words, "--node", "gate-9")
    assert said.exit_code == 2
    assert "is a node of GG-41135-UP-0007 already" in said.output
    assert {box["state"] for box in told("list", "--dir", shut.province.path)} == {"active"}, (
        "nothing was done"
    )


def test_rotation_is_a_new_key_before_it_is_due(ground: Ground, tmp_path: Path) -> None:
    papers = Papers(tmp_path / "papers")
    ground.office.enrol(papers, GATE, ground.code())
    (tmp_path / "papers/office").write_text(ground.url + "\n")
    before = papers.certificate()
    done = told("rotate", "--papers", papers.path)
    assert done["former"] == f"{before.serial_number:x}"
    assert papers.certificate().public_key() != before.public_key()
    with ground.province.city("41113").ledger() as ledger:
        assert [each.box for each in ledger.all()] == ["SN-1", "SN-1"], (
            "the box is noted with the new papers too"
        )
    assert "sotdae ca revoke" in run("rotate", "--papers", papers.path).output


def test_a_name_is_never_used_again() -> None:
    assert successor("gate-1", ["gate-1", "gate-1-2"]) == "gate-1-3"
    assert len(successor("g" * 48, [])) <= 48


def test_show_says_what_it_wants() -> None:
    said = run("show")
    assert said.exit_code == 2
    assert "--papers" in said.output


def test_the_shell_completes_the_names_of_boxes(shut: Ground) -> None:
    given(shut, "gate-1", days_ago=1, box="SN-1")
    given(shut, "slope-1", days_ago=1, box="SN-2")
    words = f"sotdae device revoke --dir {shut.province.path} ga"
    environ = {**os.environ, "_SOTDAE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "5"}
    command = Path(sys.executable).with_name("sotdae")
    done = subprocess.run([command], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["gate-1"], done
