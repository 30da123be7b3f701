"""What the command line says, and on which stream."""

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from sotdae_edge.panel.keys import make_key
from sotdae_provisioning.__main__ import build


def sotdae(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sotdae_provisioning", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_tells_its_version() -> None:
    told = sotdae("--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.strip() == f"sotdae {importlib.metadata.version('sotdae')}"


def helps(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield every word of help with the name of what it explains."""
    yield name, command.help or ""
    for each in command.params:
        yield f"{name} {each.name}", getattr(each, "help", None) or ""
    for part in getattr(command, "commands", {}).values():
        yield from helps(part, f"{name} {part.name}")


def test_no_word_of_help_is_taken_for_markup() -> None:
    found = dict(helps(get_command(build(None)), "sotdae"))
    assert len(found) > 200
    assert {name: text for name, text in found.items() if re.search(r"(?<!\\)\[[a-z#/@]", text)} == {}


EXAMPLE = re.compile(r"^ *Example:  (?:sudo (?:-u \w+ )?)?sotdae (.+)$", re.MULTILINE)
WITH_EXAMPLE = {
    "bridge": {"read", "scan", "simulate", "write"},
    "ca": {"city", "crl", "deny", "floor", "init", "issue", "revoke", "serve", "show"},
    "device": {
        "code",
        "doctor",
        "enrol",
        "enrol-many",
        "list",
        "renew",
        "replace",
        "revoke",
        "rotate",
        "walk",
    },
    "gate": {"approve", "check-config", "panel", "run"},
    "policy": {"diff", "dry-run", "lint", "new", "publish", "rollback", "sign", "status", "verify"},
}


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with the words that call it."""
    yield words, command
    for part in getattr(command, "commands", {}).values():
        yield from commands(part, (*words, part.name))


def test_an_example_of_the_help_is_a_command_that_would_run() -> None:
    """It names its own command, every option is one, and nothing that is needed is left out."""
    found = {}
    for words, command in commands(get_command(build(None))):
        for example in EXAMPLE.findall(command.help or ""):
            given = shlex.split(example)
            assert tuple(given[: len(words)]) == words, example
            context = command.make_context("sotdae", [], resilient_parsing=True)
            values, rest, _ = command.make_parser(context).parse_args(given[len(words) :])
            needed = {each.name for each in command.params if each.required}
            assert (rest, needed - values.keys()) == ([], set()), example
            found[words] = example
    lacking = {
        (part, name) for part, names in WITH_EXAMPLE.items() for name in names if (part, name) not in found
    }
    assert (lacking, ("replay",) in found) == (set(), True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-kr"])
def test_a_screen_that_lacks_letters_still_gets_the_rest(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "none.toml").write_text("x = 1\n")
    words = ("device", "doctor", "--config", str(tmp_path / "none.toml"), "--lang", "ko")
    told = subprocess.run(
        [sys.executable, "-m", "sotdae_provisioning", *words],
        capture_output=True, timeout=60, check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "300"},
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (1, b"")
    assert b"none.toml" in told.stdout


@pytest.mark.parametrize("path", ["none.toml", "", "none/gate.toml"])
def test_the_doctor_asks_for_a_file_where_none_is(tmp_path: Path, path: str) -> None:
    told = sotdae("device", "doctor", "--config", str(tmp_path / path))
    assert (told.returncode, told.stdout) == (2, "")
    assert "there is no such file: give the gate's file with --config" in told.stderr
    plain = sotdae("device", "doctor", "--config", str(tmp_path / path), "--json")
    assert (plain.returncode, json.loads(plain.stdout)["ok"]) == (2, False)


@pytest.mark.parametrize(
    "words", [("device", "enrol", "--papers", "papers"), ("gate", "key", "show", "kim.pem")]
)
def test_without_a_terminal_or_a_pipe_it_says_how_a_secret_is_given(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    make_key(tmp_path / "kim.pem", "correct horse")
    told = subprocess.run(
        [sys.executable, "-m", "sotdae_provisioning", *words], cwd=tmp_path, start_new_session=True,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (2, "")
    assert "no terminal to ask on" in told.stderr
    assert "--passphrase-file FILE" in told.stderr or "sotdae device code" in told.stderr
    assert "GetPassWarning" not in told.stderr


def test_profiles_are_listed_for_programs_as_for_people() -> None:
    found = json.loads(sotdae("bridge", "profiles", "--json").stdout)
    shown = sotdae("bridge", "profiles").stdout.splitlines()
    assert [f"{each['name']}\tunit {each['unit']}\t{each['title']}" for each in found] == shown
    assert "underpass" in {each["name"] for each in found}


def test_a_hubs_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = sotdae("hub", "account", "--dir", str(tmp_path / "nosuch"))
    assert (told.returncode, told.stdout) == (2, "")
    assert str(tmp_path / "nosuch") in told.stderr


@pytest.mark.parametrize("broker", ["localhost:99999", "localhost:0", "localhost:²", "localhost", ":1883"])
def test_a_brokers_port_that_cannot_be_is_named(tmp_path: Path, broker: str) -> None:
    told = sotdae("hub", "run", "--dir", str(tmp_path / "hub"), "--broker", broker)
    assert (told.returncode, told.stdout) == (2, "")
    assert f"--broker {broker}: want HOST:PORT" in told.stderr
    assert not (tmp_path / "hub").exists()
