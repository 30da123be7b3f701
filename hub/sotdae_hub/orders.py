"""What the hub sends down: commands and questions, once, to a node that is heard."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from sotdae_hub.links import Links
from sotdae_shared.errors import SotdaeError
from sotdae_shared.messages import CommandBody, Kind, QueryBody
from sotdae_shared.topics import Address
from sotdae_shared.wire import encode_down


class UnheardError(SotdaeError):
    """The facility is not heard: a command would not arrive, and is never queued."""


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

    async def command(self, facility: str, command: CommandBody) -> Sent:
        """Send a command. Raises UnheardError or LinkError."""
        return await self._send(facility, Kind.COMMAND, command.id, command)

    async def query(self, facility: str, query: QueryBody) -> Sent:
        """Send a question. Raises UnheardError or LinkError."""
        return await self._send(facility, Kind.QUERY, query.id, query)

    async def _send(self, facility: str, kind: Kind, name: str, body: BaseModel) -> Sent:
        address = self._node(facility)
        await self.line.send_now(address.down(kind), encode_down(body))
        return Sent(id=name, node=address.node)

    def _node(self, facility: str) -> Address:
        online = self.links.online(facility)
        if not online:
            raise UnheardError(f"{facility} is not heard: nothing was sent, and nothing is queued")
        return online[0]
