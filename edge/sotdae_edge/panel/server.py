"""The agent's end of the panel: a local socket for few, known people. It can end nothing but itself."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from sotdae_edge.core.manners import Manners
from sotdae_edge.core.site import Person
from sotdae_edge.panel.door import listen
from sotdae_edge.panel.wire import (
    MAX_ASKED,
    Answer,
    Ask,
    Asked,
    Hello,
    Login,
    Order,
    Refused,
    Verdict,
    Welcome,
    line,
    login_bytes,
    read_asked,
)
from sotdae_shared.errors import WireError
from sotdae_shared.messages import CommandBody, DecisionBody, QueryBody, ReportBody
from sotdae_shared.signing import verify

log = logging.getLogger(__name__)

MAX_PANELS = 4
MAX_OPEN = 8
"""Orders and questions of one panel that wait for an answer."""
LOGIN_S = 10.0
SHOW_S = 0.5
STALLED_S = 10.0
"""A panel that takes nothing for so long is frozen: its place is given to others."""
ASKS_PER_S, ASKS_AT_ONCE = 2.0, 20.0
"""Nobody types faster, and each refusal by the gate leaves a record that is never evicted: more must wait."""

STRANGER = (
    "unknown key: not on this gate's roster; paste the [[roster]] lines that `sotdae gate key new` printed"
    " into the gate's file, and restart its agent"
)

Take = Callable[[CommandBody | QueryBody], Awaitable[None]]
Look = Callable[[], BaseModel]


class PanelServer:
    """Implements `ports.Panel`. Everything that a panel asks is judged by the gate, as the hub's is."""

    def __init__(
        self,
        path: Path,
        facility: str,
        node: str,
        roster: Sequence[Person],
        *,
        now: Callable[[], float],
        token: Callable[[], str],
    ) -> None:
        """Take the socket's place, the people, a monotonic clock, and a source of 32 random hex digits."""
        self.path = path
        self.people = {person.public.lower(): person for person in roster}
        self.now, self.token = now, token
        self.waiting: dict[str, Session] = {}
        """Who waits for the answer to an order or question, by its id."""
        self.failed_logins = 0
        self._hello = Hello(facility=facility, node=node, challenge="0" * 32)
        self._sessions: set[asyncio.Task[None]] = set()

    async def run(self, take: Take, look: Look) -> None:
        """Serve until cancelled. Raises what went wrong in any session but its own connection."""
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def ended(task: asyncio.Task[None]) -> None:
            self._sessions.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None and not broken.done():
                broken.set_exception(error)

        def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            session = Session(self, reader, writer, take, look)
            serving = session.run() if len(self._sessions) < MAX_PANELS else session.turn_away()
            task = asyncio.get_running_loop().create_task(serving, name="panel-session")
            self._sessions.add(task)
            task.add_done_callback(ended)

        server = await asyncio.start_unix_server(came, sock=listen(self.path), limit=MAX_ASKED)
        try:
            await broken
        finally:
            server.close()
            for task in self._sessions:
                task.cancel()
            await asyncio.gather(*self._sessions, return_exceptions=True)
            with suppress(OSError):
                self.path.unlink()

    def told(self, body: DecisionBody | ReportBody) -> None:
        """Pass on what the gate answered, if a panel waits for it. Never blocks, never raises."""
        if isinstance(body, DecisionBody) and body.verdict is None:
            return  # a step, or what came of an order later
        name = body.command if isinstance(body, DecisionBody) else body.re
        session = self.waiting.pop(name or "", None)
        if session is not None:
            session.say(Verdict(decision=body) if isinstance(body, DecisionBody) else Answer(report=body))

    def hello(self) -> Hello:
        """Return a fresh challenge."""
        return self._hello.model_copy(update={"challenge": self.token()})

    def recognise(self, hello: Hello, asked: Asked | None) -> Person | str:
        """Return who signed the challenge, or why nobody is let in."""
        if not isinstance(asked, Login):
            return "log in first: sign the challenge"
        person = self.people.get(asked.public)
        if person is None:
            return STRANGER
        if not verify(person.public, login_bytes(hello), asked.signature):
            return f"bad signature of {person.key}"
        return person


class Session:
    """One panel, from its challenge to its end."""

    def __init__(
        self,
        server: PanelServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        take: Take,
        look: Look,
    ) -> None:
        """Take the connection, and the ways to the gate."""
        self._server, self._reader, self._writer = server, reader, writer
        self._take, self._look = take, look
        self._manners = Manners(ASKS_PER_S, ASKS_AT_ONCE)

    async def turn_away(self) -> None:
        """Say that there is no room."""
        self.say(Refused(because=f"{MAX_PANELS} panels are open already: close one"))
        await self._close()

    async def run(self) -> None:
        """Serve one visitor."""
        try:
            person = await self._login()
            if person is not None:
                log.info("panel: %s (%s) came", person.name, person.key)
                await self._serve()
                log.info("panel: %s (%s) left", person.name, person.key)
        except OSError:
            pass  # the terminal is gone
        finally:
            self._server.waiting = {k: v for k, v in self._server.waiting.items() if v is not self}
            await self._close()

    def say(self, word: BaseModel) -> None:
        """Send one word, or not: a panel that is gone is not an error."""
        if not self._writer.is_closing():
            self._writer.write(line(word))

    async def _login(self) -> Person | None:
        hello = self._server.hello()
        self.say(hello)
        try:
            async with asyncio.timeout(LOGIN_S):
                asked = await self._next()
        except TimeoutError:
            asked = None
        person = self._server.recognise(hello, asked)
        if isinstance(person, str):
            self._server.failed_logins += 1
            self.say(Refused(because=person))
            return None
        self.say(Welcome(person=person, people=tuple(self._server.people.values())))
        return person

    async def _serve(self) -> None:
        showing = asyncio.create_task(self._show(), name="panel-show")
        showing.add_done_callback(self._hang_up)
        try:
            while (asked := await self._next()) is not None:
                await self._heed(asked)
        finally:
            showing.cancel()
            await asyncio.wait([showing])
        if not showing.cancelled():
            showing.result()

    def _hang_up(self, showing: asyncio.Task[None]) -> None:
        """End the session when nothing can be shown any more."""
        if not showing.cancelled():
            self._writer.transport.abort()

    async def _show(self) -> None:
        with suppress(OSError, TimeoutError):
            while True:
                self.say(self._look())
                async with asyncio.timeout(STALLED_S):
                    await self._writer.drain()
                await asyncio.sleep(SHOW_S)

    async def _next(self) -> Asked | None:
        """Return the next word; None at the end. What cannot be understood is said and skipped."""
        while True:
            try:
                raw = await self._reader.readline()
            except ValueError:
                self.say(Refused(because=f"a line is longer than {MAX_ASKED} bytes"))
                return None
            if not raw.endswith(b"\n"):
                return None  # a torn order is no order
            if not self._manners.admit(self._server.now()):
                await asyncio.sleep(1.0 / ASKS_PER_S)
            try:
                return read_asked(raw)
            except WireError as error:
                self.say(Refused(because=f"not understood: {error}"))

    async def _heed(self, asked: Asked) -> None:
        match asked:
            case Order(command=command):
                await self._pass_on(command)
            case Ask(query=query) if query.query == "nonce":
                await self._pass_on(query)
            case _:
                self.say(Refused(because="only orders and questions for a nonce are taken here"))

    async def _pass_on(self, asked: CommandBody | QueryBody) -> None:
        waiting = self._server.waiting
        mine = sum(1 for session in waiting.values() if session is self)
        if asked.id in waiting or mine >= MAX_OPEN:
            self.say(Refused(because="not yet answered: wait", re=asked.id))
            return
        waiting[asked.id] = self
        await self._take(asked)

    async def _close(self) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.drain()
        self._writer.close()
        try:
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        except TimeoutError:
            self._writer.transport.abort()  # it takes nothing, and must not keep its place
        except OSError:
            pass
