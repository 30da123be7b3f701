"""The panel's end of the socket: one connection, and a session that finds its way back."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from sotdae_edge.panel import wire
from sotdae_edge.panel.door import connect
from sotdae_edge.panel.wire import Answer, Ask, Hello, Login, Order, Refused, Said, Shown, Verdict, Welcome
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import CommandBody, DecisionBody, QueryBody, ReportBody
from sotdae_shared.signing import PrivateKey, public_of, sign

ANSWER_S = 10.0
"""An agent that decides answers in milliseconds; a box under load may take longer."""
AGAIN_S = 1.0
FRESH_S = 2.0
"""The agent shows its gate twice a second: what is older than this is not the gate of now."""


class UnconnectedError(LinkError):
    """There is no connection now: nothing was sent."""


class Connection:
    """One connection to an agent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both ends; `open` is the way to make one."""
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, path: Path) -> "Connection":
        """Connect. LinkError if no agent answers."""
        sock = await connect(path)
        return cls(*await asyncio.open_unix_connection(sock=sock, limit=wire.MAX_SAID))

    async def login(self, private: PrivateKey) -> Welcome:
        """Sign the agent's challenge. LinkError, with the agent's reason, if it lets nobody in."""
        try:
            async with asyncio.timeout(ANSWER_S):
                hello = await self.next()
                if not isinstance(hello, Hello):
                    raise LinkError(_reason(hello))
                if hello.v != wire.VERSION:
                    raise LinkError(
                        f"the agent speaks version {hello.v}, this panel {wire.VERSION}: update one"
                    )
                signature = sign(private, wire.login_bytes(hello))
                self.send(Login(public=public_of(private), signature=signature))
                welcome = await self.next()
        except TimeoutError as error:
            raise LinkError("the agent does not answer: is it frozen?") from error
        if not isinstance(welcome, Welcome):
            raise LinkError(_reason(welcome))
        return welcome

    async def next(self) -> Said:
        """Return the agent's next word. LinkError at the end, or if it cannot be understood."""
        try:
            raw = await self._reader.readline()
            if raw.endswith(b"\n"):
                return wire.read_said(raw)
        except (OSError, ValueError, WireError) as error:
            raise LinkError(f"the agent's word is not understood: {error}") from error
        raise LinkError("the agent has gone")

    def send(self, word: BaseModel) -> None:
        """Send one word."""
        self._writer.write(wire.line(word))

    async def close(self) -> None:
        """Leave."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def _reason(word: Said) -> str:
    return word.because if isinstance(word, Refused) else f"unexpected word of the agent: {word.say}"


class Session:
    """Stays connected and knows the agent's newest word. What was asked is never repeated by itself."""

    def __init__(self, path: Path, private: PrivateKey, now: Callable[[], float]) -> None:
        """Take the socket's place, the visitor's key, and a monotonic clock in seconds."""
        self.path = path
        self.shown: Shown | None = None
        self.welcome: Welcome | None = None
        self.heard_at: float | None = None
        self.problem = "not connected yet"
        """Why nothing is heard; empty while connected."""
        self.now = now
        self._private = private
        self._connection: Connection | None = None
        self._open: dict[str, asyncio.Future[DecisionBody | ReportBody]] = {}

    def silent_s(self) -> float | None:
        """Return for how long nothing has been heard; None if nothing ever was."""
        return None if self.heard_at is None else self.now() - self.heard_at

    def heard(self) -> tuple[Shown, float] | None:
        """Return the newest word and its age in seconds, while it is fresh."""
        silent_s = self.silent_s()
        if self.shown is None or silent_s is None or silent_s > FRESH_S:
            return None
        return self.shown, silent_s

    async def run(self) -> None:
        """Listen until cancelled; come back whenever the agent does."""
        while True:
            try:
                await self._visit()
            except LinkError as error:
                self.problem = str(error)
            finally:
                self._give_up()
            await asyncio.sleep(AGAIN_S)

    async def _visit(self) -> None:
        connection = await Connection.open(self.path)
        try:
            self.welcome = await connection.login(self._private)
            self._connection, self.problem = connection, ""
            while True:
                self._hear(await connection.next())
        finally:
            self._connection = None
            await connection.close()

    def _hear(self, word: Said) -> None:
        match word:
            case Shown():
                self.shown, self.heard_at = word, self.now()
            case Verdict(decision=decision):
                self._settle(decision.command, decision)
            case Answer(report=report):
                self._settle(report.re, report)
            case Refused(because=because, re=re):
                self._fail(re, because)
            case Hello() | Welcome():
                pass

    def _settle(self, name: str | None, body: DecisionBody | ReportBody) -> None:
        waiting = self._open.pop(name or "", None)
        if waiting is not None and not waiting.done():
            waiting.set_result(body)

    def _fail(self, name: str | None, because: str) -> None:
        """Tell whoever waits; a refusal without a name is about all that is open."""
        for each in list(self._open) if name is None else [name]:
            waiting = self._open.pop(each, None)
            if waiting is not None and not waiting.done():
                waiting.set_exception(LinkError(because))

    def _give_up(self) -> None:
        self._fail(None, "the agent went away before it answered: look at the gate before trying again")

    async def order(self, command: CommandBody) -> DecisionBody:
        """Give an order and return the gate's decision. LinkError if none comes: it may still be obeyed.

        UnconnectedError if it was not sent.
        """
        body = await self._request(command.id, Order(command=command))
        assert isinstance(body, DecisionBody)  # noqa: S101
        return body

    async def ask_nonce(self, name: str) -> ReportBody:
        """Return what a reopening must sign. LinkError if no answer comes."""
        body = await self._request(name, Ask(query=QueryBody(id=name, query="nonce")))
        assert isinstance(body, ReportBody)  # noqa: S101
        return body

    async def _request(self, name: str, word: BaseModel) -> DecisionBody | ReportBody:
        if self._connection is None:
            raise UnconnectedError(f"not connected: {self.problem}")
        waiting: asyncio.Future[DecisionBody | ReportBody] = asyncio.get_running_loop().create_future()
        self._open[name] = waiting
        self._connection.send(word)
        try:
            async with asyncio.timeout(ANSWER_S):
                return await waiting
        except TimeoutError as error:
            raise LinkError("no answer: look at the gate before trying again") from error
        finally:
            self._open.pop(name, None)
