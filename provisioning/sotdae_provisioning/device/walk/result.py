"""What a walk found, as data: the report's canonical JSON, and what is kept after each step."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

VERSION: Literal[1] = 1
Whole = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
"""What canonical JSON can carry (RFC 8785, 3.2.2.3)."""
Value = str | Whole | FiniteFloat | bool | None
Text = Annotated[str, Field(max_length=500)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,80}$")]
MAX_SAMPLES = 600
"""Most points of one plot: a minute of scans."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class State(StrEnum):
    """How a step ended. Only `OK` and `NOT_FITTED` leave nothing to do."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """A person left it out."""
    NOT_DONE = "not_done"
    """It could not be tried, such as the link where there is none."""
    NOT_FITTED = "not_fitted"
    """This gate has no such part."""


class Verdict(StrEnum):
    """What the whole walk comes to."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


class Finding(_Data):
    """Something to say of a step, by its name in the table of words; `values` fill its text."""

    code: Word
    values: dict[str, Value] = {}


class Measured(_Data):
    """One value as measured; None where it is not known."""

    name: Word
    value: Value
    unit: Annotated[str, Field(max_length=12)] = ""


class Plot(_Data):
    """A value over the seconds of a step; a hole where nothing was heard."""

    name: Annotated[str, Field(max_length=80)]
    unit: Annotated[str, Field(max_length=12)] = ""
    at_s: Annotated[tuple[FiniteFloat, ...], Field(max_length=MAX_SAMPLES)]
    values: Annotated[tuple[FiniteFloat | None, ...], Field(max_length=MAX_SAMPLES)]
    limit: FiniteFloat | None = None
    """A line that the value was judged by."""


class Result(_Data):
    """One step as it went."""

    step: Annotated[str, Field(pattern=r"^[a-z0-9_.:-]{1,60}$")]
    state: State
    findings: tuple[Finding, ...] = ()
    measured: tuple[Measured, ...] = ()
    plots: tuple[Plot, ...] = ()
    picture: Annotated[str, Field(max_length=400_000)] | None = None
    """A JPEG in base64."""
    at: AwareDatetime
    took_s: FiniteFloat


class Place(_Data):
    """Which gate was walked, unmistakably."""

    facility: Text
    node: Text
    name: Text
    name_en: Text = ""
    disambiguation: Text = ""
    lat: FiniteFloat
    lon: FiniteFloat


class Walk(_Data):
    """The whole walk: what both sign."""

    v: Literal[1] = VERSION
    place: Place
    software: Text
    config_sha256: Text
    technician: Text
    serial: Text = ""
    certificate_sha256: Text | None = None
    began: AwareDatetime
    ended: AwareDatetime | None = None
    """None while it goes on."""
    steps: tuple[str, ...]
    """Every step that this gate needs, in order."""
    results: tuple[Result, ...] = ()

    def of(self, step: str) -> Result | None:
        """Return how a step went; None if it has not been tried."""
        return next((result for result in self.results if result.step == step), None)

    def noting(self, result: Result) -> "Walk":
        """Return the walk with this result in the place of an older one of its step."""
        kept = {each.step: each for each in self.results} | {result.step: result}
        ordered = tuple(kept[step] for step in self.steps if step in kept)
        return self.model_copy(update={"results": ordered})

    @property
    def verdict(self) -> Verdict:
        """What it comes to: failed if a step has, incomplete while one is missing or was left out."""
        states = [found.state if (found := self.of(step)) else State.NOT_DONE for step in self.steps]
        if State.FAILED in states:
            return Verdict.FAILED
        done = all(state in (State.OK, State.NOT_FITTED) for state in states)
        return Verdict.COMPLETE if done else Verdict.INCOMPLETE
