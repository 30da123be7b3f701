"""Validity of one level channel: range, age, self-test, spike, stuck. Flags after QARTOD (DOMAIN 2.1).

Unknown is never zero: an invalid channel has no level, it does not read 0 cm. A filter may delay a
reopening; it delays a close by less than a second.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from sotdae_edge.core.site import Channel, Site
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag

SELF_TEST_LEAST = {"switch": 1.0, "analog": 20.0}
"""A switch loop only says OK; an analogue instrument grades itself in percent."""
_SOUND = (Flag.PASS, Flag.SUSPECT)
MAX_HISTORY = 400
"""Samples kept per channel; a faster instrument is thinned out so that they always span the rate window."""


@dataclass(frozen=True, slots=True)
class Level:
    """What a valid channel knows: the water lies between `low` and `high` centimetres."""

    low: float
    high: float

    @property
    def ceiling(self) -> float:
        """What the water is surely not above, in cm.

        A switch below its first step only knows "under 5 cm"; 0 is the driest that it can say.
        """
        return self.high if self.low >= 0.0 else min(self.high, 0.0)

    def distance(self, other: "Level") -> float:
        """Return the gap between two intervals in cm; 0 when they overlap."""
        return max(0.0, self.low - other.high, other.low - self.high)


@dataclass(frozen=True, slots=True)
class Bypass:
    """Why and until when a channel does not vote. Its times are monotonic seconds of this boot."""

    by: str
    reason: str
    since: float
    until: float

    @property
    def text(self) -> str:
        """Who, for how long and why."""
        return f"bypassed by {self.by} for {(self.until - self.since) / 60:.0f} min: {self.reason}"


@dataclass(slots=True)
class ChannelState:
    """One channel's memory."""

    spec: Channel
    level: Level | None = None
    flag: Flag = Flag.NOT_EVALUATED
    counts: tuple[int | None, ...] | None = None
    fresh_until: float = float("-inf")
    jump_since: float | None = None
    disagree_since: float | None = None
    stuck: bool = False
    bypass: Bypass | None = None
    history: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=MAX_HISTORY))

    def valid(self, now: float) -> Level | None:
        """Return the level if the channel may vote now."""
        return None if self.bypassed(now) else self.seen(now)

    def bypassed(self, now: float) -> bool:
        """Tell whether people have taken it out of the vote."""
        return self.bypass is not None and now < self.bypass.until

    def seen(self, now: float) -> Level | None:
        """Return what it says, if that is sound, whether or not it may vote."""
        if now >= self.fresh_until or self.stuck:
            return None
        return self.level

    def flag_at(self, now: float) -> Flag:
        """Return the quality flag as of now; a channel that fell silent is missing."""
        if now >= self.fresh_until:
            return Flag.MISSING if self.flag is not Flag.FAIL else Flag.FAIL
        return Flag.FAIL if self.stuck else self.flag

    def trouble(self, site: Site, now: float) -> str | None:
        """Say what a person must see to: not valid, or off most of the others for long (DOMAIN 1.6)."""
        flag = self.flag_at(now)
        if flag not in _SOUND:
            return flag.name.lower()
        if self.disagree_since is not None and now >= self.disagree_since + site.times.disagree:
            return "disagrees with the others"
        return None

    def take(self, points: Mapping[str, Sample], site: Site, now: float) -> bool:
        """Take one reading; tell whether it may be news: an instrument may be slower than the scan."""
        samples, least, failed = [], SELF_TEST_LEAST[self.spec.kind], False
        for point, _ in self.spec.points:
            sample = points.get(point)
            if sample is None or sample.value is None:
                return self._invalid(Flag.MISSING)
            failed = failed or (sample.quality is not None and not sample.quality >= least)
            samples.append(sample)
        if failed:
            return self._invalid(Flag.FAIL)
        counts = tuple([sample.count for sample in samples])
        if None in counts:
            return self._invalid(Flag.MISSING)
        if counts == self.counts:
            return False
        self.counts = counts
        if self.spec.kind == "switch":
            self._take_switch(samples, site, now)
        else:
            self._take_analog(float(samples[0].value or 0.0), site, now)
        return True

    def _invalid(self, flag: Flag) -> bool:
        self.flag = flag
        self.fresh_until = float("-inf")
        self.jump_since = None
        return True

    def _take_switch(self, samples: list[Sample], site: Site, now: float) -> None:
        low, high = self.spec.range_cm
        dry = []
        for sample, (_, level) in zip(samples, self.spec.points, strict=True):
            if not sample.value:
                dry.append(level)
            elif level > low:
                low = level
        above = [level for level in dry if level > low]
        self.level = Level(low, min(above) if above else high)
        # A step that is dry below one that is wet contradicts it.
        self.flag = Flag.SUSPECT if dry and min(dry) < low else Flag.PASS
        self.fresh_until = now + site.times.channel_age

    def _take_analog(self, value: float, site: Site, now: float) -> None:
        low, high = self.spec.range_cm
        if not low <= value <= high:
            self._invalid(Flag.FAIL)
        elif self._is_spike(value, site, now):
            self.flag = Flag.SUSPECT
        else:
            self.level = Level(value, value)
            self.flag = Flag.PASS
            self.fresh_until = now + site.times.channel_age
            self._remember(value, site.times.rate_window, now)

    def _remember(self, value: float, window_s: float, now: float) -> None:
        if not self.history or now >= self.history[-1][0] + window_s / MAX_HISTORY:
            self.history.append((now, value))
        while self.history[0][0] < now - window_s:
            self.history.popleft()

    def _is_spike(self, value: float, site: Site, now: float) -> bool:
        """Hold back a jump until it has lasted; without a recent level there is nothing to jump from."""
        recent = self.level if now < self.fresh_until else None
        if recent is None or abs(value - recent.low) <= site.spike_cm:
            self.jump_since = None
            return False
        if self.jump_since is None:
            self.jump_since = now
        if now < self.jump_since + site.times.spike:
            return True
        self.jump_since = None
        self.history.clear()
        return False

    def flat(self, site: Site, now: float) -> bool:
        """Tell whether an analogue channel has shown no noise over the disagreement time."""
        if self.spec.kind != "analog":
            return False
        recent = [value for at, value in self.history if at >= now - site.times.disagree]
        return len(recent) >= 5 and max(recent) - min(recent) <= site.noise_cm


def judge_stuck(channels: list[ChannelState], site: Site, now: float) -> None:
    """Mark channels that are flat and disagree with most of the others for long enough.

    A dry sensor is legitimately flat for months: flatness alone proves nothing.
    """
    levels = {id(channel): channel.level for channel in channels if now < channel.fresh_until}
    for channel in channels:
        mine = levels.get(id(channel))
        others = [
            level
            for other in channels
            if other is not channel
            and not (other.stuck or other.bypassed(now))
            and (level := levels.get(id(other))) is not None
        ]
        if mine is None or not others:
            channel.disagree_since = None
            continue
        against = sum(1 for other in others if mine.distance(other) >= site.disagree_cm)
        if 2 * against <= len(others):
            channel.disagree_since = None
            channel.stuck = False
            continue
        if channel.disagree_since is None:
            channel.disagree_since = now
        if now >= channel.disagree_since + site.times.disagree and channel.flat(site, now):
            channel.stuck = True
