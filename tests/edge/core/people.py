"""People whose signatures count, and their orders."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sotdae_edge.core.authority import RANK_OF
from sotdae_edge.core.events import CommandCame
from sotdae_edge.core.site import Person
from sotdae_shared.messages import Approval, ClockTrust, CommandBody
from sotdae_shared.signing import sign_command

WALL = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)
NONCE = "00112233445566778899aabbccddeeff"
_PLACES = {
    "kim": "panel",
    "seo": "panel",
    "lee": "city",
    "park": "city",
    "choi": "province",
    "han": "province",
}
_KEYS = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    for number, name in enumerate(_PLACES, start=1)
}
ROSTER = tuple(
    Person(f"{name}-1", _KEYS[name].public_key().public_bytes_raw().hex(), name, level)
    for name, level in _PLACES.items()
)


def order(target: str = "open", **changes: Any) -> CommandBody:
    """Return an unsigned command; `changes` are its fields."""
    fields: dict[str, Any] = {
        "id": "c-1",
        "facility": "GG-41113-UP-0007",
        "actuator": "barrier",
        "target": target,
        "reason": "water gone, road inspected",
        "incident": None,
        "issuer": "desk-7",
        "seq": 1,
        "not_after": WALL + timedelta(seconds=30),
        "expect_state": "closed",
        "nonce": NONCE,
        "checklist": ("cctv", "on_site", "pumps"),
    }
    return CommandBody(**(fields | changes))


def signed(command: CommandBody, *names: str) -> CommandBody:
    """Return the command with these people's approvals."""
    approvals = tuple(approval(command, name) for name in names)
    return command.model_copy(update={"approvals": approvals})


@cache
def ordered(target: str, incident: str | None, seq: int, state: str, *names: str) -> CommandBody:
    """Return a right order, signed by these people; the same one is signed once."""
    return signed(order(target, incident=incident, seq=seq, expect_state=state), *names)


def rank_of(command: CommandBody) -> int:
    """Return the highest rank among those who signed."""
    level = {person.key: person.level for person in ROSTER}
    return min(RANK_OF[level[each.key]] for each in command.approvals)


def approval(command: CommandBody, name: str) -> Approval:
    """Return one person's approval."""
    return sign_command(command, f"{name}-1", _KEYS[name])


def came(command: CommandBody, **changes: Any) -> CommandCame:
    """Return the command as it comes over a live session under a good clock."""
    facts: dict[str, Any] = {
        "retained": False,
        "live": True,
        "wall_s": WALL.timestamp(),
        "clock": ClockTrust.SYNCED,
    }
    return CommandCame(command, **(facts | changes))
