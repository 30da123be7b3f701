"""The hub's release key as a file, and a hub without one."""

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sotdae_edge.panel.keys import make_key
from sotdae_hub.adapters.release_key import load_release_key, make_release_key
from sotdae_hub.cli import app
from sotdae_shared.errors import ConfigError
from sotdae_shared.signing import public_of


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "release.pem"
    made = make_release_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_of(load_release_key(path)) == public_of(made)
    with pytest.raises(ConfigError, match="never overwritten"):
        make_release_key(path)


def test_a_key_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    bare, locked, junk = tmp_path / "bare.pem", tmp_path / "locked.pem", tmp_path / "junk.pem"
    make_release_key(bare)
    bare.chmod(0o640)
    make_key(locked, "correct horse")
    junk.write_bytes(b"\xff" * 40_000)
    junk.chmod(0o600)
    for path, words in ((bare, "chmod 600"), (locked, "passphrase"), (junk, "sotdae hub release-key")):
        with pytest.raises(ConfigError, match=words):
            load_release_key(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_release_key(tmp_path / "none.pem")


def test_the_command_prints_lines_for_both_files(tmp_path: Path) -> None:
    path = tmp_path / "release.pem"
    answer = CliRunner().invoke(app, ["release-key", "--name", "hub-2026", "--out", str(path)])
    assert answer.exit_code == 0, answer.output
    hub, gate = answer.output.split("# in each gate's file")
    assert tomllib.loads(hub)["release"] == {"name": "hub-2026", "key": str(path)}
    assert tomllib.loads(gate)["release"] == [
        {"key": "hub-2026", "public": public_of(load_release_key(path))}
    ]
    again = CliRunner().invoke(app, ["release-key", "--name", "hub-2026", "--out", str(path)])
    assert (again.exit_code, "never overwritten" in again.output) == (2, True)
