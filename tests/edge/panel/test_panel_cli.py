"""`sotdae gate panel` says what is missing and how to mend it."""

from pathlib import Path

import pytest
from edge.panel.house import KEYS, PEOPLE
from typer.testing import CliRunner

from sotdae_edge.panel import cli
from sotdae_edge.panel.cli import panel_app
from sotdae_edge.panel.keys import roster_block
from sotdae_shared.signing import to_pem

FILE = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "{dir}"
{more}
"""


def asked(tmp_path: Path, *words: str, more: str = "") -> tuple[int, str]:
    """Run the command with kim's bare key; return its exit code and what it said."""
    key, config = tmp_path / "kim.pem", tmp_path / "gate.toml"
    key.write_bytes(to_pem(KEYS["kim"], None))
    key.chmod(0o600)
    people = "\n".join(roster_block(each.name, each.key, each.level, each.public) for each in PEOPLE)
    config.write_text(FILE.format(dir=tmp_path / "store", more=more + people), encoding="utf-8")
    done = CliRunner().invoke(panel_app, ["panel", "--config", str(config), "--key", str(key), *words])
    return done.exit_code, done.output


def test_without_an_agent_there_is_nothing_to_print(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "--once", "--json")
    assert (code, "no agent answers: No such file" in said) == (1, True), said


def test_what_is_wrong_is_said_in_korean(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "--once", "--lang", "ko")
    assert (code, "응답하는 에이전트 없음: 파일 없음" in said) == (1, True), said
    code, said = asked(tmp_path, "--lang", "ko")
    assert (code, "화면에는 터미널 필요" in said) == (2, True), said
    code, said = asked(tmp_path, "--lang", "ko", more="[panel]\nenabled = false\n")
    assert (code, "에이전트가 화면을 열지 않음" in said) == (2, True), said


def test_without_a_terminal_it_names_what_scripts_want(tmp_path: Path) -> None:
    code, said = asked(tmp_path)
    assert (code, "--once --json" in said) == (2, True), said


def test_a_file_that_switches_it_off_is_named(tmp_path: Path) -> None:
    code, said = asked(tmp_path, more="[panel]\nenabled = false\n")
    assert (code, "panel.enabled" in said) == (2, True), said


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LC_MESSAGES": "ko_KR"}, "ko"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_terminals(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], lang: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cli.language() == lang
