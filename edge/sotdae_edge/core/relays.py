"""Points that the agent only passes on: their value, and how far to believe it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sotdae_shared.messages import Reading
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag, Unit


@dataclass(frozen=True, slots=True)
class Relay:
    """One point that is passed on under its own name; silent when its scans stand still so long (s)."""

    point: str
    silent_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What a device's profile says of a point: unit and physical range."""

    unit: Unit
    range: tuple[float, float] | None = None


@dataclass(slots=True)
class Relays:
    """All points that one agent passes on."""

    relays: Sequence[Relay]
    scales: Mapping[str, Scale]
    """By point; every relay has one."""
    _last: dict[str, Sample] = field(default_factory=dict)
    _heard_until: dict[str, float] = field(default_factory=dict)

    def take(self, points: Mapping[str, Sample], now: float) -> None:
        """Take one scan; a sample whose scan counter stands still is no news."""
        for relay in self.relays:
            sample, last = points.get(relay.point), self._last.get(relay.point)
            if sample is None or (last and sample.count is not None and sample.count == last.count):
                continue
            self._last[relay.point] = sample
            self._heard_until[relay.point] = now + relay.silent_s

    def readings(self, now: float) -> list[Reading]:
        """Return one reading a point, with its flag."""
        return [self._reading(relay.point, now) for relay in self.relays]

    def _reading(self, point: str, now: float) -> Reading:
        sample, scale = self._last.get(point), self.scales[point]
        value = None if sample is None or now >= self._heard_until[point] else sample.value
        flag = Flag.PASS
        if sample is None or value is None:
            flag = Flag.MISSING
        elif scale.range is not None and not scale.range[0] <= value <= scale.range[1]:
            flag = Flag.FAIL
        elif sample.quality == 0:
            flag = Flag.SUSPECT
        return Reading(channel=point, unit=scale.unit, value=value, flag=flag)
