"""What a step notes down while it runs; at its end a result."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sotdae_provisioning.device.walk.result import MAX_SAMPLES, Finding, Measured, Plot, Result, State, Value

_GRAVEST = (State.FAILED, State.NOT_DONE, State.SKIPPED, State.NOT_FITTED, State.OK)


@dataclass(slots=True)
class Notes:
    """Findings and measured values; the gravest finding decides how the step ended."""

    findings: list[Finding] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    picture: str | None = None
    states: set[State] = field(default_factory=lambda: {State.OK})

    def measure(self, name: str, value: Value, unit: str = "", *, digits: int = 1) -> None:
        """Note a value; None is "not known"."""
        rounded = round(value, digits) if isinstance(value, float) else value
        self.measured.append(Measured(name=name, value=rounded, unit=unit))

    def plot(
        self,
        name: str,
        unit: str,
        at_s: Sequence[float],
        values: Sequence[float | None],
        limit: float | None = None,
    ) -> None:
        """Note a course over seconds; of a long one every n-th point."""
        every = -(-len(at_s) // MAX_SAMPLES) or 1
        kept = tuple(None if value is None else round(value, 3) for value in values[::every])
        times = tuple(round(at, 3) for at in at_s[::every])
        self.plots.append(Plot(name=name, unit=unit, at_s=times, values=kept, limit=limit))

    def find(self, state: State, code: str, **values: Value) -> None:
        """Note a finding that makes the step end so, unless a graver one does."""
        self.findings.append(Finding(code=code, values=values))
        self.states.add(state)

    def fault(self, code: str, **values: Value) -> None:
        """Note what is wrong; the words say how to mend it."""
        self.find(State.FAILED, code, **values)

    def remark(self, code: str, **values: Value) -> None:
        """Note what a reader should know; the step is no worse for it."""
        self.find(State.OK, code, **values)

    @property
    def state(self) -> State:
        """How the step ended."""
        return next(state for state in _GRAVEST if state in self.states)

    def result(self, step: str, at: datetime, took_s: float) -> Result:
        """Return the whole."""
        return Result(
            step=step, state=self.state, findings=tuple(self.findings), measured=tuple(self.measured),
            plots=tuple(self.plots), picture=self.picture, at=at, took_s=round(took_s, 1),
        )  # fmt: skip


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of one value or more, by linear interpolation."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
