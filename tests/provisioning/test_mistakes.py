"""What is typed wrong is told in words that mend it, with 2, and nothing is made."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sotdae_provisioning.__main__ import build, main
from sotdae_provisioning.pki.province import Province

NOW = datetime.now(UTC)
CA, NOWHERE = ("--dir", "ca"), ("--dir", "nowhere")
GATE = ("--facility", "GG-41113-UP-0007", "--node")
NO_CITY, NO_AUTHORITY = "no city or county of this province has", "no authority here"
MISTAKES = {
    ("ca", "issue", *CA, *GATE, "G!", "--out", "made"): "node 'G!': want lower-case letters",
    ("ca", "issue", *CA, "--service", "foo", "--out", "made"): "want one of hub, broker, office",
    ("ca", "issue", *CA, "--service", "hub", "--host", "b c", "--out", "made"): "'b c': want the name",
    ("ca", "issue", *CA, "--service", "hub", "--host", "-b", "--out", "made"): "'-b': want the name",
    ("ca", "city", "4111", *CA): NO_CITY,
    ("ca", "crl", *NOWHERE): NO_AUTHORITY,
    ("ca", "deny", *NOWHERE): NO_AUTHORITY,
    ("ca", "revoke", "ab", "--reason", "lost", *NOWHERE): NO_AUTHORITY,
    ("ca", "serve", "--papers", "p", *NOWHERE): NO_AUTHORITY,
    ("ca", "floor", "41113", "--policy", "3", "--out", "made", *CA): "facility id '41113'",
    ("device", "list", "--city", "99999", *CA): NO_CITY,
    ("device", "take", "--papers", "p"): "want --floor FILE, --deny FILE, or both",
    ("device", "certify", "file", "--out", "made", *CA): "no request of `sotdae device request`",
    ("device", "accept", "file", "--papers", "made"): "no answer of `sotdae device certify`",
    ("policy", "new", "made", "--reason", "rain", "--set", "caution_cm"): "want NAME=NUMBER",
    ("gate", "check-config", "-c", "nosuch"): "cannot be read: No such file or directory",
    ("gate", "check-config", "-c", "cp949"): "save it as UTF-8",
    ("hub", "run", "--config", "nosuch"): "cannot be read: No such file or directory",
    ("hub", "run", "--dir", "file", "--port", "0"): "file: cannot be made or entered: File exists",
    ("dashboards", "export", "--out", "nosuch/made"): "cannot be written: No such file or directory",
    ("bridge", "read", "--profile", "nosuch"): "no such profile; give a TOML file; built in are homes",
    ("bridge", "simulate", "--truth", "nosuch/made"): "nosuch/made: No such file or directory",
    ("record", "verify", "nosuch"): "nosuch: No such file or directory",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, NOW)
    province.add_city("41113", None, NOW)
    (tmp_path / "file").write_text("nothing of ours\n")
    (tmp_path / "cp949").write_bytes("# 지하차도".encode("cp949"))
    return tmp_path


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_is_told_and_makes_nothing(place: Path, words: tuple[str, ...]) -> None:
    before = sorted(each.name for each in place.iterdir())
    done = CliRunner().invoke(build(words[0], words[1]), words)
    assert (done.exit_code, done.stdout, MISTAKES[words] in done.stderr) == (2, "", True), done.output
    assert "Errno" not in done.stderr
    assert sorted(each.name for each in place.iterdir()) == before


def test_a_floor_that_cannot_be_written_is_not_raised(place: Path) -> None:
    CliRunner().invoke(build("ca"), ["ca", "floor", "41113", "--policy", "3", "--out", "made", *CA])
    shown = CliRunner().invoke(build("ca"), ["ca", "floor", "41113", *CA])
    assert shown.stdout.splitlines()[0] == "policy none"


def test_a_question_that_nobody_answers_names_its_option(place: Path) -> None:
    done = CliRunner().invoke(build("ca"), ["ca", "revoke", "ab", *CA])
    assert (done.exit_code, "Reason (--reason)" in done.output) == (1, True)


def test_a_command_given_up_while_it_loads_ends_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def given_up(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["sotdae", "bridge", "profiles"])
    monkeypatch.setattr("importlib.import_module", given_up)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_h_is_help_everywhere() -> None:
    for words in ([], ["ca"], ["ca", "floor"]):
        done = CliRunner().invoke(build("ca"), [*words, "-h"])
        assert (done.exit_code, "Usage" in done.output) == (0, True)
