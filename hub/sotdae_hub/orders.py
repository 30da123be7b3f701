"""What the hub sends down: commands and questions, once, to a node that is heard."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from sotdae_hub.core.ingest import Accepted, Verdict
from sotdae_hub.core.release import Carried
from sotdae_hub.links import Links
from sotdae_hub.ports import Arrival
from sotdae_hub.views import Nonce
from sotdae_shared.errors import SotdaeError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import CommandBody, Kind, QueryBody, ReleaseBody, ReportBody
from sotdae_shared.topics import Address
from sotdae_shared.wire import encode_down

ANSWER_S = 5.0
"""A gate that is heard answers at once; longer than this nobody waits at a desk."""


CARRIED_S = 300.0
"""An order lives a minute and waits for a release no longer than another."""


class UnheardError(SotdaeError):
    """The facility is not heard: a command would not arrive, and is never queued."""


class SilentError(SotdaeError):
    """The facility is heard, but did not answer a question in time."""


class UnreadableError(SotdaeError):
    """The facility answered something that this hub does not understand."""


class UnreleasedError(SotdaeError):
    """This hub has no release key, so that an order to open through it would be in vain."""


class Sent(BaseModel):
    """The order left the hub. Whether the edge obeys stands in its decision."""

    model_config = ConfigDict(frozen=True)

    id: str
    node: str


class Line(Protocol):
    """The way down."""

    async def send_now(self, topic: str, payload: bytes) -> None:
        """Send at most once over the line that is up now. Raises LinkError if there is none."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Sends to the node of a facility that was heard last."""

    line: Line
    links: Links
    rng: random.Random
    releases: bool = False
    """Whether this hub has a release key."""
    _carried: dict[tuple[str, str], Carried] = field(default_factory=dict)
    """Orders to open of the last minutes, by facility and id."""
    _asked: dict[tuple[str, str], asyncio.Future[ReportBody]] = field(default_factory=dict)
    """Who waits for an answer, by facility and question."""

    async def command(self, facility: str, command: CommandBody, by: str) -> Sent:
        """Send a command that came with `by`'s token. Raises UnheardError, UnreleasedError or LinkError."""
        if command.target == "open":
            self._note(facility, command, by)
        return await self._send(facility, Kind.COMMAND, command.id, command)

    def carried(self, facility: str, command: str) -> Carried | None:
        """Return an order to open that went through this hub lately."""
        return self._carried.get((facility, command))

    async def release(self, facility: str, node: str, release: ReleaseBody) -> None:
        """Send a release to the node that waits for it, if that is heard. Raises LinkError."""
        address = Address(FacilityId(facility), node)
        await self.line.send_now(address.down(Kind.RELEASE), encode_down(release))

    def _note(self, facility: str, command: CommandBody, by: str) -> None:
        if not self.releases:
            raise UnreleasedError(
                "this hub has no release key: give [release] in its file (`sotdae hub release-key`), "
                "or open at the gate's panel"
            )
        now_s = asyncio.get_running_loop().time()
        for key, each in list(self._carried.items()):
            if now_s - each.at_s > CARRIED_S:
                del self._carried[key]
        self._carried[facility, command.id] = Carried(command, self._node(facility).node, by, now_s)

    async def query(self, facility: str, query: QueryBody) -> Sent:
        """Send a question. Raises UnheardError or LinkError."""
        return await self._send(facility, Kind.QUERY, query.id, query)

    async def nonce(self, facility: str) -> Nonce:
        """Ask for what two people must sign to reopen. Raises also SilentError and UnreadableError."""
        query = QueryBody(id=f"nonce-{self.rng.getrandbits(64):016x}", query="nonce")
        key = (facility, query.id)
        self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            sent = await self.query(facility, query)
            async with asyncio.timeout(ANSWER_S):
                report = await self._asked[key]
        except TimeoutError as error:
            raise SilentError(f"{facility} did not answer within {ANSWER_S:g} s: ask again") from error
        finally:
            del self._asked[key]
        try:
            return Nonce.model_validate({**report.data, "id": query.id, "node": sent.node})
        except ValidationError as error:
            raise UnreadableError(f"{facility}: {error.error_count()} wrong fields in its answer") from error

    def noticed(self, batch: Iterable[tuple[Arrival, Verdict]]) -> None:
        """Give the answers in a journaled batch to those who wait for them."""
        for arrival, verdict in batch:
            if not isinstance(verdict, Accepted) or arrival.retained:
                continue
            body = verdict.envelope.body
            if isinstance(body, ReportBody) and body.re is not None:
                waiting = self._asked.get((verdict.envelope.facility, body.re))
                if waiting is not None and not waiting.done():
                    waiting.set_result(body)

    async def _send(self, facility: str, kind: Kind, name: str, body: BaseModel) -> Sent:
        address = self._node(facility)
        await self.line.send_now(address.down(kind), encode_down(body))
        return Sent(id=name, node=address.node)

    def _node(self, facility: str) -> Address:
        online = self.links.online(facility)
        if not online:
            raise UnheardError(f"{facility} is not heard: nothing was sent, and nothing is queued")
        return online[0]
