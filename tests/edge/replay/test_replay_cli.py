"""`sotdae replay` as a user starts it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = [f"2020-07-23T21:{minute:02d}:00+09:00,{max(0, minute - 10) * 5}" for minute in range(40)]


@pytest.fixture
def flood(tmp_path: Path) -> Path:
    path = tmp_path / "flood.csv"
    path.write_text("\n".join(["time,level_cm", *ROWS]) + "\n")
    return path


def sotdae(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sotdae_provisioning", "replay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_prints_the_report_and_draws_it(flood: Path, tmp_path: Path) -> None:
    done = sotdae(flood, "--json", "--plot", tmp_path / "flood.png")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"site", "rows", "naive_close_at", "decisions", "false_closures"} <= told.keys()
    assert (told["rows"], told["false_closures"], told["channels"]) == (40, 0, ["level"])
    assert told["naive_close_at"] == "2020-07-23T21:13:00+09:00"
    closed = next(each for each in told["decisions"] if each["state"] == "closed")
    assert closed.keys() == {"at", "state", "level_cm", "first_out", "because"}
    assert closed["at"] == "2020-07-23T21:13:14.600+09:00"
    assert (tmp_path / "flood.png").read_bytes().startswith(b"\x89PNG")


def test_it_shows_a_table(flood: Path) -> None:
    done = sotdae(flood)
    assert done.returncode == 0, done.stderr
    assert "pre_warn" in done.stdout
    assert "closings 1, false 0 (of these predicted 0)" in done.stdout
    assert "a bare threshold would have closed at 2020-07-23T21:13:00+09:00" in done.stdout


def test_a_site_of_its_own(flood: Path, tmp_path: Path) -> None:
    site = tmp_path / "gate.toml"
    example = Path(__file__).parents[3] / "edge" / "gate.example.toml"
    site.write_text(example.read_text().replace("close_cm = 15.0", "close_cm = 10.0"))
    told = json.loads(sotdae(flood, "--site", site, "--json").stdout)
    assert told["naive_close_at"] == "2020-07-23T21:12:00+09:00"


def test_a_bad_line_is_named(flood: Path) -> None:
    flood.write_text("time,level_cm\n0,1\n1,wet\n")
    done = sotdae(flood)
    assert done.returncode == 2
    assert "line 3: level_cm 'wet': want a number" in done.stderr
    done = sotdae(flood, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"] == ["line 3: level_cm 'wet': want a number, or nothing"]


def test_moments_stay_whole_on_a_narrow_terminal(flood: Path) -> None:
    done = sotdae(flood)
    assert "2020-07-23T21:13:14.600+09:00  closed" in done.stdout


def test_a_dry_record_closes_for_nobody(flood: Path) -> None:
    flood.write_text("time,level_cm\n0,0\n3600,0\n")
    done = sotdae(flood)
    assert done.returncode == 0, done.stderr
    assert "2 rows over 1.0 hours" in done.stdout
    assert "a bare threshold would never have closed" in done.stdout


def test_a_picture_without_a_name_is_told(flood: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    done = sotdae(flood, "--plot", folder)
    assert done.returncode == 2
    assert "want a file whose name ends in .png" in done.stderr
    assert sorted(tmp_path.iterdir()) == [flood, folder], "nothing is written beside the folder"


def test_a_picture_nowhere_is_told(flood: Path, tmp_path: Path) -> None:
    done = sotdae(flood, "--plot", tmp_path / "none" / "x.png")
    assert done.returncode == 2
    assert "--plot" in done.stderr
