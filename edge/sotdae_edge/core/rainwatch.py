"""Whether a rain warning covers the homes: from a rain gauge, or from the warning as a point."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from sotdae_shared.samples import Sample

WINDOW_S = 3 * 3600.0
STEP_S = 60.0


@dataclass(frozen=True, slots=True)
class RainSource:
    """Where the rain is known from. The gauge gives mm/h; the warning is a bit."""

    rate_point: str | None = None
    warning_point: str | None = None
    warning_mm: Annotated[float, Field(gt=0.0, le=500.0)] = 60.0
    """Rain in three hours that is a warning: the heavy-rain advisory (DOMAIN 2)."""
    silent_s: Annotated[float, Field(ge=10.0, le=86_400.0)] = 3600.0

    @property
    def points(self) -> list[str]:
        """Every point that it names."""
        return [point for point in (self.rate_point, self.warning_point) if point is not None]


@dataclass(slots=True)
class RainWatch:
    """What is known of the rain. A source that is silent counts as a warning: unknown is not dry."""

    source: RainSource | None
    warned: bool = False
    counts: dict[str, int | None] = field(default_factory=dict)
    heard_at: dict[str, float] = field(default_factory=dict)
    fallen: deque[tuple[float, float]] = field(default_factory=deque)
    """(s, mm) of the last three hours."""
    rate_mm_h: float = 0.0
    asked: bool = False
    """Whether the warning point says so."""
    kept_until: float = float("-inf")
    """A warning of the last run holds until the gauge has been watched for its three hours."""

    def resume(self, now: float) -> None:
        """Go on with the warning of the last run."""
        self.warned, self.kept_until = True, now + WINDOW_S

    def take(self, points: Mapping[str, Sample], now: float) -> None:
        """Take one scan."""
        if self.source is None:
            return
        rate = self._fresh(self.source.rate_point, points, now)
        if rate is not None:
            self._fall(rate, now)
        asked = self._fresh(self.source.warning_point, points, now)
        if asked is not None:
            self.asked = bool(asked)
        while self.fallen and self.fallen[0][0] < now - WINDOW_S:
            self.fallen.popleft()
        silent = any(self._silent(point, self.source.silent_s, now) for point in self.source.points)
        heavy = sum(mm for _, mm in self.fallen) >= self.source.warning_mm
        self.warned = silent or heavy or self.asked or now < self.kept_until

    def _fresh(self, point: str | None, points: Mapping[str, Sample], now: float) -> float | None:
        sample = None if point is None else points.get(point)
        if point is None or sample is None or sample.value is None:
            return None
        if sample.count is None or sample.count != self.counts.get(point):
            self.counts[point] = sample.count
            self.heard_at[point] = now
            return sample.value
        return None

    def _fall(self, rate_mm_h: float, now: float) -> None:
        """Add what fell since the last look, at most once a minute, at the higher of the two rates."""
        before = self.fallen[-1][0] if self.fallen else now
        self.rate_mm_h = max(self.rate_mm_h, rate_mm_h)
        if self.fallen and now < before + STEP_S:
            return
        self.fallen.append((now, self.rate_mm_h * min(now - before, WINDOW_S) / 3600.0))
        self.rate_mm_h = rate_mm_h

    def _silent(self, point: str, silent_s: float, now: float) -> bool:
        return now >= self.heard_at.get(point, float("-inf")) + silent_s
