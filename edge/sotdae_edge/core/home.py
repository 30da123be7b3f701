"""One semi-basement alarm device: what it says, and what is known of its home."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf
from typing import Annotated

from pydantic import Field

from sotdae_edge.core.battery import Battery, Cells
from sotdae_shared.samples import Sample

CONFIRM_S = 1.0
"""A contact that changes must stay so: a splash is no flood."""
TEST_S = 600.0
"""Water counts as a test for so long after the button; a button that sticks must not hide a flood."""
MISSED = 2.5
"""Heartbeats that may be missed before a device is offline (DOMAIN 5)."""
HEARTBEAT_S = 12.0
"""Of a device on a wire: offline after 30 s."""

Point = str | None
Interval = Annotated[float, Field(ge=2.0, le=86_400.0)]


class Wet(IntEnum):
    """How wet a home is, by its contacts in cm."""

    UNKNOWN = -1
    DRY = 0
    WET_2 = 2
    WET_15 = 15


@dataclass(frozen=True, slots=True)
class Home:
    """One alarm device. `name` is a code, never an address: people's homes are not published."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    point_2: str
    point_15: str
    heartbeat_s: Interval = HEARTBEAT_S
    """How often it speaks when nothing happens: 6 to 12 h for a battery device in the dry season."""
    warned_heartbeat_s: Interval | None = None
    """The same while a rain warning covers it (1 h, DOMAIN 5); None: it cannot be told."""
    test_point: Point = None
    """The water-test button."""
    tamper_point: Point = None
    asks_point: Point = None
    """Set while the device repeats an alarm, until it hears that the hub holds it."""
    battery_point: Point = None
    """Volts under load."""
    cells: Cells = field(default_factory=Cells)

    @property
    def points(self) -> list[str]:
        """Every point that it names."""
        optional = (self.test_point, self.tamper_point, self.asks_point, self.battery_point)
        return [self.point_2, self.point_15, *(point for point in optional if point is not None)]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scan or uplink says. `wet` is None where the contacts cannot tell."""

    wet: Wet | None
    count: int | None
    tamper: bool
    test: bool
    asks: bool
    battery_v: float | None


def read(home: Home, points: Mapping[str, Sample]) -> Seen | None:
    """Return what a home's points say, or None where it was not heard.

    A contact loop that fails its self-test cannot say dry; water that it reports is water all the same.
    """
    low, high = points.get(home.point_2), points.get(home.point_15)
    if low is None or high is None or low.value is None or high.value is None:
        return None
    wet: Wet | None = Wet.WET_15 if high.value else Wet.WET_2 if low.value else Wet.DRY
    if wet is Wet.DRY and 0.0 in (low.quality, high.quality):
        wet = None

    def value(point: Point) -> float | None:
        sample = None if point is None else points.get(point)
        return None if sample is None else sample.value

    return Seen(
        wet, low.count, bool(value(home.tamper_point)), bool(value(home.test_point)),
        bool(value(home.asks_point)), value(home.battery_point),
    )  # fmt: skip


@dataclass(slots=True)
class HomeState:
    """One home's memory."""

    stage: Wet = Wet.UNKNOWN
    pending: Wet = Wet.UNKNOWN
    pending_until: float = inf
    count: int | None = None
    heard_until: float = -inf
    offline: bool = False
    faulty: bool = False
    """Its contact loops fail their self-test."""
    tamper: bool = False
    button: bool = False
    test_until: float = -inf
    tested: Wet = Wet.UNKNOWN
    """The stage that a test has reached."""
    wet_at: float = -inf
    """When it last became wet."""
    asks: int | None = None
    """The number of the uplink that waits to hear that the hub holds it."""
    repeats: int = 0
    """Uplinks that brought nothing but an alarm again."""
    answered: int | None = None
    """The number of the last uplink that was answered."""
    answers: int = 0
    """Confirmations sent since it last stopped asking."""
    told_s: float | None = None
    """The heartbeat that it was last told."""
    battery: Battery = field(default_factory=Battery)

    @property
    def known(self) -> bool:
        """Whether its stage is that of now: heard in time, by contacts that can tell."""
        return self.stage is not Wet.UNKNOWN and not self.offline and not self.faulty

    def hear(self, seen: Seen, interval_s: float, now: float) -> None:
        """Take news of the device. The interval in force now says when the next is due."""
        self.count, self.heard_until, self.offline = seen.count, now + MISSED * interval_s, False
        self.faulty, self.tamper = seen.wet is None, seen.tamper
        self._ask(seen)
        if seen.battery_v is not None:
            self.battery.take(seen.battery_v, now)
        if seen.test and not self.button and self.stage is self.pending is Wet.DRY:
            self.test_until = now + TEST_S
        self.button = seen.test
        if not seen.test:
            self.test_until, self.tested = -inf, Wet.UNKNOWN
        if seen.wet is not None:
            self._see(seen.wet, now)

    def tick(self, now: float) -> bool:
        """Do what the passing of time makes due; tell whether the stage changed."""
        if self.button and self.tested is not Wet.UNKNOWN and now >= self.test_until:
            wet, self.tested = self.tested, Wet.UNKNOWN
            self._see(wet, now)
        if self.pending is self.stage or now < self.pending_until:
            return False
        if self.pending > Wet.DRY and self.stage <= Wet.DRY:
            self.wet_at = now
        self.stage = self.pending
        return True

    def testing(self, now: float) -> bool:
        """Whether what it reports is a test: the button was pressed while the home was known to be dry."""
        return now < self.test_until

    def _see(self, wet: Wet, now: float) -> None:
        if self.testing(now):
            self.tested = wet
        elif wet is not self.pending:
            self.pending, self.pending_until = wet, now + CONFIRM_S

    def _ask(self, seen: Seen) -> None:
        if not seen.asks:
            self.asks, self.repeats, self.answers = None, 0, 0
            return
        reported = self.tested if seen.test and self.tested is not Wet.UNKNOWN else self.pending
        self.repeats += self.asks is not None and seen.wet is reported
        self.asks = seen.count

    def deadlines(self) -> list[float]:
        """Return when time alone may change something."""
        changes = self.pending_until if self.pending is not self.stage else inf
        return [changes, self.heard_until, self.test_until]
