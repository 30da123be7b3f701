"""What a hub tells of its policies, as tables: desired against applied for each node."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sotdae_edge.panel.terms import Lang, said
from sotdae_shared.units import KST

HEADS: dict[str, tuple[str, str]] = {
    "policy": ("policy", "정책"),
    "state": ("state", "상태"),
    "ring": ("ring", "단계"),
    "why": ("why", "이유"),
    "since": ("since (KST)", "시각 (KST)"),
    "facility": ("facility", "시설"),
    "link": ("link", "연결"),
    "online": ("online", "연결됨"),
    "unknown": ("unknown", "알 수 없음"),
    "desired": ("desired", "목표"),
    "applied": ("applied", "적용"),
    "note": ("", ""),
    "running": ("running", "진행"),
    "frozen": ("frozen", "동결"),
    "aborted": ("aborted", "중단"),
    "done": ("done", "완료"),
    "waits": ("{0} waits until all is calm", "{0} 대기: 평온해지면 적용"),
    "forgotten": ("not counted on any more, {0}", "집계에서 뺌, {0}"),
    "refused": ("refused: {0}", "거부: {0}"),
    "on its way": ("on its way", "전달 중"),
    "own": ("own file", "자체 값"),
    "more": ("... and {0} more; --json prints all", "... 그 밖에 {0}곳; 모두 보려면 --json"),
    "left_out": ("left out: {0}", "제외: {0}"),
    "nothing": ("no policy was published here", "배포한 정책이 없음"),
}
MOST = 100
"""Nodes that a table shows; who has what it is to have is left out first."""
STYLES = {"running": "cyan", "frozen": "yellow", "aborted": "bold red", "done": "green"}


def word(lang: Lang, name: str, *values: object) -> str:
    """Return a word of the tables in the language."""
    english, korean = HEADS.get(name, (name, name))
    return (korean if lang == "ko" else english).format(*values)


def board(lang: Lang, status: dict[str, Any]) -> Group:
    """Return both tables: roll-outs, then nodes."""
    rollouts = _table(lang, "policy", "state", "ring", "why", "since")
    for each in status["rollouts"]:
        state = Text(word(lang, each["state"]), STYLES.get(each["state"], ""))
        ring = f"{min(each['ring'], max(len(each['rings']), 1))}/{len(each['rings'])}"
        cells = (str(each["version"]), state, ring, Text(_why(lang, each)), _clock(each["since"]))
        rollouts.add_row(*cells)
    nodes = _table(lang, "facility", "link", "desired", "applied", "ring", "note", "since")
    shown, left = _worth_showing(status["nodes"])
    for node in shown:
        applied = Text(_applied(lang, node), "" if _there(node) else "yellow")
        link = Text(word(lang, node["link"]), "" if node["link"] == "online" else "yellow")
        ring = "-" if node["ring"] is None else str(node["ring"])
        since = _clock(node["since"])
        nodes.add_row(
            node["facility"], link, _number(node["desired"]), applied, ring, note(lang, node), since
        )
    if not status["rollouts"]:
        return Group(Text(word(lang, "nothing")), *([nodes] if status["nodes"] else []))
    more = [Text(word(lang, "more", left))] if left else []
    return Group(rollouts, Text(""), nodes, *more)


def _worth_showing(nodes: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return the nodes to show, and how many are left out; of many, who lacks something comes first."""
    if len(nodes) <= MOST:
        return nodes, 0
    first = sorted(nodes, key=lambda node: _there(node) and node["waits"] is None and node["refused"] is None)
    return first[:MOST], len(nodes) - MOST


def note(lang: Lang, node: dict[str, Any]) -> Text:
    """Return why a node does not have what it is to have; empty if it has."""
    if node.get("forgotten") is not None:
        return Text(word(lang, "forgotten", node["forgotten"]), "yellow")
    if node["waits"] is not None:
        return Text(word(lang, "waits", node["waits"]), "yellow")
    if node["refused"] is not None:
        return Text(word(lang, "refused", said(lang, node["refused"])), "red")
    return Text("" if _there(node) else word(lang, "on its way"), "cyan")


def lines(lang: Lang, status: dict[str, Any]) -> Iterator[str]:
    """Yield what matters of the newest roll-out, for where no screen is."""
    for each in status["rollouts"][:1]:
        there = sum(_there(node) for node in status["nodes"] if node["desired"] == each["version"])
        told = sum(node["desired"] == each["version"] for node in status["nodes"])
        why = f": {text}" if (text := _why("en", each)) else ""
        ring = f"ring {each['ring']} of {len(each['rings'])}"
        state = f"policy {each['version']} {each['state']}"
        yield said(lang, f"{state}, {ring}, in force at {there} of {told}{why}")


def _why(lang: Lang, rollout: dict[str, Any]) -> str:
    """Return why it stands where it does, and whom people left out."""
    names = ", ".join(rollout.get("left_out", ()))
    return "; ".join(filter(None, [said(lang, rollout["why"]), names and word(lang, "left_out", names)]))


def _there(node: dict[str, Any]) -> bool:
    return node["desired"] is None or node["applied"] == node["desired"]


def _table(lang: Lang, *names: str) -> Table:
    table = Table(*(word(lang, name) for name in names), box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    return table


def _applied(lang: Lang, node: dict[str, Any]) -> str:
    return word(lang, "own") if node["applied"] == 0 else _number(node["applied"])


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _clock(text: str | None) -> str:
    return "-" if text is None else f"{datetime.fromisoformat(text).astimezone(KST):%m-%d %H:%M:%S}"
