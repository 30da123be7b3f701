"""A hub's part that spreads policies, on real stores, by a clock that a test turns."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hub_kit import START, Message
from rollout_kit import TRUST, Node

from sotdae_hub.adapters.policies import SqlPolicies
from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.core.ingest import judge
from sotdae_hub.core.rollout import State
from sotdae_hub.links import Links
from sotdae_hub.policies import Policies, Publication
from sotdae_hub.ports import Arrival, Entry
from sotdae_hub.spreading import Spreader
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import PolicyBody
from sotdae_shared.wire import decode

QUIET_S = 10.0


@dataclass
class Board:
    """Where policies are put up; the line can be down."""

    connected: bool = True
    broken: bool = False
    sent: list[tuple[str, int]] = field(default_factory=list)

    async def keep(self, topic: str, payload: bytes) -> None:
        if self.broken:
            raise LinkError("the broker does not answer")
        version = PolicyBody.model_validate_json(payload).version if payload else 0
        self.sent.append((topic.split("/")[4], version))

    def take(self) -> list[tuple[str, int]]:
        """Return what was sent since the last time, by node."""
        sent, self.sent = self.sent, []
        return sorted(sent)


class Scene:
    """A hub's part that spreads, by a clock that the test turns."""

    def __init__(self, root: Path) -> None:
        self.root, self.s, self.set_back_s = root, 1000.0, 0.0
        self.board = Board()
        self.records = SqlRecords(root / "records.sqlite3", root / "pictures")
        self.store = SqlPolicies(root / "records.sqlite3")
        self.start()

    def start(self) -> None:
        """Begin as a hub that was just started."""
        self.links = Links(QUIET_S, lambda: self.s, self.records.twins())
        self.spreader = Spreader(
            self.store, self.records, self.links, self.board, self.wall, lambda: self.s,
            lambda: self.records.offset, QUIET_S, self.wall(),
        )  # fmt: skip
        self.policies = Policies(self.spreader, TRUST)

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.s - self.set_back_s)

    def hear(self, *nodes: Node) -> None:
        for node in nodes:
            self.take(node.health())

    def take(self, message: Message, *, filed: bool = True) -> None:
        """Let a message arrive, and unless it is on its way yet, be filed."""
        topic, raw, _ = message
        self.links.take([(Arrival(topic, raw, False, self.wall()), judge(topic, raw))])
        if filed:
            offset = self.records.offset + 1
            self.records.project([Entry(offset, self.wall(), decode(raw), 0)], offset)

    def turn(self, later_s: float = 0.0) -> list[tuple[str, int]]:
        """Let time pass, look once, and return who was told what."""
        self.s += later_s
        self.links.tick()
        asyncio.run(self.spreader.turn())
        return self.board.take()

    def publish(self, bundle: PolicyBody, **terms: object) -> None:
        asyncio.run(self.policies.publish(Publication.model_validate({"policy": bundle, **terms})))

    def state(self, version: int = 7) -> tuple[State, int]:
        rollout = self.spreader.kept[version].rollout
        return rollout.state, rollout.ring

    def close(self) -> None:
        self.store.close()
        self.records.close()
