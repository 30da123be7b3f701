"""People who sign, nodes that take policies over a real broker, and a hub that publishes them."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
from hub_kit import HubProcess, Message, Pen
from signing_kit import UNDERPASS, Signers, draft

from sotdae_hub.ending import end
from sotdae_shared.ids import FacilityId, FacilityType
from sotdae_shared.messages import Kind, PolicyBody
from sotdae_shared.topics import Address
from sotdae_shared.wire import decode_down

SIGNERS = Signers(1, {"kim": "GG", "lee": "GG", "suwon": "41113"})
TRUST = SIGNERS.trust
AT = datetime(2026, 6, 1, tzinfo=UTC)


def policy(
    version: int = 7, scope: tuple[str, ...] = ("GG",), by: tuple[str, ...] = ("kim", "lee"),
    types: tuple[FacilityType, ...] = UNDERPASS,
) -> PolicyBody:  # fmt: skip
    """Return a policy that these people signed."""
    return SIGNERS.sign(draft(AT, version, scope, types, caution_cm=4.0), *by)


def address(number: int, city: str = "41113") -> Address:
    """Return the gate of an underpass."""
    return Address(FacilityId(f"GG-{city}-UP-{number:04d}"), f"gate-{city}-{number}")


@dataclass(slots=True)
class Node:
    """A gate as the hub knows it: it reports, hears policies, and takes or refuses them."""

    address: Address
    applied: int | None = 0
    waits: int | None = None
    stage: str = "normal"
    refuses: str | None = None
    """Why it takes none."""
    deaf: bool = False
    """Whether it hears policies and does nothing about them."""
    heard: list[int] = field(default_factory=list)
    """Versions that it was told; 0 where one was taken down."""
    report_s: float = 0.15
    pen: Pen = field(init=False)

    def __post_init__(self) -> None:
        """Begin a boot."""
        self.pen = Pen(self.address, boot=secrets.token_hex(8))

    def health(self) -> Message:
        self.pen.at = datetime.now(UTC)
        return self.pen.health(stage=self.stage, policy=self.applied, policy_waits=self.waits)

    async def run(self, port: int, told: Callable[["Node", int], None]) -> None:
        """Speak and listen until cancelled."""
        async with aiomqtt.Client("127.0.0.1", port, clean_session=True, timeout=5) as client:
            await client.subscribe(self.address.all_down, qos=1)
            jobs = [asyncio.create_task(job) for job in (self._report(client), self._listen(client, told))]
            try:
                await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await end(jobs)

    async def _report(self, client: aiomqtt.Client) -> None:
        while True:
            topic, raw, _ = self.health()
            await client.publish(topic, raw, qos=1)
            await asyncio.sleep(self.report_s)

    async def _listen(self, client: aiomqtt.Client, told: Callable[["Node", int], None]) -> None:
        async for message in client.messages:
            if not str(message.topic).endswith("/policy"):
                continue
            raw = bytes(message.payload)  # type: ignore[arg-type]
            body = decode_down(Kind.POLICY, raw) if raw else None
            version = body.version if isinstance(body, PolicyBody) else 0
            self.heard.append(version)
            told(self, version)
            if version and not self.deaf:
                for topic, answer, _ in self.answers(version):
                    await client.publish(topic, answer, qos=1)

    def answers(self, version: int) -> list[Message]:
        """Decide about a version."""
        if self.refuses is None:
            self.applied = version
        self.pen.at = datetime.now(UTC)
        verdict = "accepted" if self.refuses is None else "refused"
        decision = self.pen.decision(
            "OPEN", "OPEN", None, decision="policy", command=f"policy-{version}", verdict=verdict,
            because=[self.refuses or "signed by 2 of 2 people"],
        )  # fmt: skip
        return [decision, self.health()]


class Province:
    """A hub process with its signers, and nodes that run as long as it is asked."""

    def __init__(self, root: Path, port: int, **settings: Any) -> None:
        self.port = port
        signers = "\n".join(
            "\n".join(["[[policy.signers]]", *(f'{key} = "{value}"' for key, value in signer)])
            for signer in TRUST.signers
        )
        more = "\n".join(f"{key} = {value}" for key, value in settings.items())
        config = root / "hub.toml"
        config.write_text(
            f'dir = "{root / "hub"}"\nbroker.port = {port}\nhttp.port = 0\n{more}\n'
            f"[policy]\nneeded = 2\n{signers}\n"
        )
        self.hub = HubProcess(root / "hub", port)
        self.hub.command[4:] = ["--config", str(config)]
        self.told: list[tuple[str, int]] = []
        """Who was told which version, in order."""

    @contextlib.asynccontextmanager
    async def running(self, *nodes: Node) -> AsyncIterator[None]:
        """Run nodes, and wait until the hub knows what each has."""
        tasks = [asyncio.create_task(node.run(self.port, self._note)) for node in nodes]
        try:
            await self.reports(lambda rows: {node.address.node for node in nodes} <= set(rows))
            yield
        finally:
            await end(tasks)

    def _note(self, node: Node, version: int) -> None:
        self.told.append((node.address.facility, version))

    async def status(self) -> dict[str, Any]:
        answer = await asyncio.to_thread(self.hub.get, "/policies/status")
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def reports(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Wait until something holds of the status of the nodes that are online, by node."""
        async with asyncio.timeout(20):
            while True:
                status = await self.status()
                rows = {row["node"]: row for row in status["nodes"] if row["link"] == "online"}
                if holds(rows):
                    return rows
                await asyncio.sleep(0.05)

    async def rollout(self, version: int, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Wait until something holds of a roll-out, and return it."""
        found: dict[str, Any] = {}
        try:
            async with asyncio.timeout(20):
                while True:
                    listed = (await self.status())["rollouts"]
                    found = next((each for each in listed if each["version"] == version), {})
                    if found and holds(found):
                        return found
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"the roll-out stays so: {found}") from None

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        url = f"{self.hub.url}/api/v1/policies{path}"
        return await asyncio.to_thread(httpx.post, url, json=body, timeout=10)

    async def publish(self, bundle: PolicyBody, **terms: Any) -> dict[str, Any]:
        answer = await self.post("", {"policy": bundle.model_dump(mode="json"), **terms})
        assert answer.status_code == 202, answer.text
        return answer.json()  # type: ignore[no-any-return]
