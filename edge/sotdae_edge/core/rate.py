"""Robust rate of rise of one channel, and the prediction made with it."""

from collections.abc import Sequence
from itertools import islice
from statistics import median

from sotdae_edge.core.site import Site

CONFIDENCE = 1.645
"""One-sided 95 % bound of a normal estimate."""


def rate_cm_min(history: Sequence[tuple[float, float]], min_span_s: float) -> tuple[float, float] | None:
    """Return (rate, lower bound) in cm/min over `history` of (monotonic s, cm), or None if too short.

    Theil-Sen over half-apart pairs: the median of the slopes between each sample and the one half a
    window later, so that single outliers have no say. The bound takes the median absolute deviation
    of those slopes as their spread.
    """
    count = len(history)
    if count < 10 or history[-1][0] - history[0][0] < min_span_s:
        return None
    half = count // 2
    slopes = [
        (later_cm - cm) / (later - at)
        for (at, cm), (later, later_cm) in zip(history, islice(history, half, None), strict=False)
        if later > at
    ]
    if not slopes:
        return None
    middle = median(slopes)
    spread = 1.4826 * median([abs(slope - middle) for slope in slopes])
    bound = middle - CONFIDENCE * spread / float(len(slopes)) ** 0.5
    return middle * 60.0, bound * 60.0


def will_be_unsafe(level_cm: float, rate_lower_cm_min: float, site: Site) -> bool:
    """Tell whether the level reaches `unsafe_cm` while the gate closes: h + v (T_seq + L/v) (DOMAIN 1.4)."""
    if level_cm < site.levels.predict_from_cm or rate_lower_cm_min <= 0.0:
        return False
    return level_cm + rate_lower_cm_min * site.lead_s / 60.0 >= site.levels.unsafe_cm
