"""Drift of a level channel: what it reads on a dry road, by the medians of its last 30 dry days (DOMAIN 2.1).

A day is 24 hours of dry readings, one a minute: time that was wet, unknown or switched off does not count, so
neither a wall clock nor a restart matters.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median, median_low
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from sotdae_edge.core.validity import Level
from sotdae_edge.core.vote import surely_below
from sotdae_shared.errors import WireError

EVERY_S = 60.0
DAY = 1_440
"""Readings in a day."""
DAYS = 30
LEAST_DAYS = 7
"""Fewer say nothing of a drift yet."""
DRIFT_CM = 2.0
"""Above this, dry is not where the channel says it is (DOMAIN 2.1)."""
STEP_CM = 0.1
"""Today's readings are kept as counts of such steps."""

_Step = Annotated[int, Field(ge=-100_000, le=100_000)]
_Cm = Annotated[float, Field(ge=-10_000.0, le=10_000.0, allow_inf_nan=False)]


@dataclass(slots=True)
class Baseline:
    """One channel's dry readings."""

    days: Annotated[list[_Cm], Field(max_length=DAYS)] = field(default_factory=list)
    """The medians of past days in cm, newest last."""
    today: dict[_Step, Annotated[int, Field(ge=1, le=DAY)]] = field(default_factory=dict)
    """How often each step was read in the day that is not over."""

    def take(self, level_cm: float) -> None:
        """Take one dry reading; call once a minute."""
        step = round(level_cm / STEP_CM)
        self.today[step] = self.today.get(step, 0) + 1
        if sum(self.today.values()) >= DAY:
            self.days = [*self.days, self._today_cm()][-DAYS:]
            self.today = {}

    def _today_cm(self) -> float:
        """Return the lower median of today's readings."""
        return round(median_low(Counter(self.today).elements()) * STEP_CM, 1)

    @property
    def dry_cm(self) -> float | None:
        """What the channel reads on a dry road; None below a week of days."""
        return median(self.days) if len(self.days) >= LEAST_DAYS else None

    @property
    def drifted(self) -> bool:
        """Whether that is more than 2 cm off."""
        dry_cm = self.dry_cm
        return dry_cm is not None and abs(dry_cm) > DRIFT_CM


def dry_for(name: str, levels: Mapping[str, Level | None], dry_cm: float, wet_cm: float) -> bool:
    """Tell whether the road is dry by most of the other valid channels: a drifting one cannot say it itself.

    The only one left is taken at its word while it is below `wet_cm`: half of nobody is no majority.
    """
    mine = levels[name]
    if mine is None:
        return False
    others = [level for other, level in levels.items() if other != name and level is not None]
    if not others:
        return mine.high < wet_cm
    return 2 * sum(surely_below(level, dry_cm) for level in others) >= len(others)


_ADAPTER: TypeAdapter[dict[str, Baseline]] = TypeAdapter(dict[str, Baseline])


def write(baselines: Mapping[str, Baseline]) -> bytes:
    """Return baselines as JSON."""
    return _ADAPTER.dump_json(dict(baselines))


def read(raw: bytes | None) -> dict[str, Baseline]:
    """Return baselines from JSON; None means there are none. Raises WireError if it is not that."""
    if raw is None:
        return {}
    try:
        return _ADAPTER.validate_json(raw)
    except ValidationError as error:
        raise WireError(f"baselines: {error.error_count()} wrong fields") from error
