"""A recorded series through the shipped slope core: stages as they would have come, and the last forecast."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from sotdae_edge.core.effects import Decided
from sotdae_edge.core.forecast import Forecast, Refusal, forecast
from sotdae_edge.core.movement import HOUR_S
from sotdae_edge.core.slope import Limits, Slope
from sotdae_edge.core.slopes import Slopes
from sotdae_edge.slope.series import Series
from sotdae_shared.samples import Sample

POINT = "displacement"


@dataclass(frozen=True, slots=True)
class Change:
    """A stage that began, in seconds of the series."""

    at_s: float
    stage: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """What the core made of a series."""

    limits: Limits
    stage: str
    changes: list[Change]
    v_mm_h: float | None
    outlook: Forecast | Refusal


def study(series: Series, full_scale_mm: float, limits: Limits) -> Study:
    """Play a series through the core; `full_scale_mm` is where the wire ends."""
    spec = Slope("slope", POINT, full_scale_mm, limits=limits, silent_s=_silent_s(series))
    core = Slopes((spec,), "study", 0.0, forecasts=False)
    changes = []
    for count, (at_s, mm) in enumerate(series.readings):
        # An archive does not say whether a value is missing because a wire tore: it counts as silence.
        effects = core.take({} if mm is None else {POINT: Sample(mm, count)}, at_s)
        changes += [Change(at_s, each.state, each.because) for each in effects if isinstance(each, Decided)]
    state = core.states["slope"]
    speed = state.movement.per_hour(HOUR_S, series.readings[-1][0])
    return Study(limits, state.stage.name.lower(), changes, speed, forecast(state.movement.series_h()))


def _silent_s(series: Series) -> float:
    times = [at_s for at_s, _ in series.readings]
    periods = [later - at_s for at_s, later in pairwise(times)]
    return max(1800.0, 3.0 * median(periods)) if periods else 1800.0


def as_json(found: Study, series: Series) -> dict[str, Any]:
    """Return the study in plain words and wall times, for `--json`."""
    return {
        "rows": len(series.readings),
        "from": series.start.isoformat(),
        "to": series.at(series.readings[-1][0]).isoformat(),
        "thresholds": asdict(found.limits),
        "stage": found.stage,
        "velocity_mm_h": found.v_mm_h,
        "stages": [
            {"at": series.at(each.at_s).isoformat(), "stage": each.stage, "because": list(each.because)}
            for each in found.changes
        ],
        **_outlook(found.outlook, series),
    }


def _outlook(outlook: Forecast | Refusal, series: Series) -> dict[str, Any]:
    if isinstance(outlook, Refusal):
        return {"forecast": None, "refusal": {"why": outlook.why.value, "text": outlook.text}}
    ends = {
        name: series.at(getattr(outlook, f"{name}_h") * HOUR_S).isoformat(timespec="minutes")
        for name in ("at", "early", "late", "inverse_velocity", "slo", "onset")
    }
    rest = {name: getattr(outlook, name) for name in ("alpha", "r2", "steps", "v_mm_h", "cycle_mm")}
    return {
        "forecast": {**ends, **rest, "meaning": "end of a trend, not the time of a collapse"},
        "refusal": None,
    }
