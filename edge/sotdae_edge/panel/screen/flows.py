"""What people do at the panel, step by step. Until the last step nothing has been sent."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sotdae_edge.core.authority import ACTUATOR
from sotdae_edge.core.barrier import State
from sotdae_edge.core.bypass import CHANNEL
from sotdae_edge.core.pulse import LAMPS
from sotdae_edge.core.site import Person
from sotdae_edge.panel import orders
from sotdae_edge.panel.client import Session, UnconnectedError
from sotdae_edge.panel.keys import is_encrypted, load_key, owner
from sotdae_edge.panel.snapshot import Snapshot
from sotdae_edge.panel.terms import Lang, named, said, state_term, term
from sotdae_edge.panel.view import because, span
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.messages import CommandBody
from sotdae_shared.signing import PrivateKey

Signer = tuple[Person, PrivateKey]

STROKE = "stroke"


class Ask(Protocol):
    """Asks one question; None means that somebody leaves."""

    def __call__(self, question: str, *, secret: bool = False, value: str = "") -> Awaitable[str | None]:
        """Return what is typed."""


class LeftError(Exception):
    """Somebody left in the middle, or something stands in the way: nothing was sent."""


class UnheardError(LeftError):
    """The agent is not heard: nothing was sent, and nothing is to be said of it once it is heard again."""


class Flows:
    """The ways from a key pressed to an order signed."""

    def __init__(self, session: Session, me: PrivateKey, key_file: Path, lang: Lang, ask: Ask) -> None:
        """Take the session, this person's key and its file, and the way to ask."""
        self._session, self._me, self._key_file, self._lang, self._ask = session, me, key_file, lang, ask

    def _term(self, word: str, *values: object) -> str:
        return term(self._lang, word, *values)

    def _listed(self, names: Iterable[str]) -> str:
        """Return names as they are typed, with their words where those are others."""
        words = ((name, named(self._lang, "thing", name)) for name in names)
        return ", ".join(name if name == word else f"{name} ({word})" for name, word in words)

    async def close(self) -> str:
        """Close with this person's key, after the word was typed."""
        gate, _ = self._now()
        person = self._person(self._me, self._key_file)
        await self._type("close", self._term("close.ask", self._name(gate), person.name))
        gate, at = self._now()
        order = orders.close_order(gate, at, "at the panel", person)
        return await self._send(order, (person, self._me))

    async def open(self) -> str:
        """Open with two people's keys, each unlocked anew, over the checklist."""
        gate, _ = self._now()
        given = await self._nonce(gate)
        first = await self._unlock(self._term("open.first", self._name(gate)), str(self._key_file))
        second = await self._unlock(self._term("open.second"), "")
        given = await self._nonce(gate)
        items = given.get("checklist", [])
        for number, item in enumerate(items, 1):
            words = self._term("check.ask", f"{number}/{len(items)}", self._term(f"check.{item}"))
            await self._type("yes", words)
        for person, _ in (first, second):
            await self._type("open", self._open_words(gate, given, person))
        gate, at = self._now()
        order = orders.open_order(gate, given, at, "at the panel", first[0], second[0])
        return await self._send(order, first, second)

    async def bypass(self) -> str:
        """Take a channel out of the vote, or let it vote again."""
        gate, _ = self._now()
        channels = {channel.name: channel for channel in gate.water.channels}
        name = (await self._answer(self._term("bypass.which", self._listed(channels)))).strip()
        if name not in channels:
            raise LeftError(self._term("bypass.unknown", name))
        return await (self._take_out(name) if channels[name].bypass is None else self._restore(name))

    async def _take_out(self, name: str) -> str:
        reason = await self._answer(self._term("bypass.why", name))
        minutes = _minutes(await self._answer(self._term("bypass.long", name), value="60"))
        if minutes is None:
            raise LeftError(self._term("bypass.minutes"))
        signers = [await self._unlock(self._term("bypass.first", name, minutes), str(self._key_file))]
        second = await self._answer(self._term("bypass.second"))
        if second.strip():
            signers.append(await self._unlock_file(second))
        for person, _ in signers:
            await self._type("bypass", self._term("bypass.sign", name, minutes, reason, person.name))
        gate, at = self._now()
        people = [person for person, _ in signers]
        return await self._send(
            orders.bypass_order(gate, name, minutes * 60.0, at, reason, *people), *signers
        )

    async def _restore(self, name: str) -> str:
        person = self._person(self._me, self._key_file)
        await self._type("restore", self._term("restore.sign", name, person.name))
        gate, at = self._now()
        return await self._send(
            orders.restore_order(gate, name, at, "at the panel", person), (person, self._me)
        )

    async def test(self) -> str:
        """Try lamps, siren, the stroke or a channel; what came of it is a decision that follows."""
        gate, _ = self._now()
        channels = {channel.name: f"{CHANNEL}{channel.name}" for channel in gate.water.channels}
        names = {name: name for name in LAMPS} | {STROKE: ACTUATOR} | channels
        name = (await self._answer(self._term("test.which", self._listed(names)))).strip()
        if name not in names:
            raise LeftError(self._term("test.unknown", name))
        person = self._person(self._me, self._key_file)
        if name == STROKE:
            return await self._stroke(person)
        await self._type(
            "test", self._term(f"test.{name}" if name in LAMPS else "test.wet", name, person.name)
        )
        gate, at = self._now()
        order = orders.test_order(gate, names[name], at, "at the panel", person)
        return await self._send(order, (person, self._me))

    async def _stroke(self, person: Person) -> str:
        """Close, which is the only stroke there is: the gate notes it, and two people open again."""
        if self._now()[0].state != State.OPEN:
            raise LeftError(self._term("test.not_open"))
        await self._type("close", self._term("test.stroke", person.name))
        gate, at = self._now()
        return await self._send(orders.close_order(gate, at, "stroke test", person), (person, self._me))

    async def _send(self, order: CommandBody, *signers: Signer) -> str:
        decision = await self._session.order(orders.signed(order, *signers))
        what = named(self._lang, "decision", decision.decision)
        word = self._term(decision.verdict or "unknown")
        return f"{what} {word}: {because(decision.because, self._lang)}"

    def _open_words(self, gate: Snapshot, given: dict[str, Any], person: Person) -> str:
        place, state = gate.place, state_term(self._lang, str(given.get("state")))
        where = f"{place.facility} {place.disambiguation}".strip()
        return self._term("open.sign", self._name(gate), where, state, given.get("incident"), person.name)

    async def _nonce(self, gate: Snapshot) -> dict[str, Any]:
        """Ask for a nonce. LeftError, with the reasons, if the gate would not open anyway."""
        given = (await self._session.ask_nonce(orders.name_of(gate))).data
        reasons = []
        if given.get("nonce") is None:
            reasons.append(self._term("nothing_closed"))
        if given.get("tripping"):
            reasons.append(self._term("tripping"))
        if not given.get("channels_valid"):
            reasons.append(self._term("channel_missing"))
        need_s, dry_s = gate.water.dry_need_s, float(given.get("dry_s", 0.0))
        if dry_s < need_s:
            reasons.append(f"{self._term('dry')}: {self._term('dry_so_far', span(dry_s), span(need_s))}")
        if reasons:
            raise LeftError(self._term("open.blocked", "; ".join(reasons)))
        return given

    async def _unlock(self, heading: str, file: str) -> Signer:
        typed = await self._answer(f"{heading} {self._term('key.file')}  {self._term('esc')}", value=file)
        return await self._unlock_file(typed)

    async def _unlock_file(self, typed: str) -> Signer:
        path, locked = _key_file(typed)
        secret = await self._answer(self._term("key.secret", path.name), secret=True) if locked else None
        private = load_key(path, secret)
        return self._person(private, path), private

    def _person(self, private: PrivateKey, file: Path) -> Person:
        welcome = self._session.welcome
        person = None if welcome is None else owner(private, welcome.people)
        if person is None:
            raise LeftError(self._term("key.stranger", file.name))
        return person

    async def _type(self, word: str, question: str) -> None:
        """Go on only if the word is typed."""
        typed = await self._answer(f"{question}  {self._term('esc')}")
        if typed.strip().lower() != word:
            raise LeftError(self._term("cancelled"))

    async def _answer(self, question: str, *, secret: bool = False, value: str = "") -> str:
        typed = await self._ask(question, secret=secret, value=value)
        if typed is None:
            raise LeftError(self._term("cancelled"))
        return typed

    def _now(self) -> tuple[Snapshot, datetime]:
        """Return the gate and its agent's time now. UnheardError if it is not heard."""
        heard = self._session.heard()
        if heard is None:
            raise UnheardError(self._term("unheard"))
        shown, silent_s = heard
        return shown.gate, shown.at + timedelta(seconds=silent_s)

    def _name(self, gate: Snapshot) -> str:
        return gate.place.name if self._lang == "ko" else gate.place.name_en


def _key_file(typed: str) -> tuple[Path, bool]:
    path = Path(typed.strip()).expanduser()
    return path, is_encrypted(path)


def _minutes(typed: str) -> int | None:
    """Return 1 to 1440 minutes, the longest bypass there is; None for anything else."""
    text = typed.strip()
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1440 else None


class Told(NamedTuple):
    """What to say of a flow."""

    text: str
    while_silent: bool = False
    """Whether it holds only as long as the agent is not heard."""


async def tell(flow: Callable[[], Awaitable[str]], lang: Lang) -> Told:
    """Go through a flow and return what to say of it."""
    try:
        return Told(await flow())
    except LeftError as error:
        return Told(str(error), isinstance(error, UnheardError))
    except (LinkError, ConfigError) as error:
        return Told(said(lang, str(error)), isinstance(error, UnconnectedError))
