"""Floor and deny list come with enrolment and renewal, or from a file; lower and older ones are refused."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from office_kit import GATE, NAME, Ground, now, office
from typer.testing import CliRunner, Result

from sotdae_edge.adapters.state import FileState
from sotdae_edge.adapters.statements import Statements
from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.renewing import Renewing
from sotdae_provisioning.device.statements import take_deny_list, take_floor
from sotdae_provisioning.pki.certificates import new_key
from sotdae_provisioning.pki.cli import ca_app
from sotdae_provisioning.pki.floors import Floors, UnheardError
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import (
    DENY_FILE,
    deny_list,
    floor_of,
    publish_deny_list,
    raise_floor,
    stated,
    stated_floor,
)
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.floor import Floor
from sotdae_shared.ids import FacilityId
from sotdae_shared.sealed import unseal
from sotdae_shared.topics import Address

KEY = "ab" * 32


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with office(tmp_path_factory.mktemp("office")) as ground:
        yield ground


def ca(*words: str, province: Province) -> Result:
    return CliRunner().invoke(ca_app, [*words, "--dir", str(province.path)])


@dataclass
class Box:
    ground: Ground
    papers: Papers

    def device(self, *words: str, given: str | None = None) -> Result:
        return CliRunner().invoke(device_app, [*words, "--papers", str(self.papers.path)], input=given)

    def floor(self) -> Floor | None:
        path = self.papers.path.parent
        stores = (FileState(path / f"{name}.state") for name in ("floor", "deny"))
        return Statements(self.papers.path, GATE.facility, *stores).floor()


@pytest.fixture
def box(ground: Ground, tmp_path: Path) -> Box:
    folder = ["--dir", str(ground.province.path), "--office", ground.url, "--serial", "SN-1"]
    said = CliRunner().invoke(device_app, ["code", str(GATE.facility), GATE.node, *folder, "--line"])
    made = Box(ground, Papers(tmp_path / "papers"))
    enrolled = made.device("enrol", given=said.output)
    assert enrolled.exit_code == 0, enrolled.output
    return made


def test_floor_and_deny_list_come_with_enrolment_and_renewal(ground: Ground, box: Box) -> None:
    first = box.floor()
    assert first is not None
    assert first.facility == GATE.facility
    assert ca("floor", "41113", "--policy", str(first.policy + 1), province=ground.province).exit_code == 0
    renewed = box.device("renew")
    assert "not due before" in renewed.output
    assert f"policy {first.policy + 1}" in renewed.output
    now_held = box.floor()
    assert now_held is not None
    assert now_held.policy == first.policy + 1


def test_a_floor_only_rises_at_the_office_and_at_the_box(ground: Ground, box: Box) -> None:
    scope = str(GATE.facility)
    assert ca("floor", scope, "--site", "7", province=ground.province).exit_code == 0
    lower = ca("floor", scope, "--site", "6", province=ground.province)
    assert lower.exit_code == 2
    assert "6 would be lower than 7" in lower.output
    box.device("renew")
    old = Floor(facility=GATE.facility, issued_at=now(), site=6)
    with pytest.raises(WireError, match="site 6 after 7"):
        take_floor(box.papers, stated(ground.province, old, None), GATE)
    held = box.floor()
    assert held is not None
    assert held.site == 7


def test_the_narrowest_scope_has_the_say(tmp_path: Path) -> None:
    province = Province(tmp_path)
    province.init("Gyeonggi", None, now())
    raise_floor(province, "GG", {"policy": 3, "roster": 1})
    raise_floor(province, "41113", {"policy": 2})
    found = floor_of(province, GATE.facility, now())
    assert (found.policy, found.site, found.roster, found.deny) == (2, 0, 1, 0)
    for scope in ("Suwon", "4111", "99999", "GG-99999-UP-0001", "GG-41113-ZZ-0001"):
        with pytest.raises(WireError, match=r"want GG-|no city or county"):
            raise_floor(province, scope, {"policy": 3})


def test_without_a_version_the_floor_is_shown_and_where_it_comes_from(tmp_path: Path) -> None:
    province = Province(tmp_path)
    province.init("Gyeonggi", None, now())
    assert ca("floor", "GG", province=province).stdout.split() == [
        "policy",
        "none",
        "site",
        "none",
        "roster",
        "none",
    ]
    assert ca("floor", "GG", "--policy", "3", "--roster", "0", province=province).exit_code == 0
    assert ca("floor", "41113", "--policy", "2", province=province).exit_code == 0
    shown = ca("floor", str(GATE.facility), province=province)
    assert shown.stdout.splitlines() == ["policy 2 (of 41113)", "site none", "roster 0 (of GG)"]
    told = json.loads(ca("floor", "GG", "--json", province=province).stdout)
    assert told == {"scope": "GG", "policy": 3, "site": None, "roster": 0}
    refused = ca("floor", "99999", province=province)
    assert (refused.exit_code, "no city or county" in refused.stderr) == (2, True)
    nowhere = ca("floor", "GG", province=Province(tmp_path / "nowhere"))
    assert (nowhere.exit_code, "sotdae ca init" in nowhere.stderr) == (2, True)


def test_whoever_is_made_void_is_on_the_next_list(ground: Ground, box: Box) -> None:
    serial = box.papers.certificate().serial_number
    assert ca("revoke", f"{serial:x}", "--reason", "stolen", province=ground.province).exit_code == 0
    assert ca("deny", "--key", KEY.upper(), "--reason", "lost", province=ground.province).exit_code == 0
    found = unseal(
        DenyList, httpx.get(f"{ground.url}/.well-known/sotdae/deny", verify=ground.trusting).content,
        ground.province.trust(),
    )  # fmt: skip
    assert f"{serial:x}" in found.serials
    assert NAME in found.nodes
    assert found.keys == (KEY,)
    ground.papers(box.papers.path.parent / "another", now())
    again = unseal(DenyList, publish_deny_list(ground.province, None, now()), ground.province.trust())
    assert NAME not in again.nodes, "the box has newer papers"
    assert f"{serial:x}" in again.serials
    assert again.version == found.version + 1


def test_an_older_list_is_refused_at_the_box(ground: Ground, box: Box) -> None:
    old = (ground.province.path / DENY_FILE).read_bytes()
    publish_deny_list(ground.province, None, now())
    assert box.device("renew").exit_code == 0
    with pytest.raises(WireError, match="is older than"):
        take_deny_list(box.papers, old)


def test_the_office_signs_the_list_anew_every_day_and_after_a_torn_publication(tmp_path: Path) -> None:
    province, at = Province(tmp_path), now()
    province.init("Gyeonggi", None, at)

    def version(when: datetime) -> int:
        return unseal(DenyList, deny_list(province, None, when), province.trust()).version

    assert [version(at + timedelta(hours=hours)) for hours in (0, 23, 25, 26)] == [1, 1, 2, 2]
    with province.services.ledger() as ledger:
        ledger.next_number("deny")  # a publication that ended before its file was written
    assert version(at + timedelta(hours=26)) == 4
    (tmp_path / DENY_FILE).write_bytes(b"{")
    assert version(at + timedelta(hours=26)) == 5


def test_a_box_without_a_link_takes_files(ground: Ground, box: Box, tmp_path: Path) -> None:
    floor, deny = tmp_path / "floor.json", tmp_path / "deny-list.json"
    scope = str(GATE.facility)
    made = ca("floor", scope, "--roster", "4", "--out", str(floor), province=ground.province)
    assert made.exit_code == 0, made.output
    assert ca("deny", "--out", str(deny), province=ground.province).exit_code == 0
    taken = box.device("take", "--floor", str(floor), "--deny", str(deny))
    assert taken.exit_code == 0, taken.output
    assert "roster 4" in taken.output
    elsewhere = Box(ground, Papers(tmp_path / "nowhere"))
    refused = elsewhere.device("take", "--deny", str(deny))
    assert refused.exit_code == 2
    assert "sotdae device enrol" in refused.output


def test_a_floor_of_another_place_is_refused(ground: Ground, box: Box) -> None:
    other = type(GATE.facility)("GG-41113-UP-0008")
    with pytest.raises(WireError, match="for GG-41113-UP-0008"):
        take_floor(box.papers, stated_floor(ground.province, other, None, now()), GATE)


def test_the_office_names_no_place_that_is_none(ground: Ground) -> None:
    answer = httpx.get(f"{ground.url}/.well-known/sotdae/floor/nowhere", verify=ground.trusting)
    assert answer.status_code == 403
    assert "facility id" in answer.text


def served(ground: Ground, facility: str) -> httpx.Response:
    return httpx.get(f"{ground.url}/.well-known/sotdae/floor/{facility}", verify=ground.trusting)


def test_a_floor_is_signed_once_until_it_changes(ground: Ground, box: Box) -> None:
    scope = str(GATE.facility)
    first = served(ground, scope)
    assert (first.status_code, served(ground, scope).content) == (200, first.content)
    held = unseal(Floor, first.content, ground.province.trust())
    raised = ca("floor", scope, "--roster", str(held.roster + 1), province=ground.province)
    assert raised.exit_code == 0, raised.output
    again = served(ground, scope)
    assert unseal(Floor, again.content, ground.province.trust()).roster == held.roster + 1
    publish_deny_list(ground.province, None, now())
    assert unseal(Floor, served(ground, scope).content, ground.province.trust()).deny == held.deny + 1


def test_no_key_is_opened_for_a_place_without_papers(tmp_path: Path) -> None:
    province, at = Province(tmp_path), now()
    province.init("Gyeonggi", None, at)
    province.add_city("41113", None, at)
    floors, signed = Floors(province, None), province.services.path / "key.pem"
    key = signed.read_bytes()
    signed.write_bytes(b"whoever opens this fails")
    for place in ("GG-41113-UP-0007", "GG-41135-UP-0007"):
        with pytest.raises(UnheardError, match=f"no box of {place}"):
            floors.stated(FacilityId(place), at)
    for box in (GATE, Address(FacilityId("GG-41113-UP-0008"), "gate-8")):
        province.certify_device(box, new_key().public_key(), None, at)
        with pytest.raises(ConfigError):
            floors.stated(box.facility, at)
    signed.write_bytes(key)
    raw = floors.stated(GATE.facility, at)
    signed.write_bytes(b"whoever opens this fails")
    assert floors.stated(GATE.facility, at + timedelta(hours=23)) == raw
    with pytest.raises(ConfigError):
        floors.stated(GATE.facility, at + timedelta(hours=25))


def test_who_tries_many_places_waits_and_boxes_do_not(ground: Ground, box: Box) -> None:
    assert served(ground, str(GATE.facility)).status_code == 200
    with httpx.Client(verify=ground.trusting, base_url=ground.url) as line:
        path = "/.well-known/sotdae/floor/GG-41113-UP-"
        tries = (line.get(f"{path}{number:04}").status_code for number in range(1000, 9999))
        assert 429 in tries
        assert line.get(f"{path}0007").status_code == 200
    elsewhere = served(ground, "GG-41999-UP-0007")
    assert (elsewhere.status_code, "no box of" in elsewhere.text) == (404, True)


def test_a_key_that_is_none_is_refused(ground: Ground) -> None:
    refused = ca("deny", "--key", "kim-2026", province=ground.province)
    assert refused.exit_code == 2
    assert "sotdae gate key show" in refused.output


def test_a_number_that_falls_keeps_its_place(tmp_path: Path) -> None:
    province = Province(tmp_path)
    province.init("Gyeonggi", None, now())
    with province.services.ledger() as ledger:
        ledger.raise_number("x", 3)
        ledger.raise_number("x", 3)
        with pytest.raises(ConfigError, match="2 would be lower than 3"):
            ledger.raise_number("x", 2)
        assert ledger.number("x") == 3
        assert ledger.number("y") is None


def test_a_box_that_was_struck_off_hears_so_though_nothing_is_due(ground: Ground, box: Box) -> None:
    serial = f"{box.papers.certificate().serial_number:x}"
    assert ca("revoke", serial, "--reason", "stolen", province=ground.province).exit_code == 0
    said = box.device("renew")
    assert (said.exit_code, said.stdout) == (1, "")
    assert "STRUCK OFF: deny list" in said.stderr
    assert "sotdae device enrol" in said.stderr
    alone = box.device("renew", "--office", "https://localhost:1")
    assert (alone.exit_code, "STRUCK OFF" in alone.stderr, "does not answer" in alone.stderr) == (
        1,
        True,
        True,
    )
    refused = box.device("renew", "--force")
    assert (refused.exit_code, "revoked: stolen" in refused.stderr) == (2, True)
    looking = Renewing(
        box.papers, None, now=now, ended=lambda _: True, tell=print, every_s=60.0, rng=random.Random(0)
    )
    assert looking.once().startswith("STRUCK OFF")


def test_a_box_whose_former_papers_are_void_is_not_struck_off(ground: Ground, box: Box) -> None:
    former = f"{box.papers.certificate().serial_number:x}"
    assert box.device("renew", "--force").exit_code == 0
    assert ca("revoke", former, "--reason", "rotated", province=ground.province).exit_code == 0
    said = box.device("renew")
    assert (said.exit_code, "not due before" in said.stdout) == (0, True), said.output
