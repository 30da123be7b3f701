"""Whom a walk does not let begin: beside an agent or its watchdog, as another user, without a name."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner
from walk_kit import write_gate

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.watchdog.link import Link, name_of
from sotdae_provisioning.device.cli import device_app
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

ADDRESS = Address(FacilityId("GG-41113-UP-0007"), "gate-41113-up-0007")


def walked(file: Path, *words: str) -> tuple[int, str]:
    said = CliRunner().invoke(
        device_app, ["walk", "--config", str(file), "--report", str(file.with_name("r.html")), *words]
    )
    return said.exit_code, said.output


def test_not_while_the_agent_runs(tmp_path: Path) -> None:
    file = write_gate(tmp_path, 1)
    outbox = SqliteOutbox(tmp_path / "gate/outbox.db", ADDRESS, "0" * 16, telemetry_budget_bytes=1_000_000)
    code, said = walked(file, "--yes", "--technician", "kim")
    outbox.close()
    assert code == 1
    assert "the gate's agent runs: stop it first" in said
    assert not (tmp_path / "r.json").exists()


def test_not_while_the_watchdog_runs(tmp_path: Path) -> None:
    file = write_gate(tmp_path, 1)
    watchdog = Link(name_of(tmp_path / "gate"))
    code, said = walked(file, "--yes", "--technician", "kim")
    watchdog.close()
    assert (code, "the gate's watchdog runs: stop it first" in said) == (1, True)


AS_SOMEBODY = """\
import json, os, pathlib, sys
from sotdae_provisioning.device.walk.ready import become_owner
if sys.argv[2] != "0":
    os.setuid(int(sys.argv[2]))
become_owner(pathlib.Path(sys.argv[1]))
print(json.dumps([os.getresuid(), os.getresgid(), os.getgroups()]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("uid", [65534, 54321])
def test_root_goes_on_as_the_agents_user(tmp_path: Path, uid: int) -> None:
    """One with a name in the list of users, one without."""
    os.chown(tmp_path, uid, uid)
    done = became(tmp_path, 0)
    users, groups, more = json.loads(done.stdout)
    assert (users, groups) == ([uid] * 3, [uid] * 3), done.stderr
    assert 0 not in more


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_nobody_else_than_root_or_the_agents_user(tmp_path: Path) -> None:
    closed = became(tmp_path, 4242)
    assert "Permission denied: walk as root, or as the agent's user" in closed.stderr
    with TemporaryDirectory() as place:
        os.chown(place, 54321, 54321)
        Path(place).chmod(0o755)
        foreign = became(Path(place), 4242)
    assert "belongs to user 54321: walk as root, or as that user" in foreign.stderr
    assert (closed.returncode, foreign.returncode) == (1, 1)


def became(directory: Path, first: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_SOMEBODY, str(directory), str(first)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_place_that_cannot_be_written_to_is_found_out_before_the_first_step(tmp_path: Path) -> None:
    file = write_gate(tmp_path, 1)
    (tmp_path / "blocked").write_text("a file", encoding="utf-8")
    words = ["--yes", "--technician", "kim", "--report", str(tmp_path / "blocked/r.html")]
    code, said = walked(file, *words)
    assert (code, "cannot be" in said, "The box" in said) == (2, True, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "needs a terminal; scripts give --answers FILE or --yes"),
        (("--yes",), "want --technician NAME"),
        (("--yes", "--technician", "kim", "--report", "r.pdf"), "ends in .html"),
        (("--answers", "/nowhere.toml", "--technician", "kim"), "no file of answers"),
    ],
)
def test_what_is_missing_is_said(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    code, output = walked(write_gate(tmp_path, 1), *words)
    assert code == 2
    assert said in output


def test_a_file_of_something_else_is_no_walk_to_go_on_with(tmp_path: Path) -> None:
    file = write_gate(tmp_path, 1)
    (tmp_path / "r.json").write_text("{}", encoding="utf-8")
    code, said = walked(file, "--yes", "--technician", "kim")
    assert (code, "is no report" in said) == (2, True)


@pytest.mark.parametrize("name", ["label.html", "label.svg"])
def test_a_label_makes_no_folder_of_a_mistyped_path(tmp_path: Path, name: str) -> None:
    file, out = write_gate(tmp_path, 1), tmp_path / "nosuch/deep" / name
    words = ["label", "--config", str(file), "--serial", "SN-1", "--out"]
    refused = CliRunner().invoke(device_app, [*words, str(out)])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"there is no folder {out.parent}" in refused.stderr
    assert not (tmp_path / "nosuch").exists()
    drawn = CliRunner().invoke(device_app, [*words, str(tmp_path / name)])
    assert (drawn.exit_code, (tmp_path / name).exists()) == (0, True), drawn.output


def test_a_walk_makes_no_folder_of_a_mistyped_report(tmp_path: Path) -> None:
    file = write_gate(tmp_path, 1)
    code, said = walked(file, "--yes", "--technician", "kim", "--report", str(tmp_path / "nosuch/r.html"))
    assert (code, "there is no folder" in said) == (2, True), said
    assert not (tmp_path / "nosuch").exists()
