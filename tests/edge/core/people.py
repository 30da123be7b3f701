"""People whose signatures count, and their orders."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sotdae_edge.core.authority import RANK_OF
from sotdae_edge.core.events import CommandCame
from sotdae_edge.core.site import Person, ReleaseKey
from sotdae_shared.messages import Approval, ClockTrust, CommandBody, ReleaseBody
from sotdae_shared.signing import public_of, sign_command, sign_release

WALL = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)
NONCE = "00112233445566778899aabbccddeeff"
SECOND = "ffeeddccbbaa99887766554433221100"
"""The nonce over which a hub releases."""
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


HUB = Ed25519PrivateKey.from_private_bytes(bytes([99]) * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([100]) * 32)
HUB_KEY = ReleaseKey("hub-1", public_of(HUB))


def released(incident: str, /, private: Ed25519PrivateKey = HUB, **changes: Any) -> ReleaseBody:
    """Return the hub's release of the order that `order` makes; `changes` are its fields, signed with it."""
    fields: dict[str, Any] = {
        "id": "r-1", "facility": "GG-41113-UP-0007", "command": "c-1", "incident": incident, "nonce": SECOND,
        "granted": True, "because": "carried for desk-7", "key": "hub-1", "signature": "0" * 128,
    }  # fmt: skip
    return sign_release(ReleaseBody(**(fields | changes)), private)


@cache
def channel_ordered(
    target: str, channel: str, seq: int, state: str, *names: str, lasts_s: float | None = None
) -> CommandBody:
    """Return a right order about a level channel; the same one is signed once."""
    fields = {"actuator": f"channel:{channel}", "nonce": None, "checklist": (), "lasts_s": lasts_s}
    return signed(order(target, seq=seq, expect_state=state, **fields), *names)


@cache
def tried(actuator: str, seq: int, state: str) -> CommandBody:
    """Return a right order to test something, signed at the panel; the same one is signed once."""
    fields = {"actuator": actuator, "nonce": None, "checklist": ()}
    return signed(order("test", seq=seq, expect_state=state, **fields), "kim")


def rank_of(command: CommandBody) -> int:
    """Return the highest rank among those who signed."""
    level = {person.key: person.level for person in ROSTER}
    return min(RANK_OF[level[each.key]] for each in command.approvals)


def approval(command: CommandBody, name: str) -> Approval:
    """Return one person's approval."""
    return sign_command(command, f"{name}-1", _KEYS[name])


def came(command: CommandBody, **changes: Any) -> CommandCame:
    """Return the command as it comes from the panel under a good clock."""
    facts: dict[str, Any] = {
        "retained": False,
        "live": True,
        "wall_s": WALL.timestamp(),
        "clock": ClockTrust.SYNCED,
        "local": True,
        "token": SECOND,
    }
    return CommandCame(command, **(facts | changes))
