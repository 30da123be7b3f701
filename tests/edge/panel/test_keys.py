"""People's keys: made once, locked, and refused for the right reason."""

import contextlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from typer.testing import CliRunner

from sotdae_edge.cli import gate_app
from sotdae_edge.core.site import Person
from sotdae_edge.panel.keys import load_key, make_key, passphrase_in
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.signing import from_pem, private_of, public_of, to_pem

SECRET = "젖은 손으로도 친다"
NEW = ["key", "new", "--name", "김지원", "--key", "kim-2026", "--level", "panel"]


def secret_file(tmp_path: Path, text: str = SECRET) -> Path:
    path = tmp_path / "secret"
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_a_new_key_is_locked_for_its_owner_alone_and_prints_its_roster_lines(tmp_path: Path) -> None:
    file, secret = tmp_path / "kim.pem", str(secret_file(tmp_path))
    done = CliRunner().invoke(gate_app, [*NEW, "--out", str(file), "--passphrase-file", secret])
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in file.read_bytes()
    (block,) = tomllib.loads(done.stdout)["roster"]
    person = TypeAdapter(Person).validate_python(block)
    assert (person.name, person.key, person.level) == ("김지원", "kim-2026", "panel")
    assert person.public == public_of(load_key(file, SECRET))
    shown = CliRunner().invoke(gate_app, ["key", "show", str(file), "--passphrase-file", secret])
    assert shown.output.strip() == person.public


EMPTY = "the first line is the passphrase"


@pytest.mark.parametrize(("line", "why"), [(b"", EMPTY), (b"\r", EMPTY), (b"\xff\xfe", "cannot be read")])
def test_a_passphrase_file_without_a_first_line_locks_nothing(tmp_path: Path, line: bytes, why: str) -> None:
    file, secret = tmp_path / "kim.pem", tmp_path / "secret"
    secret.write_bytes(line + b"\nsecond line\n")
    done = CliRunner().invoke(gate_app, [*NEW, "--out", str(file), "--passphrase-file", str(secret)])
    assert (done.exit_code, file.exists()) == (2, False)
    assert why in done.output


def test_a_passphrase_file_of_windows_is_the_same_passphrase(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(f"{SECRET}\r\n".encode())
    assert passphrase_in(secret) == SECRET


def test_a_passphrase_is_asked_for_where_no_file_gives_it(tmp_path: Path) -> None:
    file = tmp_path / "kim.pem"
    done = CliRunner().invoke(gate_app, [*NEW, "--out", str(file)], input=f"{SECRET}\n{SECRET}\n")
    assert done.exit_code == 0, done.output
    assert public_of(load_key(file, SECRET)) in done.output


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "kim.pem"
    make_key(file, SECRET)
    before = file.read_bytes()
    done = CliRunner().invoke(gate_app, [*NEW, "--out", str(file), "--no-passphrase"])
    assert (done.exit_code, file.read_bytes()) == (2, before)
    assert "never overwritten" in done.output


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [("wrong passphrase", "wrong passphrase"), (None, "wants a passphrase"), ("", "passphrase")],
)
def test_a_wrong_passphrase_is_said(tmp_path: Path, passphrase: str | None, reason: str) -> None:
    file = tmp_path / "kim.pem"
    make_key(file, SECRET)
    with pytest.raises(ConfigError, match=reason):
        load_key(file, passphrase)


def test_a_short_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="8 characters"):
        make_key(tmp_path / "kim.pem", "1234567")
    assert not (tmp_path / "kim.pem").exists()


def test_a_bare_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "kim.pem"
    private = make_key(file, None)
    assert public_of(load_key(file, None)) == public_of(private)
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key(file, None)


@pytest.mark.parametrize(
    "text", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kim.pem"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="no private key"):
        load_key(file, SECRET)


@given(st.binary(max_size=600), st.none() | st.text(max_size=12))
def test_any_bytes_are_a_key_or_refused(raw: bytes, passphrase: str | None) -> None:
    with pytest.raises(WireError):
        from_pem(raw, passphrase)


@given(st.data())
def test_a_key_with_a_changed_byte_is_the_same_key_or_none(data: st.DataObject) -> None:
    private = private_of(bytes(range(32)))
    pem = bytearray(to_pem(private, None))
    pem[data.draw(st.integers(0, len(pem) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        assert isinstance(public_of(from_pem(bytes(pem), None)), str)
