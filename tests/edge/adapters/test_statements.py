"""Floor and deny list are kept twice; neither an old backup nor a lost copy lowers them."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sotdae_edge.adapters.state import FileState
from sotdae_edge.adapters.statements import Statements
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import publish_deny_list, raise_floor, stated_floor
from sotdae_shared.ids import FacilityId

AT = datetime(2026, 11, 1, tzinfo=UTC)
PLACE = FacilityId("GG-41113-UP-0007")


class Box:
    def __init__(self, path: Path) -> None:
        self.papers, self.state, self.province = path / "papers", path / "state", Province(path / "ca")
        self.province.init("Gyeonggi", None, AT - timedelta(days=30))
        (self.papers / "current").mkdir(parents=True)
        (self.papers / "current/root.pem").write_bytes(self.province.trust())

    def read(self, facility: str = PLACE) -> Statements:
        stores = (FileState(self.state / f"{name}.state") for name in ("floor", "deny"))
        return Statements(self.papers, facility, *stores)

    def enrol(self, *, policy: int) -> None:
        raise_floor(self.province, "41113", {"policy": policy})
        (self.papers / "floor.json").write_bytes(stated_floor(self.province, PLACE, None, AT))

    def policy(self) -> int | None:
        held = self.read().floor()
        return None if held is None else held.policy

    def deny(self) -> None:
        (self.papers / "deny.json").write_bytes(publish_deny_list(self.province, None, AT))

    def version(self) -> int | None:
        held = self.read().deny_list()
        return None if held is None else held.version


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_papers_from_a_backup_lower_nothing(box: Box) -> None:
    assert box.policy() is None
    box.enrol(policy=4)
    old = (box.papers / "floor.json").read_bytes()
    box.enrol(policy=5)
    assert box.policy() == 5
    (box.papers / "floor.json").write_bytes(old)
    statements = box.read()
    held = statements.floor()
    assert held is not None
    assert held.policy == 5
    assert statements.problems == ["floor: lower than the one that is held: policy 4 after 5"]


@pytest.mark.parametrize("lost", ["papers", "state", "damaged", "half a write"])
def test_one_copy_is_enough(box: Box, lost: str) -> None:
    box.enrol(policy=5)
    assert box.policy() == 5
    match lost:
        case "papers":
            (box.papers / "floor.json").unlink()
        case "state":
            shutil.rmtree(box.state)
        case "damaged":
            (box.papers / "floor.json").write_bytes(b"\0" * 100)
        case "half a write":
            for slot in box.state.glob("floor.state.*"):
                slot.write_bytes(slot.read_bytes()[:50])
    assert box.policy() == 5
    assert box.policy() == 5, "and it is there twice again"


def test_a_kept_floor_that_has_rotted_is_told(box: Box) -> None:
    box.enrol(policy=5)
    assert box.policy() == 5
    for slot in box.state.glob("floor.state.*"):
        slot.write_bytes(bytes(200))
    statements = box.read()
    assert statements.floor() is not None
    assert statements.problems == ["a kept statement was corrupt and set aside"]


def test_a_pipe_among_the_papers_holds_nobody_up(box: Box) -> None:
    for name in ("current/root.pem", "floor.json"):
        (box.papers / name).unlink(missing_ok=True)
        os.mkfifo(box.papers / name)
    statements = box.read()
    assert statements.floor() is None


def test_without_a_floor_there_is_none(box: Box) -> None:
    assert box.read().floor() is None
    box.enrol(policy=5)
    (box.papers / "current/root.pem").unlink()
    statements = box.read()
    assert statements.floor() is None
    assert "root.pem" in statements.problems[0]


def test_another_facilitys_floor_is_not_taken(box: Box) -> None:
    box.enrol(policy=5)
    other = box.read("GG-41113-UP-0008")
    assert other.floor() is None
    assert other.problems == ["a floor of GG-41113-UP-0007"]


def test_an_older_deny_list_is_refused(box: Box) -> None:
    box.deny()
    old = (box.papers / "deny.json").read_bytes()
    box.deny()
    assert box.version() == 2
    (box.papers / "deny.json").write_bytes(old)
    assert box.version() == 2
    shutil.rmtree(box.state)
    assert box.version() == 1, "all that is left of it"


def test_a_deny_list_below_the_floor_is_refused(box: Box) -> None:
    box.deny()
    old = (box.papers / "deny.json").read_bytes()
    box.deny()
    box.enrol(policy=1)
    (box.papers / "deny.json").write_bytes(old)
    statements = box.read()
    assert statements.deny_list() is None
    assert statements.problems == ["deny list 1 is below the floor 2"]
