"""Models are pinned by digest: what is wrong is refused and never kept."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sotdae_edge.vision import models
from sotdae_edge.vision.cli import app
from sotdae_shared.errors import ConfigError, LinkError

ARMZONE = models.KNOWN["armzone"]
PACKAGED = models.PACKAGED / ARMZONE.file
run = CliRunner().invoke


def test_the_packaged_model_is_found_and_sound(tmp_path: Path) -> None:
    path = models.locate("armzone", {"SOTDAE_MODELS": str(tmp_path)})
    assert path == PACKAGED
    assert models.verify(path) is ARMZONE


def test_a_model_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sotdae models pull yolox-nano"):
        models.locate("yolox-nano", {"SOTDAE_MODELS": str(tmp_path)})
    with pytest.raises(ConfigError, match=r"want a \.tflite file or one of armzone, yolox-nano"):
        models.locate("yolo", {})


def test_pull_from_a_directory_keeps_what_is_right(tmp_path: Path) -> None:
    sizes: list[int] = []
    path = models.pull(ARMZONE, str(models.PACKAGED), tmp_path / "home", sizes.append)
    assert path.read_bytes() == PACKAGED.read_bytes()
    assert sizes[-1] == PACKAGED.stat().st_size
    assert [each.name for each in path.parent.iterdir()] == [ARMZONE.file]


def test_pull_refuses_wrong_bytes_and_keeps_nothing(tmp_path: Path) -> None:
    raw = bytearray(PACKAGED.read_bytes())
    raw[5000] ^= 1
    source, home = tmp_path / "source", tmp_path / "home"
    source.mkdir()
    (source / ARMZONE.file).write_bytes(raw)
    with pytest.raises(ConfigError, match="nothing was kept"):
        models.pull(ARMZONE, str(source), home, lambda _: None)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("source", ["/no/such/place", "http://127.0.0.1/x", "ftp://127.0.0.1/x"])
def test_pull_takes_a_directory_a_file_or_https_only(source: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="want a directory, a file or an https address"):
        models.pull(ARMZONE, source, tmp_path, lambda _: None)


def test_an_address_that_does_not_answer_is_a_link_error(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"https://127\.0\.0\.1:1/armzone\.tflite"):
        models.pull(ARMZONE, "https://127.0.0.1:1", tmp_path, lambda _: None)


def test_a_torn_known_model_is_refused_before_native_code_sees_it(tmp_path: Path) -> None:
    path = tmp_path / ARMZONE.file
    path.write_bytes(PACKAGED.read_bytes()[:50_000])
    with pytest.raises(ConfigError, match="torn or replaced"):
        models.verify(path)


def test_the_command_lists_pulls_and_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTDAE_MODELS", str(tmp_path))
    states = {one["name"]: one["state"] for one in json.loads(run(app, ["list", "--json"]).stdout)}
    assert states == {"armzone": "ready", "yolox-nano": "absent"}
    pulled = run(app, ["pull", "armzone", "--from", str(models.PACKAGED)])
    assert pulled.exit_code == 0
    assert "digest as pinned" in pulled.stdout
    assert run(app, ["verify", "--json"]).exit_code == 0
    (tmp_path / ARMZONE.file).write_bytes(b"torn")
    verified = run(app, ["verify", "--json"])
    assert verified.exit_code == 1
    assert "torn or replaced" in json.loads(verified.stdout)["problems"][0]
    assert {one["state"] for one in json.loads(run(app, ["list", "--json"]).stdout)} == {"broken", "absent"}


def test_the_command_refuses_unknown_names_and_packaged_ones() -> None:
    assert run(app, ["pull", "nothing"]).exit_code == 2
    assert run(app, ["pull", "armzone"]).exit_code == 2
