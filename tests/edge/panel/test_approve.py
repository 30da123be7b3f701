"""One person's approval on a machine of their own: read, said in words, signed, and taken by the gate."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from edge.core.people import came, order, signed
from edge.core.test_authority import closed_and_dry, verdict
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sotdae_edge.cli import gate_app
from sotdae_edge.core.site import Person
from sotdae_edge.panel.approve import MAX_FILE, read_request, words
from sotdae_edge.panel.keys import make_key
from sotdae_shared.errors import WireError
from sotdae_shared.messages import Approval
from sotdae_shared.signing import public_of, sign_command

ORDER = order(incident="flood-01234567-1")
PLACE = {"name": "고색지하차도", "name_en": "Gosaek underpass", "disambiguation": "수원역 방향"}


def request(**changes: Any) -> dict[str, Any]:
    return {"command": ORDER.model_dump(mode="json"), "place": PLACE, "keys": {}} | changes


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def approve(file: Path, key: Path, *more: str, typed: str = "open\n") -> tuple[int, str, str]:
    answer = CliRunner().invoke(gate_app, ["approve", str(file), "--key", str(key), *more], input=typed)
    said = [
        line for line in answer.stdout.splitlines() if line.startswith("{")
    ]  # the runner echoes what is typed
    return answer.exit_code, "".join(said), answer.stderr


def test_two_approvals_made_apart_open_a_gate(tmp_path: Path) -> None:
    story = closed_and_dry()
    assert story.gate.incident is not None
    wanted = order(incident=story.gate.incident.name)
    keys = {name: make_key(tmp_path / f"{name}.pem", None) for name in ("kim", "lee")}
    publics = {f"{name}-2026": public_of(private) for name, private in keys.items()}
    people = [Person(key, public, key, "city") for key, public in publics.items()]
    story.gate.site = replace(story.gate.site, roster=tuple(people))
    file = written(tmp_path / "open.json", request(command=wanted.model_dump(mode="json"), keys=publics))
    approvals = []
    for name in keys:
        code, out, err = approve(file, tmp_path / f"{name}.pem", "--lang", "en")
        assert code == 0, err
        approvals.append(Approval.model_validate_json(out))
    assert [each.key for each in approvals] == ["kim-2026", "lee-2026"]
    both = wanted.model_copy(update={"approvals": tuple(approvals)})
    assert verdict(story, came(both)) == ("accepted", "two people, dry, nonce fresh")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["OPEN a road", "Gosaek underpass", "road walked", "CLOSED"]),
        ("ko", ["개방", "고색지하차도", "현장 육안"]),
    ],
)
def test_what_is_signed_is_said_before_it_is_asked_for(tmp_path: Path, lang: str, said: list[str]) -> None:
    make_key(tmp_path / "kim.pem", None)
    file = written(tmp_path / "open.json", request())
    code, out, err = approve(file, tmp_path / "kim.pem", "--lang", lang, "--as", "kim-1", typed="yes\n")
    assert (code, out) == (1, ""), "only the word itself signs"
    for part in [*said, ORDER.facility, str(ORDER.incident), str(ORDER.nonce), "09:00:30+00:00", "kim-1"]:
        assert part in err


def test_a_key_that_the_gate_does_not_know_needs_a_name(tmp_path: Path) -> None:
    private = make_key(tmp_path / "kim.pem", "correct horse")
    (tmp_path / "secret").write_text("correct horse\n")
    file = written(tmp_path / "open.json", request(keys={"lee-1": "0" * 64}))
    options = ("--passphrase-file", str(tmp_path / "secret"))
    code, _, err = approve(file, tmp_path / "kim.pem", *options)
    assert (code, "--as" in err) == (2, True)
    code, _, err = approve(file, tmp_path / "kim.pem", *options, "--lang", "ko")
    assert (code, "게이트 명단에 없는 열쇠" in err) == (2, True)
    code, out, _ = approve(file, tmp_path / "kim.pem", *options, "--as", "kim-1")
    assert (code, json.loads(out)) == (0, sign_command(ORDER, "kim-1", private).model_dump())


WRONG: dict[str, Any] = {
    "only an order to open": request(command=order("close", incident="f").model_dump(mode="json")),
    "approvals already": request(command=signed(ORDER, "kim").model_dump(mode="json")),
    "command: Field required": {"place": PLACE},
    "force: Extra inputs": request(force=True),
    "asks to open: only": request(command=order(incident="f", nonce=None).model_dump(mode="json")),
}


@pytest.mark.parametrize("reason", WRONG)
def test_anything_else_is_not_signed(tmp_path: Path, reason: str) -> None:
    make_key(tmp_path / "kim.pem", None)
    code, out, err = approve(
        written(tmp_path / "open.json", WRONG[reason]), tmp_path / "kim.pem", "--as", "kim-1"
    )
    assert (code, out) == (2, "")
    assert reason in err


def test_a_file_that_is_not_there_or_too_large_is_said(tmp_path: Path) -> None:
    make_key(tmp_path / "kim.pem", None)
    (tmp_path / "large.json").write_bytes(b" " * (MAX_FILE + 1))
    for name, words_ in (("none.json", "cannot be read"), ("large.json", "more than")):
        code, _, err = approve(tmp_path / name, tmp_path / "kim.pem")
        assert (code, words_ in err) == (2, True)


def test_names_from_outside_move_no_cursor() -> None:
    raw = json.dumps(request(place={"name": "\x1b[2Jsafe\u202e", "name_en": "", "disambiguation": "a\rb"}))
    lines = words(read_request(raw.encode()), "kim\x1b[0m", "ko")
    assert all(line.isprintable() for line in lines)


@given(
    st.binary(max_size=400)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode)
)
def test_any_bytes_are_a_request_or_refused(raw: bytes) -> None:
    with pytest.raises(WireError, match=r"request|asks"):
        read_request(raw)


def test_the_time_is_said_as_it_is_signed() -> None:
    late = ORDER.model_copy(update={"not_after": datetime(2026, 7, 15, 23, 59, 59, tzinfo=UTC)})
    request_ = read_request(json.dumps(request(command=late.model_dump(mode="json"))).encode())
    assert any("23:59:59+00:00" in line for line in words(request_, "kim-1", "en"))


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_an_item_that_looks_like_a_template_is_shown_as_it_is(lang: Any) -> None:
    command = ORDER.model_copy(update={"checklist": ("{0}", "{x.y}", "on_site")}).model_dump(mode="json")
    said = words(read_request(json.dumps(request(command=command)).encode()), "kim", lang)
    assert any("{0}, {x.y}, " in line for line in said)
