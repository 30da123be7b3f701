"""An operator's desk for tests: asks a gate for a nonce, has orders signed, sends them, reads the answers."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scenarios.province import ADDRESS, Ear, Province, until

from sotdae_edge.core.manners import Manners
from sotdae_hub.adapters.release_key import make_release_key
from sotdae_provisioning.demo.site import GATE
from sotdae_shared.messages import CommandBody, DecisionBody, Kind
from sotdae_shared.signing import public_of, sign_command

KEYS = {name: Ed25519PrivateKey.generate() for name in ("kim", "lee", "stranger")}
ROSTER = "".join(
    f'\n[[roster]]\nkey = "{name}"\nname = "{name}"\nlevel = "city"\n'
    f'public = "{KEYS[name].public_key().public_bytes_raw().hex()}"\n'
    for name in ("kim", "lee")
)
"""Two people, as a gate's file names them. The stranger has a key but no place in it."""


HUB_KEY = "hub-1"


def release_key(directory: Path) -> tuple[str, str]:
    """Make a hub's release key; return what it adds to the gate's file and to the hub's."""
    path = directory / "release.pem"
    public = public_of(make_release_key(path))
    return (
        f'\n[[release]]\nkey = "{HUB_KEY}"\npublic = "{public}"\n',
        f'\n[release]\nname = "{HUB_KEY}"\nkey = "{path}"\n',
    )


def signed(command: CommandBody, *names: str) -> CommandBody:
    """Return the command with these people's approvals, in place of any it had."""
    bare = command.model_copy(update={"approvals": ()})
    approvals = tuple(sign_command(bare, name, KEYS[name]) for name in names)
    return bare.model_copy(update={"approvals": approvals})


@dataclass(slots=True)
class Desk:
    """Speaks through the hub's API or, by `shout`, past it, straight to the broker."""

    province: Province
    ear: Ear
    client: aiomqtt.Client
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    asking: Manners = field(default_factory=lambda: Manners(0.8, 1.0))
    ordering: Manners = field(default_factory=lambda: Manners(0.8, 12.0))
    """A gate does not look at what comes faster than one a second, or twenty at once."""

    async def ask(self) -> dict[str, Any]:
        """Ask for a nonce once; return the answer."""
        await self.turn(self.asking)
        name = f"q-{next(self.numbers)}"
        await self.post("queries", {"id": name, "query": "nonce"})
        answer = await self.ear.find(Kind.REPORT, lambda body: body.re == name, f"the answer to {name}")
        return answer.data  # type: ignore[no-any-return]

    async def turn(self, manners: Manners) -> None:
        """Wait until the gate will surely look at one more."""

        async def due() -> bool:
            return manners.admit(asyncio.get_running_loop().time())

        await until(due, "a turn to speak")

    async def nonce(self, dry_s: float = 0.0, *, tripping: bool = False) -> dict[str, Any]:
        """Ask until the gate has been dry for so long, or sees its hazard again; return its newest answer."""

        async def settled() -> dict[str, Any] | None:
            data = await self.ask()
            return data if data["dry_s"] >= dry_s and data["tripping"] is tripping else None

        return await until(settled, f"dry for {dry_s} s, tripping {tripping}")  # type: ignore[no-any-return]

    def order(self, given: dict[str, Any], /, **changes: Any) -> CommandBody:
        """Return an unsigned order over the nonce given, to open, right in everything but `changes`."""
        number = next(self.numbers)
        fields = {
            "id": f"c-{number}", "facility": GATE, "actuator": "barrier", "target": "open",
            "reason": "water gone, road inspected", "incident": given["incident"], "issuer": "desk-7",
            "seq": number, "not_after": datetime.now(UTC) + timedelta(seconds=30),
            "expect_state": given["state"], "nonce": given["nonce"],
            "checklist": given["checklist"],
        }  # fmt: skip
        return CommandBody(**(fields | changes))

    async def post(self, noun: str, body: dict[str, Any]) -> int:
        """Send through the hub; return its status."""
        async with httpx.AsyncClient(timeout=5.0) as client:
            answer = await client.post(
                f"{self.province.stack.url}/api/v1/facilities/{GATE}/{noun}", json=body
            )
        return answer.status_code

    async def send(self, command: CommandBody) -> DecisionBody:
        """Send an order through the hub and return the gate's decision on it."""
        await self.turn(self.ordering)
        before = len(self.answers(command.id))
        assert await self.post("commands", command.model_dump(mode="json")) == 202
        return await self.answer(command.id, before)

    async def shout(self, raw: bytes, *, retain: bool = False) -> None:
        """Publish to the gate's commands past the hub."""
        await self.turn(self.ordering)
        await self.client.publish(ADDRESS.down(Kind.COMMAND), raw, qos=1, retain=retain)

    def answers(self, name: str | None) -> list[DecisionBody]:
        """Return the gate's decisions on one order; None for orders that it could not read."""
        said = (body for body in self.ear.bodies(Kind.DECISION) if body.verdict is not None)
        return [body for body in said if body.command == name]

    async def answer(self, name: str | None, before: int = 0) -> DecisionBody:
        """Wait for one more decision on an order."""

        async def more() -> list[DecisionBody]:
            return self.answers(name)[before:]

        return (await until(more, f"a decision on {name}", 30.0))[-1]  # type: ignore[no-any-return]
