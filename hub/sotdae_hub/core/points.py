"""Points from messages, and fewer points for a chart."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sotdae_shared.messages import Envelope, HealthBody, TelemetryBody
from sotdae_shared.units import Flag, Unit

STAGES = {"normal": 0.0, "caution": 1.0, "close": 2.0}
"""Stage as a number, so that a chart can draw it; an unknown one has none."""


class PointRow(NamedTuple):
    """One value of one channel at one moment; None where nothing usable was measured."""

    facility: str
    channel: str
    unit: str
    at_ms: int
    value: float | None
    flag: int


def point_rows(envelope: Envelope) -> Iterator[PointRow]:
    """Yield the points of a message; health gives its backlog and, with a barrier, its state."""
    body, facility = envelope.body, envelope.facility
    if isinstance(body, TelemetryBody):
        sent_ms = ms(envelope.at)
        for reading in body.readings:
            at_ms = sent_ms if reading.at is None else ms(reading.at)
            yield PointRow(
                facility, reading.channel, reading.unit.value, at_ms, reading.value, reading.flag.value
            )
    elif isinstance(body, HealthBody):
        at_ms = ms(envelope.at)
        for channel, unit, value in _of_health(body):
            flag = Flag.MISSING if value is None else Flag.PASS
            yield PointRow(facility, channel, unit.value, at_ms, value, flag.value)


def _of_health(body: HealthBody) -> Iterator[tuple[str, Unit, float | None]]:
    yield "pending", Unit.COUNT, float(body.pending)
    yield "dropped", Unit.COUNT, float(body.dropped)
    if body.barrier is None:
        return
    yield "level", Unit.CM, body.level_cm
    yield "rate", Unit.CM_PER_MIN, body.rate_cm_min
    yield "stage", Unit.COUNT, STAGES.get(body.stage)
    for name, on in body.outputs.items():
        yield name, Unit.BOOL, None if on is None else float(on)


def ms(at: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(at.timestamp() * 1000)


class Sample(NamedTuple):
    """One point of a series."""

    at_ms: int
    value: float | None
    flag: int


def thin(samples: Iterable[Sample], start_ms: int, end_ms: int, points: int) -> list[Sample]:
    """Return at most `points` samples, oldest first: the highest of each span, None only where all are."""
    best: dict[int, Sample] = {}
    for sample in samples:
        span = (sample.at_ms - start_ms) * points // (end_ms - start_ms)
        if span not in best or _height(sample) > _height(best[span]):
            best[span] = sample
    return [best[span] for span in sorted(best)]


def _height(sample: Sample) -> float:
    return float("-inf") if sample.value is None else sample.value
