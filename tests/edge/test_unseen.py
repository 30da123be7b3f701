"""A secret is typed unseen, or comes in a pipe; without any it is said what to do."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_kit import typed_unseen

from sotdae_edge.unseen import MAX_LETTERS, asked
from sotdae_shared.errors import ConfigError

ASK = "from sotdae_edge.unseen import asked; print(len(asked('Secret', 'give a file')))"


def piped(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> str:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    return asked("Secret", "give --file")


@pytest.mark.parametrize("raw", ["열쇠\n".encode(), "열쇠\r\nmore\n".encode(), "열쇠".encode()])
def test_the_first_line_of_a_pipe_is_taken(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    assert piped(monkeypatch, raw) == "열쇠"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "nothing came in a pipe: give --file"),
        (b"\nsecond", "nothing came in a pipe: give --file"),
        (b"x" * (MAX_LETTERS + 1), "more than 4096 letters"),
        (b"\xff\xfe\n", "no text"),
    ],
)
def test_what_cannot_be_a_secret_is_said_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, raw: bytes, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason) as said:
        piped(monkeypatch, raw)
    assert "xxx" not in str(said.value)


def test_on_a_terminal_it_is_asked_for_and_not_echoed() -> None:
    code, out, seen = typed_unseen([sys.executable, "-c", ASK], b"Secret", b"open sesame")
    assert (code, out) == (0, b"11\n")
    assert b"sesame" not in seen


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_refused(raw: bytes) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        try:
            line = piped(monkeypatch, raw)
        except ConfigError:
            return
    assert line
    assert "\n" not in line
