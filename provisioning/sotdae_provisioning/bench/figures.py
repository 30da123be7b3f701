"""What a benchmark answers: figures with their target and the bare library's figure beside them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    what: str
    value: float
    unit: str
    better: Better = "lower"
    target: float | None = None
    """From DESIGN 10, where it names one."""
    bare: float | None = None
    """The same job without Sotdae, in the same run: what the machine allows."""

    @property
    def of_target(self) -> float | None:
        """How many times the target this is; at most 1 is met where lower is better, at least 1 otherwise."""
        return None if not self.target else self.value / self.target

    @property
    def of_bare(self) -> float | None:
        """How many times the bare figure this is."""
        return None if not self.bare else self.value / self.bare

    def as_json(self) -> dict[str, Any]:
        """Return it with its ratios."""
        return {**asdict(self), "of_target": self.of_target, "of_bare": self.of_bare}


@dataclass(frozen=True, slots=True)
class Result:
    """One benchmark's figures, and how they came about."""

    name: str
    how: str
    samples: int
    figures: tuple[Figure, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "name": self.name,
            "how": self.how,
            "samples": self.samples,
            "figures": [figure.as_json() for figure in self.figures],
        }


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of them do not exceed (nearest rank). Raises ValueError if empty."""
    if not values:
        raise ValueError("no values")
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


def spread(
    what: str, values: Sequence[float], bare: Sequence[float], unit: str, p99_target: float | None = None
) -> list[Figure]:
    """Return p50, p99 and the maximum of some times, each beside that of the bare loop."""
    found = []
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        target = p99_target if name == "p99" else None
        beside = quantile(bare, share) if bare else None
        found.append(Figure(f"{what}, {name}", quantile(values, share), unit, target=target, bare=beside))
    return found
