"""A demo that could not be told truthfully is refused before anything starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from sotdae_provisioning.demo.places import directories, reports
from sotdae_shared.errors import ConfigError

TWO = ["gauge", "cut"]


def refused(*words: str) -> str:
    """Run the command, which must refuse on standard error alone; return what it says."""
    command = [sys.executable, "-m", "sotdae_provisioning", "demo", "--once", *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


def test_stories_do_not_share_a_directory(tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert directories(new, TWO) == {"gauge": new / "gauge", "cut": new / "cut"}
    assert directories(new, ["cut"]) == {"cut": new}
    assert len(set(directories(None, TWO).values())) == 2


def test_stories_do_not_share_a_report(tmp_path: Path) -> None:
    assert reports(tmp_path / "r.json", ["cut"]) == {"cut": tmp_path / "r.json"}
    names = [path.name for path in reports(tmp_path / "r.json", TWO).values()]
    assert names == ["r-gauge.json", "r-cut.json"]
    assert reports(None, TWO) == {}


def test_what_another_run_left_is_not_counted_again(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").touch()
    with pytest.raises(ConfigError, match="not empty"):
        directories(tmp_path, ["cut"])
    with pytest.raises(ConfigError, match="not a directory"):
        directories(tmp_path / "truth.jsonl", ["cut"])


def test_the_command_line_refuses_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "outbox.db").touch()
    assert "is not empty" in refused("--scenario", "cut", "--dir", str(tmp_path / "old"))
    paper = tmp_path / "nowhere" / "r.json"
    run = tmp_path / "run"
    said = refused("--scenario", "cut", "--dir", str(run), "--report", str(paper))
    assert f"{paper}: cannot be written" in said
    assert not run.exists()
    assert "choryang" in refused("--scenario", "noah")
