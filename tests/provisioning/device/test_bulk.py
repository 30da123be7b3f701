"""Many boxes from a list: tickets or papers, cut short and gone on with, and never a second identity."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from need import until
from office_kit import Ground, office
from typer.testing import CliRunner

from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.parcels import ANSWERED, ASKED, Answered, Asked, ask
from sotdae_provisioning.pki.codes import Codes
from sotdae_provisioning.pki.folder import write
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import publish_deny_list
from sotdae_shared.errors import WireError
from sotdae_shared.identity import address_from
from sotdae_shared.units import KST

OFFICE = "https://localhost:8443"


def run(*words: object) -> Result:
    return CliRunner().invoke(device_app, [str(word) for word in words])


def told(result: Result) -> dict[str, object]:
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def ca(tmp_path: Path) -> Province:
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, datetime.now(UTC))
    for code in ("41113", "41135"):
        province.add_city(code, None, datetime.now(UTC))
    return province


def listed(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["facility,node,serial,name", *lines]) + "\n", encoding="utf-8")
    return path


def line(number: int, city: str = "41113") -> str:
    return f"GG-{city}-UP-{number % 10_000:04},gate-{number},SN-{number},문 {number}"


def asked(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        address = address_from(f"GG-41113-UP-{number % 10_000:04}", f"gate-{number}")
        request = ask(Papers(folder / "boxes" / address.node), address, f"SN-{number}")
        write(folder / f"{address.node}{ASKED}", request.raw())


def given_names(province: Province) -> Counter[str]:
    with province.city("41113").ledger() as ledger:
        return Counter(each.name for each in ledger.all())


def test_tickets_are_given_once_and_the_rest_says_why_not(ca: Province, tmp_path: Path) -> None:
    bad = "GG-41113-UP-0003,Gate,SN-3,x"
    boxes = listed(tmp_path / "boxes.csv", line(1), line(2, "41135"), bad, line(4, "41999"), line(5))
    words = ("enrol-many", boxes, "--dir", ca.path, "--office", OFFICE, "--out", tmp_path / "out", "--json")
    first = run(*words)
    assert first.exit_code == 1, first.output
    assert {**told(first), "errors": None} == {
        "given": 3,
        "kept": 0,
        "enrolled": 0,
        "waiting": 0,
        "bad": 2,
        "unchecked": 0,
        "errors": None,
    }
    errors = (tmp_path / "out/errors.csv").read_text(encoding="utf-8-sig")
    assert "want lower-case" in errors
    assert "line 5: city 41999 has no authority here" in errors
    tickets = {path.name: path.read_text() for path in (tmp_path / "out/tickets").iterdir()}
    assert set(tickets) == {"gate-1.txt", "gate-2.txt", "gate-5.txt"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "out/tickets").iterdir())
    (tmp_path / "out/tickets/gate-2.txt").unlink()
    assert told(run(*words))["kept"] == 2, "one was lost and is given anew"
    again = {path.name: path.read_text() for path in (tmp_path / "out/tickets").iterdir()}
    assert [again[name] == tickets[name] for name in sorted(tickets)] == [True, False, True]


def test_the_sheet_is_text_whatever_the_list_says(ca: Province, tmp_path: Path) -> None:
    boxes = listed(tmp_path / "boxes.csv", "GG-41113-UP-0001,gate-1,SN-1,<script>alert(1)</script>")
    done = run("enrol-many", boxes, "--dir", ca.path, "--office", OFFICE, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    sheet = tmp_path / "out/sheet.html"
    page = sheet.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 1
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert not any(
        word in done.output for word in Path(tmp_path / "out/tickets/gate-1.txt").read_text().split()
    )


def test_the_sheet_says_of_each_ticket_when_it_ends(ca: Province, tmp_path: Path) -> None:
    words = ("--dir", ca.path, "--office", OFFICE, "--out", tmp_path / "out", "--hours")
    assert run("enrol-many", listed(tmp_path / "one.csv", line(1)), *words, 1).exit_code == 0
    two = run("enrol-many", listed(tmp_path / "two.csv", line(1), line(2)), *words, 48, "--json")
    assert (told(two)["kept"], told(two)["given"]) == (1, 1)
    labels = (tmp_path / "out/sheet.html").read_text(encoding="utf-8").split("<article>")[1:]
    ends = {grant.address.node: grant.until for grant in Codes(ca.path / "codes.db").out(datetime.now(UTC))}
    assert ends["gate-2"] - ends["gate-1"] > timedelta(hours=46)
    for node, label in zip(("gate-1", "gate-2"), labels, strict=True):
        assert f"기한 until {ends[node].astimezone(KST):%Y-%m-%d %H:%M} KST" in label


def test_a_ticket_of_the_list_enrols_its_box_which_then_needs_none(tmp_path: Path) -> None:
    with office(tmp_path) as ground:
        boxes = listed(tmp_path / "boxes.csv", line(1), line(2))
        where = ("--dir", ground.province.path, "--office", ground.url, "--out", tmp_path / "out", "--json")
        assert run("enrol-many", boxes, *where).exit_code == 0
        ticket = (tmp_path / "out/tickets/gate-1.txt").read_text().strip()
        assert run("enrol", ticket, "--papers", tmp_path / "papers").exit_code == 0
        assert told(run("enrol-many", boxes, *where)) | {"errors": None} == {
            "given": 0, "kept": 1, "enrolled": 1, "waiting": 0, "bad": 0, "unchecked": 0,
            "errors": None,
        }  # fmt: skip
        assert not (tmp_path / "out/tickets/gate-1.txt").exists()
        _taken(ground, tmp_path)


def _taken(ground: Ground, tmp_path: Path) -> None:
    """Neither another box under the same node, nor the same box under another, nor the node elsewhere."""
    here = "GG-41113-UP-0001,gate-1,SN-99,", "GG-41113-UP-0001,gate-99,SN-1,"
    where = ("--dir", ground.province.path, "--office", ground.url, "--out", tmp_path / "more", "--json")
    for lines, reasons in (
        (here, ("gate-1 is box SN-1: sotdae device replace", "box SN-1 is gate-1 already")),
        (("GG-41135-UP-0001,gate-1,SN-98,",), ("gate-1 is a node of city 41113",)),
        (("GG-41135-UP-0001,gate-98,SN-1,",), ("box SN-1 is gate-1 already",)),
    ):
        assert told(run("enrol-many", listed(tmp_path / "more.csv", *lines), *where))["bad"] == len(lines)
        errors = (tmp_path / "more/errors.csv").read_text(encoding="utf-8-sig")
        assert all(reason in errors for reason in reasons), errors


def test_a_box_without_a_link_is_enrolled_by_files(ca: Province, tmp_path: Path) -> None:
    papers, file = tmp_path / "papers", tmp_path / "box.csr.json"
    words = ("GG-41113-UP-0007", "gate-7", "--serial", "SN-7", "--papers", papers, "--out", file)
    said = run("request", *words)
    assert said.exit_code == 0, said.output
    key = Asked.read(file.read_bytes()).key_sha256
    assert key in said.output
    assert b"PRIVATE" not in file.read_bytes()
    swapped = run("certify", file, "--dir", ca.path, "--out", tmp_path / "out", "--key", "00" * 32)
    assert swapped.exit_code == 2
    assert "was it swapped" in swapped.output
    assert given_names(ca) == {}
    for _ in range(2):  # the answer was lost on the way: the same again
        done = run("certify", file, "--dir", ca.path, "--out", tmp_path / "out", "--key", key)
        assert done.exit_code == 0, done.output
    assert given_names(ca) == {"gate-7": 1}
    answer = tmp_path / "out/gate-7.papers.json"
    wrong = run("accept", answer, "--papers", papers, "--root", "11" * 32)
    assert "another root" in wrong.output
    assert Papers(papers).current is None
    taken = run("accept", answer, "--papers", papers)
    assert taken.exit_code == 0, taken.output
    assert "gate-7.up-0007.41113.sotdae.internal until" in taken.output
    assert (papers / "floor.json").exists()
    assert (papers / "deny.json").exists()
    assert run("show", "--papers", papers).exit_code == 0


def test_papers_of_another_box_are_not_taken(ca: Province, tmp_path: Path) -> None:
    asked(tmp_path / "in", 1, 2)
    boxes = listed(tmp_path / "boxes.csv", line(1), line(2))
    words = ("enrol-many", boxes, "--dir", ca.path, "--unchecked-keys", "--requests", tmp_path / "in",
             "--out", tmp_path / "out")  # fmt: skip
    assert run(*words).exit_code == 0
    wrong = run("accept", tmp_path / "out/gate-2.papers.json", "--papers", tmp_path / "in/boxes/gate-1")
    assert wrong.exit_code == 2
    assert "another key" in wrong.output
    assert Papers(tmp_path / "in/boxes/gate-1").current is None


def test_a_request_counts_by_the_key_that_its_box_showed(ca: Province, tmp_path: Path) -> None:
    asked(tmp_path / "in", 1, 2, 3)
    keys = [Asked.read((tmp_path / f"in/gate-{at}.csr.json").read_bytes()).key_sha256 for at in (1, 2, 3)]
    asked(tmp_path / "thief", 2)
    (tmp_path / "in/gate-2.csr.json").write_bytes((tmp_path / "thief/gate-2.csr.json").read_bytes())
    boxes = tmp_path / "boxes.csv"
    lines = [f"{line(1)},{keys[0].upper()}", f"{line(2)},{keys[1]}", f"{line(3)},", f"{line(4)},zz"]
    boxes.write_text("\n".join(["facility,node,serial,name,key", *lines]) + "\n", encoding="utf-8")
    words = ("--dir", ca.path, "--requests", tmp_path / "in", "--out", tmp_path / "out", "--json")
    figures = told(run("enrol-many", boxes, *words))
    assert (figures["given"], figures["bad"], figures["unchecked"]) == (1, 3, 0)
    assert given_names(ca) == {"gate-1": 1}
    errors = tmp_path / "out/errors.csv"
    reasons = errors.read_text(encoding="utf-8-sig")
    for reason in (
        "was it swapped?",
        "write the one that the box showed in the column key",
        "want the 64 hex",
    ):
        assert reason in reasons
    shutil.copy(errors, tmp_path / "mended.csv")
    figures = told(run("enrol-many", tmp_path / "mended.csv", *words, "--unchecked-keys"))
    assert (figures["given"], figures["unchecked"]) == (1, 1), "an unknown key is let pass, a wrong one never"
    assert given_names(ca) == {"gate-1": 1, "gate-3": 1}
    said = run("enrol-many", tmp_path / "mended.csv", *words[:-1], "--unchecked-keys")
    assert "1 keys compared with nothing" in said.output


def test_requests_that_do_not_fit_the_list_stop_nobody(ca: Province, tmp_path: Path) -> None:
    asked(tmp_path / "in", 1, 2, 9)
    (tmp_path / "in/copy.csr.json").write_bytes((tmp_path / "in/gate-1.csr.json").read_bytes())
    (tmp_path / "in/torn.csr.json").write_bytes(b'{"facility":')
    forged = Asked.read((tmp_path / "in/gate-2.csr.json").read_bytes())
    write(tmp_path / "in/gate-2.csr.json", forged.model_copy(update={"request": "nonsense"}).raw())
    boxes = listed(tmp_path / "boxes.csv", line(1), line(2), line(3))
    words = ("enrol-many", boxes, "--dir", ca.path, "--unchecked-keys", "--requests", tmp_path / "in",
             "--out", tmp_path / "out")  # fmt: skip
    done = run(*words, "--json")
    figures = told(done)
    assert (done.exit_code, figures["given"], figures["waiting"], figures["bad"]) == (1, 1, 1, 4), done.output
    errors = (tmp_path / "out/errors.csv").read_text(encoding="utf-8-sig")
    for reason in (
        "not on the list",
        "a second request",
        "no request of `sotdae device request`",
        "no certificate signing request",
    ):
        assert reason in errors
    assert given_names(ca) == {"gate-1": 1}


def test_a_box_that_lost_its_key_is_told_what_to_do(ca: Province, tmp_path: Path) -> None:
    boxes = listed(tmp_path / "boxes.csv", line(1))
    asked(tmp_path / "in", 1)
    words = ("enrol-many", boxes, "--dir", ca.path, "--out", tmp_path / "out", "--unchecked-keys",
             "--requests")  # fmt: skip
    assert run(*words, tmp_path / "in").exit_code == 0
    asked(tmp_path / "again", 1)
    assert run(*words, tmp_path / "again").exit_code == 1
    assert "has papers for another key" in (tmp_path / "out/errors.csv").read_text(encoding="utf-8-sig")
    assert given_names(ca) == {"gate-1": 1}


def test_killed_at_any_moment_it_goes_on_without_a_second_identity(ca: Province, tmp_path: Path) -> None:
    _killed_and_resumed(ca, tmp_path, boxes=150, kills=2)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_thousand_boxes_killed_ten_times(ca: Province, tmp_path: Path) -> None:
    _killed_and_resumed(ca, tmp_path, boxes=1_000, kills=10)


def answered(out: Path) -> int:
    """Count the answers that are on disk."""
    try:
        return sum(each.name.endswith(ANSWERED) for each in os.scandir(out))
    except FileNotFoundError:
        return 0


def _killed_and_resumed(ca: Province, tmp_path: Path, boxes: int, kills: int) -> None:
    """SIGKILL each time so many more answers are on disk; then to the end, and look at the ledger."""
    file = listed(tmp_path / "boxes.csv", *(line(number) for number in range(boxes)))
    asked(tmp_path / "in", *range(boxes))
    out = tmp_path / "out"
    command = [
        sys.executable, "-m", "sotdae_provisioning", "device", "enrol-many", str(file), "--dir", str(ca.path),
        "--requests", str(tmp_path / "in"), "--out", str(out), "--json",
        "--unchecked-keys",
    ]  # fmt: skip
    cut = 0
    for turn in range(kills):
        wanted = boxes * (turn + 1) // (kills + 1)
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until(
                lambda child=child, wanted=wanted: child.poll() is not None or answered(out) >= wanted, 100.0
            )
        finally:
            child.kill()
            cut += child.wait() == -signal.SIGKILL
    assert cut, "it was never cut short: nothing is shown"
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["given"] + figures["kept"] == boxes
    assert given_names(ca) == {f"gate-{number}": 1 for number in range(boxes)}
    with ca.city("41113").ledger() as ledger:
        pems = {each.name: each.pem for each in ledger.all()}
    answers = [Answered.read(path.read_bytes()) for path in out.glob("*.papers.json")]
    assert {each.node for each in answers} == set(pems)
    assert all(each.chain.startswith(pems[each.node]) for each in answers), "what went out is in the ledger"


def test_an_answer_stays_until_there_is_a_newer_deny_list(ca: Province, tmp_path: Path) -> None:
    asked(tmp_path / "in", 1)
    boxes, answer = listed(tmp_path / "boxes.csv", line(1)), tmp_path / "out/gate-1.papers.json"
    words = ("enrol-many", boxes, "--dir", ca.path, "--unchecked-keys", "--requests", tmp_path / "in",
             "--out", tmp_path / "out")  # fmt: skip
    assert run(*words).exit_code == 0
    first, written_ns = Answered.read(answer.read_bytes()), answer.stat().st_mtime_ns
    assert run(*words).exit_code == 0
    assert answer.stat().st_mtime_ns == written_ns
    publish_deny_list(ca, None, datetime.now(UTC))
    assert run(*words).exit_code == 0
    second = Answered.read(answer.read_bytes())
    assert (second.chain, second.deny == first.deny) == (first.chain, False)


def test_two_lists_at_once_are_one_after_the_other(ca: Province, tmp_path: Path) -> None:
    from sotdae_provisioning.device.standing import alone

    boxes = listed(tmp_path / "boxes.csv", line(1))
    with alone(ca):
        said = run("enrol-many", boxes, "--dir", ca.path, "--office", OFFICE, "--out", tmp_path / "out")
    assert said.exit_code == 1
    assert "another command gives out codes or papers here" in said.output


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f'{{"facility": "{text}"}}'.encode()))
def test_any_bytes_as_a_request_or_an_answer_are_refused_in_words(raw: bytes) -> None:
    for kind in (Asked, Answered):
        with pytest.raises(WireError):
            kind.read(raw)
