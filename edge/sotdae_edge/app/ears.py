"""What comes to a gate from people: orders, queries and policies of the hub, and of the panel on site."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.events import (
    BadCommand,
    BadPolicy,
    CommandCame,
    Event,
    HubHeard,
    LinkLost,
    NonceAsked,
    PolicyCame,
    ReleaseCame,
)
from sotdae_edge.core.manners import Manners
from sotdae_edge.ports import Clock, Inbound, Uplink
from sotdae_shared.errors import WireError
from sotdae_shared.messages import CommandBody, Kind, PolicyBody, QueryBody, ReleaseBody
from sotdae_shared.wire import decode_down

ORDERS_PER_S, ORDERS_AT_ONCE = 5.0, 50
"""Orders with signatures: more than this no operator sends."""
OTHERS_PER_S, OTHERS_AT_ONCE = 1.0, 20
"""Whatever else comes down. Apart from the orders, so that junk does not keep a signed close out; each
leaves a record that is never evicted."""
POLICIES_PER_S, POLICIES_AT_ONCE = 0.1, 5
"""Policies: a broker's kept one comes with each connection; a new one comes a few times a year."""
FLOOD_S = 10.0
"""How long a flood keeps its alarm."""


@dataclass(slots=True)
class Ears:
    """Understands what comes down, and puts it before the gate in the order in which it came."""

    queue: asyncio.Queue[tuple[Event, float]]
    clock: Clock
    say_birth: Callable[[str], None]
    """Describes the gate in answer to a query's id."""
    session: int = 0
    orders: Manners = field(default_factory=lambda: Manners(ORDERS_PER_S, ORDERS_AT_ONCE))
    others: Manners = field(default_factory=lambda: Manners(OTHERS_PER_S, OTHERS_AT_ONCE))
    policies: Manners = field(default_factory=lambda: Manners(POLICIES_PER_S, POLICIES_AT_ONCE))
    flood_until: float = 0.0
    """Until then what comes down counts as a flood: some of it was not looked at."""

    async def listen(self, uplink: Uplink) -> None:
        """Hear the hub until cancelled."""
        async for inbound in uplink.inbound():
            now = self.clock.monotonic()
            await self._note_session(uplink)
            event = self._understand(inbound, uplink)
            if not self._manners(event).admit(now):
                self.flood_until = now + FLOOD_S
                continue
            # Only what is understood and came just now is a sign of life: a kept message is not.
            bad = event is None or isinstance(event, BadCommand | BadPolicy)
            if not bad and not inbound.retained:
                await self.queue.put((HubHeard(), now))
            if isinstance(event, QueryBody):
                self.say_birth(event.id)
            elif event is not None:
                await self.queue.put((event, now))

    def _manners(self, event: Event | QueryBody | None) -> Manners:
        if isinstance(event, PolicyCame | BadPolicy):
            return self.policies
        signed = isinstance(event, ReleaseCame) or (
            isinstance(event, CommandCame) and bool(event.command.approvals)
        )
        return self.orders if signed else self.others

    async def watch_link(self, uplink: Uplink) -> None:
        """Tell the gate of the hub's life, which keeps a blind gate open, and of connections lost."""
        heard = uplink.acks
        while True:
            await asyncio.sleep(1.0)
            if uplink.acks != heard:
                heard = uplink.acks
                await self.queue.put((HubHeard(), self.clock.monotonic()))
            await self._note_session(uplink)

    async def take_local(self, asked: CommandBody | QueryBody) -> None:
        """Put before the gate what somebody at the panel asks; the connection is the panel's own."""
        event: Event = (
            self._order(asked, retained=False, live=True, local=True)
            if isinstance(asked, CommandBody)
            else NonceAsked(asked.id, secrets.token_hex(16))
        )
        await self.queue.put((event, self.clock.monotonic()))

    def conditions(self, now: float) -> Iterator[Condition]:
        """Yield an alarm while more comes than is looked at."""
        if now < self.flood_until:
            refused = self.orders.refused + self.others.refused + self.policies.refused
            text = f"{refused} orders, queries and policies more than anybody needs were not looked at"
            yield Condition("orders.flood", 3, True, text)

    def _understand(self, inbound: Inbound, uplink: Uplink) -> Event | QueryBody | None:
        try:
            body = decode_down(inbound.kind, inbound.raw)
        except WireError as error:
            return _misunderstood(inbound, str(error)[:200])
        live = inbound.session == uplink.session
        match body:
            case CommandBody():
                return self._order(body, inbound.retained, live=live)
            case ReleaseBody():
                return ReleaseCame(body, inbound.retained, live)
            case QueryBody():
                return NonceAsked(body.id, secrets.token_hex(16)) if body.query == "nonce" else body
            case PolicyBody():
                return PolicyCame(body)
        return None

    def _order(self, command: CommandBody, retained: bool, *, live: bool, local: bool = False) -> CommandCame:
        wall_s, token = self.clock.wall().timestamp(), secrets.token_hex(16)
        return CommandCame(command, retained, live, wall_s, self.clock.trust(), local, token)

    async def _note_session(self, uplink: Uplink) -> None:
        """A nonce given over a connection that has ended is void, before any order of the next one."""
        if uplink.session != self.session:
            self.session = uplink.session
            await self.queue.put((LinkLost(), self.clock.monotonic()))


def _misunderstood(inbound: Inbound, reason: str) -> Event | None:
    match inbound.kind:
        case Kind.COMMAND | Kind.RELEASE:
            return BadCommand(reason)
        case Kind.POLICY if inbound.raw:  # an empty one takes a kept policy off the board: it asks nothing
            return BadPolicy(reason, sha256(inbound.raw).hexdigest())
    return None
