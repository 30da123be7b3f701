"""What panel and agent say to each other: one JSON object a line, over a local socket."""

from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sotdae_edge.core.site import Person
from sotdae_edge.panel.snapshot import Snapshot
from sotdae_shared.errors import WireError
from sotdae_shared.messages import CommandBody, DecisionBody, Name, QueryBody, ReportBody
from sotdae_shared.signing import canonical

VERSION = 1
ISSUER = "panel"
"""Where the panel's orders are made, for the record."""
MAX_ASKED = 16 * 1024
"""Longest line that an agent reads."""
MAX_SAID = 256 * 1024
"""Longest line that a panel reads: a snapshot has some kilobytes."""


class _Word(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Word):
    """The agent's first word: what a visitor must sign to be let in."""

    say: Literal["hello"] = "hello"
    v: int = VERSION
    facility: Name
    node: Name
    challenge: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Login(_Word):
    """The visitor's answer: somebody of the roster, by the public key."""

    say: Literal["login"] = "login"
    public: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class Welcome(_Word):
    """Who the visitor is, and who else is on the roster."""

    say: Literal["welcome"] = "welcome"
    person: Person
    people: tuple[Person, ...]


class Refused(_Word):
    """What the agent did not look at, and why; the gate's own refusals are verdicts."""

    say: Literal["refused"] = "refused"
    because: str
    re: Name | None = None
    """The order or question that this is about."""


class Shown(_Word):
    """The gate as of now."""

    say: Literal["shown"] = "shown"
    at: AwareDatetime
    """The agent's wall time; an order's expiry is counted from it."""
    gate: Snapshot


class Ask(_Word):
    """A question to the gate: only `nonce`, what to sign for a reopening."""

    say: Literal["ask"] = "ask"
    query: QueryBody


class Order(_Word):
    """A signed order."""

    say: Literal["order"] = "order"
    command: CommandBody


class Verdict(_Word):
    """The gate's decision on an order."""

    say: Literal["verdict"] = "verdict"
    decision: DecisionBody


class Answer(_Word):
    """The gate's answer to a question."""

    say: Literal["answer"] = "answer"
    report: ReportBody


Asked = Login | Ask | Order
Said = Hello | Welcome | Refused | Shown | Verdict | Answer
Word = TypeVar("Word")
_ASKED: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="say")])
_SAID: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="say")])


def login_bytes(hello: Hello) -> bytes:
    """Return what a visitor signs; it can never be taken for an order."""
    return canonical({"login": "sotdae panel", **hello.model_dump(include={"facility", "node", "challenge"})})


def line(word: BaseModel) -> bytes:
    """Return a word as sent."""
    return word.model_dump_json(by_alias=True).encode() + b"\n"


def read_asked(raw: bytes) -> Asked:
    """Understand a panel's line. WireError if it is none."""
    return _read(_ASKED, raw, MAX_ASKED)


def read_said(raw: bytes) -> Said:
    """Understand an agent's line. WireError if it is none."""
    return _read(_SAID, raw, MAX_SAID)


def _read(adapter: TypeAdapter[Word], raw: bytes, limit: int) -> Word:
    if len(raw) > limit:
        raise WireError(f"{len(raw)} bytes: the limit is {limit}")
    try:
        return adapter.validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:120] or "line"
        raise WireError(f"{place}: {first['msg'][:200]}") from error
