"""The tables of `sotdae policy status`, from what a hub answers."""

import io
from typing import Any

from rich.console import Console

from sotdae_provisioning.policy.board import HEADS, MOST, board, lines


def node(number: int, **more: Any) -> dict[str, Any]:
    row = {
        "facility": f"GG-41113-UP-{number:04d}", "node": f"gate-{number}", "link": "online", "desired": 7,
        "applied": 7, "waits": None, "refused": None, "since": "2026-06-01T00:00:00+00:00", "ring": 1,
    }  # fmt: skip
    return {**row, **more}


def status(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    rollout = {
        "version": 7, "state": "running", "why": "", "since": "2026-06-01T00:00:00+00:00", "ring": 1,
        "rings": [1, 3],
    }  # fmt: skip
    return {"rollouts": [{**rollout, **more}], "nodes": list(nodes)}


def drawn(found: dict[str, Any], lang: Any = "en") -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(board(lang, found))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_each_state_of_a_node_has_its_words() -> None:
    shown = drawn(
        status(
            node(1), node(2, applied=0), node(3, applied=6, waits=7),
            node(4, applied=None, refused="too low"),
            node(5, desired=None, applied=None, ring=None, since=None),
        )
    )  # fmt: skip
    rows = [line for line in shown.splitlines() if line.startswith("GG-")]
    said = ("", "on its way", "7 waits until all is calm", "refused: too low", "")
    assert len(rows) == len(said)
    assert all(words in row for words, row in zip(said, rows, strict=True))
    assert "own file" in rows[1]
    assert rows[0].split()[1:5] == ["online", "7", "7", "1"]


def test_times_are_of_korea_and_say_so() -> None:
    shown = drawn(status(node(1)))
    assert shown.count("since (KST)") == 2
    assert shown.count("06-01 09:00:00") == 2
    assert "시각 (KST)" in drawn(status(node(1)), "ko")


def test_what_a_hub_says_is_text_and_never_markup() -> None:
    shown = drawn(status(node(1, applied=6, refused="[red]x[/] [link=http://evil]"), why="[bold]no"))
    assert "[red]x[/] [link=http://evil]" in shown
    assert "[bold]no" in shown


def test_of_many_nodes_those_that_lack_something_are_shown() -> None:
    many = [node(number) for number in range(1, 3 * MOST)]
    many[250] = node(251, applied=6, refused="weaker than interlock")
    shown = drawn(status(*many))
    assert shown.count("GG-41113") == MOST
    assert "GG-41113-UP-0251" in shown
    assert f"and {len(many) - MOST} more; --json prints all" in shown


def test_a_line_counts_who_has_it() -> None:
    found = status(node(1), node(2, applied=6), node(3, desired=6, applied=6), state="frozen", why="wet")
    assert list(lines("en", found)) == ["policy 7 frozen, ring 1 of 2, in force at 1 of 2: wet"]


def test_who_was_left_out_is_named() -> None:
    found = status(node(1), why="ring 1 of 2 is well", left_out=["GG-41113-UP-0009", "GG-41113-UP-0011"])
    assert "ring 1 of 2 is well; left out: GG-41113-UP-0009, GG-41113-UP-0011" in drawn(found)
    assert "제외: GG-41113-UP-0009" in drawn(status(node(1), left_out=["GG-41113-UP-0009"]), "ko")
    assert next(lines("en", found)).endswith("; left out: GG-41113-UP-0009, GG-41113-UP-0011")


def test_every_word_is_there_in_both_languages() -> None:
    assert all(korean and english for name, (english, korean) in HEADS.items() if name != "note")


def test_why_it_stands_still_is_said_in_korean() -> None:
    why = "ring 1 of 2: 1 of 3 are not heard: GG-41113-UP-0002/gate-2"
    refused = "version 6 is not above 7"
    found = status(node(1), node(2, applied=6, refused=refused), why=why, left_out=["GG-41113-UP-0009"])
    korean = "2단계 중 1단계: 3곳 중 1곳 연락 두절: GG-41113-UP-0002/gate-2; 제외: GG-41113-UP-0009"
    assert korean in drawn(found, "ko")
    assert "거부: 버전 6: 7보다 높지 않음" in drawn(found, "ko")
    assert next(lines("ko", found)) == f"정책 7 진행, 2단계 중 1단계, 2곳 중 1곳 적용: {korean}"
