"""From channels to a hazard: normal, caution or close, and why.

Nothing here moves anything. A trip is a fact about now; latching it is the gate's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from sotdae_edge.core.outlook import Outlook, look
from sotdae_edge.core.rate import rate_cm_min, will_be_unsafe
from sotdae_edge.core.rising import FROM_CM
from sotdae_edge.core.since import Since
from sotdae_edge.core.site import Levels, Site
from sotdae_edge.core.validity import ChannelState, Level, judge_stuck
from sotdae_edge.core.vote import Vote, vote
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag

NEVER = float("-inf")


class Stage(StrEnum):
    """How bad it is."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    CAUTION = "caution"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Trip:
    """A cause to close, present now."""

    cause: str
    """``level``, ``predicted``, ``river``, ``context``."""
    first_out: str
    because: tuple[str, ...]


def rated_from_cm(levels: Levels) -> float:
    """Return the level from which rates are worked out: somewhat below where the first one counts."""
    return min(levels.predict_from_cm, FROM_CM) - 1.0


@dataclass(slots=True)
class Single:
    """A single context instrument, such as the river gauge: newest value and how long it is good."""

    value: float | None = None
    count: int | None = None
    good_until: float = NEVER

    def take(self, sample: Sample | None, age_s: float, now: float) -> None:
        """Take one reading; one that is missing or does not advance changes nothing."""
        if sample is None or sample.value is None or sample.count is None or sample.count == self.count:
            return
        self.value, self.count, self.good_until = sample.value, sample.count, now + age_s

    def at(self, now: float) -> float | None:
        """Return the value while it is good."""
        return self.value if now < self.good_until else None


@dataclass(slots=True)
class Sensing:
    """All that the gate senses of water, rain and river."""

    site: Site
    channels: list[ChannelState]
    river: Single = field(default_factory=Single)
    rain: Single = field(default_factory=Single)
    mains_ok: bool | None = None
    since: Since = field(default_factory=Since)
    caution_until: float = NEVER
    rates: dict[str, tuple[float, float]] = field(default_factory=dict)
    independent: bool = True
    """Whether three channels may outvote one; see `Site.independent`."""
    _outlook: Outlook | None = None
    _calm: bool = False
    """Whether all was sound before the newest reading; without a newer one, judging again changes nothing."""

    @classmethod
    def of(cls, site: Site, now: float) -> "Sensing":
        """Start knowing nothing; a gauge that never speaks is silent from now on."""
        river = Single(good_until=now + site.times.river_age)
        channels = [ChannelState(spec) for spec in site.channels]
        return cls(site, channels, river, independent=site.independent)

    def take(self, points: Mapping[str, Sample], now: float) -> None:
        """Take one scan of the controller."""
        seen = self.outlook(now)
        news = [channel.take(points, self.site, now) for channel in self.channels]
        if True in news or not (seen.sound and self._calm):
            self._calm = seen.sound
            self._judge(now)
        self.river.take(points.get("river_stage"), self.site.times.river_age, now)
        self.rain.take(points.get("rain_rate"), self.site.times.river_age, now)
        mains = points.get("mains_ok")
        self.mains_ok = None if mains is None or mains.value is None else bool(mains.value)

    def _judge(self, now: float) -> None:
        """Work out rates and suspicions anew: no rate over a dry road, no suspicion where all agree."""
        self._outlook = None
        seen, from_cm = self.outlook(now), rated_from_cm(self.site.levels)
        if self.rates or not seen.sound or seen.highest_cm >= from_cm:
            for channel in self.channels:
                self._update_rate(channel, from_cm, now)
        if not seen.sound or seen.apart_cm >= self.site.disagree_cm:
            judge_stuck(self.channels, self.site, now)
            self._outlook = None

    def _update_rate(self, channel: ChannelState, from_cm: float, now: float) -> None:
        if channel.spec.kind != "analog":
            return
        name, level = channel.spec.name, channel.valid(now)
        # Below the level from which it counts a rate would only be computed to be thrown away.
        if level is None or level.low < from_cm:
            if name in self.rates:
                del self.rates[name]
            return
        if name in self.rates and channel.history[-1][0] < now:
            return  # nothing new since it was worked out
        rate = rate_cm_min(channel.history, self.site.times.rate_min)
        if rate is None:
            self.rates.pop(name, None)
        else:
            self.rates[name] = rate

    def outlook(self, now: float) -> Outlook:
        """Return what the channels say now."""
        seen = self._outlook
        if seen is None or not seen.since <= now < seen.until:
            seen = self._outlook = look(self.channels, now)
        return seen

    def levels(self, now: float) -> dict[str, Level | None]:
        """Return every channel's level, None where it is not valid."""
        return self.outlook(now).levels

    def channel(self, name: str) -> ChannelState:
        """Return one channel's memory. KeyError if there is none of that name."""
        return {channel.spec.name: channel for channel in self.channels}[name]

    def forget_levels(self) -> None:
        """Work the levels out anew when next asked for."""
        self._outlook = None

    def out(self, now: float) -> frozenset[str]:
        """Return the channels that people have taken out of the vote."""
        return self.outlook(now).out

    def flags(self, now: float) -> dict[str, Flag]:
        """Return every channel's quality flag."""
        return {channel.spec.name: channel.flag_at(now) for channel in self.channels}

    def level_cm(self, now: float) -> float | None:
        """Return the level: median of the valid analogue channels, else the highest wet step, else None."""
        levels = [level for level in self.levels(now).values() if level is not None]
        exact = [level.low for level in levels if level.low == level.high]
        if exact:
            return median(exact)
        return max((level.low for level in levels if level.low > 0.0), default=None)

    def rate_cm_min(self) -> float | None:
        """Return the median rate of rise of the channels that have one."""
        return median(rate for rate, _ in self.rates.values()) if self.rates else None

    def close_vote(self, now: float) -> Vote:
        """Return the vote at the closing level."""
        return self._vote(self.site.levels.close_cm, now)

    def _vote(self, threshold_cm: float, now: float) -> Vote:
        return vote(self.levels(now), threshold_cm, self.independent)

    def _wet(self, threshold_cm: float, now: float) -> bool:
        """Tell how the vote ends; on most days nobody reaches the threshold and no ballot is cast."""
        return self.outlook(now).highest_cm >= threshold_cm and self._vote(threshold_cm, now).trip

    def trips(self, now: float, hub_heard: float) -> list[Trip]:
        """Return every cause to close that is present now, the strongest first."""
        found = [
            self._level_trip(now),
            self._predicted_trip(now),
            self._river_trip(now),
            self._context_trip(now, hub_heard),
        ]
        return [trip for trip in found if trip is not None]

    def _level_trip(self, now: float) -> Trip | None:
        wet_enough = self._wet(self.site.levels.close_cm, now)
        if not self.since.held("level", wet_enough, self.site.times.confirm, now):
            return None
        ballot = self.close_vote(now)
        wet = [name for name, word in ballot.ballots.items() if word == "trip"]
        text = f"{ballot.architecture}: {', '.join(wet)} >= {self.site.levels.close_cm:g} cm"
        return Trip("level", ballot.first or "level", (text,))

    def _foreseen(self, now: float) -> list[str]:
        """Return the channels whose rate leads to an unsafe road, if they are enough to act upon."""
        levels = self.levels(now)
        rising = [
            name
            for name, (_, lower) in self.rates.items()
            if (level := levels.get(name)) is not None and will_be_unsafe(level.low, lower, self.site)
        ]
        return rising if self._enough(rising, now) else []

    def _enough(self, rising: Sequence[str], now: float) -> bool:
        """Tell whether a rise may be believed: two channels, one and the 5 cm float, or the only one."""
        if len(rising) != 1:
            return bool(rising)
        valid = {name: level for name, level in self.levels(now).items() if level is not None}
        switches = (c.spec.name for c in self.channels if c.spec.kind == "switch")
        caution_cm = self.site.levels.caution_cm
        return len(valid) == 1 or any(name in valid and valid[name].low >= caution_cm for name in switches)

    def believed_rate_cm_min(self, now: float) -> float | None:
        """Return the voted rate if enough channels have one, as for a prediction."""
        return self.rate_cm_min() if self._enough(list(self.rates), now) else None

    def _predicted_trip(self, now: float) -> Trip | None:
        tripping = self._foreseen(now) if self.rates else []
        if not self.since.held("predicted", bool(tripping), self.site.times.confirm, now):
            return None
        level_cm, rate = self.level_cm(now), self.rate_cm_min()
        text = (
            f"{level_cm or 0.0:.1f} cm rising {rate or 0.0:.1f} cm/min reaches "
            f"{self.site.levels.unsafe_cm:g} cm within {self.site.lead_s:.0f} s ({', '.join(tripping)})"
        )
        return Trip("predicted", "predicted", (text,))

    def _river_trip(self, now: float) -> Trip | None:
        trigger, stage = self.site.levels.river_trigger_cm, self.river.at(now)
        high = trigger is not None and stage is not None and stage >= trigger
        # Two fresh readings at least: the confirmation time of a single instrument is longer.
        if not self.since.held("river", high, 2.0 * self.site.times.confirm, now):
            return None
        return Trip("river", "river", (f"river {stage:.0f} cm >= trigger {trigger:.0f} cm",))

    def seeing(self, now: float) -> bool:
        """Tell whether any level channel is valid."""
        return self.outlook(now).seeing

    def blind(self, now: float) -> bool:
        """Tell whether no level channel has been valid for long enough that context must decide."""
        return self.since.held("blind", not self.outlook(now).seeing, self.site.times.blind, now)

    def _context_trip(self, now: float, hub_heard: float) -> Trip | None:
        if not self.blind(now):
            return None
        levels, rain, river = self.site.levels, self.rain.at(now), self.river.at(now)
        reasons = []
        if rain is not None and rain >= levels.rain_warning_mm_h:
            reasons.append(f"rain {rain:.0f} mm/h")
        if levels.river_caution_cm is not None and river is not None and river >= levels.river_caution_cm:
            reasons.append(f"river {river:.0f} cm at caution")
        if self.mains_ok is False:
            reasons.append("mains lost")
        if now >= hub_heard + self.site.times.hub_silent:
            reasons.append("hub silent")
        if not reasons:
            return None
        return Trip("context", "context", ("no valid level channel", *reasons))

    def stage(self, now: float, trips: list[Trip]) -> Stage:
        """Return the stage; caution is left only after its own hysteresis and time."""
        if trips:
            return Stage.CLOSE
        if self._caution_now(now):
            self.caution_until = now + self.site.times.caution_off
        if now < self.caution_until:
            return Stage.CAUTION
        return Stage.NORMAL if self.seeing(now) else Stage.UNKNOWN

    def _caution_now(self, now: float) -> bool:
        limits = self.site.levels
        wet = self.since.held("caution", self._wet(limits.caution_cm, now), self.site.times.confirm, now)
        still = now < self.caution_until and self.outlook(now).ceiling_cm > limits.caution_off_cm
        river = self.river.at(now)
        high = limits.river_caution_cm is not None and river is not None and river >= limits.river_caution_cm
        aged = self.river_lost(now)
        return wet or still or high or aged or self.blind(now)

    def river_lost(self, now: float) -> bool:
        """Tell whether a river gauge that matters is silent: its last word ages into caution."""
        lost = now >= self.river.good_until + self.site.times.river_lost
        return lost and self._river_calm_cm() is not None

    def _river_calm_cm(self) -> float | None:
        levels = self.site.levels
        return levels.river_caution_cm if levels.river_caution_cm is not None else levels.river_trigger_cm

    def dry(self, now: float) -> bool:
        """Tell whether everything that can trip says dry: what a reopening needs, for 30 minutes."""
        if self.outlook(now).ceiling_cm > self.site.levels.reopen_cm:
            return False
        calm_cm, river_cm = self._river_calm_cm(), self.river.at(now)
        return calm_cm is None or (river_cm is not None and river_cm < calm_cm)

    def next_deadline(self, now: float) -> float | None:
        """Return when time alone may change an answer: a gauge goes stale, a condition ripens."""
        due = [channel.bypass.until for channel in self.channels if channel.bypass is not None]
        times, off = self.site.times, [channel.disagree_since for channel in self.channels]
        due += [since + times.disagree for since in off if since is not None]
        due += [self.river.good_until, self.rain.good_until, self.caution_until]
        due.append(self.river.good_until + times.river_lost)
        ripe = self.since.next_deadline(now)
        return min([at for at in (*due, ripe) if at is not None and at > now], default=None)

    def stale(self) -> list[float]:
        """Return when each channel goes stale unless it speaks again."""
        return [channel.fresh_until for channel in self.channels]
