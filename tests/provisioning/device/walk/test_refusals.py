"""Whom a walk does not let begin: beside an agent or its watchdog, as another user, without a name."""

import os
from pathlib import Path

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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_not_as_another_user(tmp_path: Path) -> None:
    file = write_gate(tmp_path, 1)
    (tmp_path / "gate").mkdir()
    os.chown(tmp_path / "gate", 12345, 12345)
    code, said = walked(file, "--yes", "--technician", "kim")
    assert (code, "walk as the agent's user" in said) == (2, True)


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
