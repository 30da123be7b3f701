"""The judge of policies: what is in force has come at rest, is on record, and is kept to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.core.hearing import stated_s
from edge.core.judged import JudgedOne
from edge.core.ruling import by, drafted, good
from edge.core.watched import EPSILON_S

from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Decided, Effect
from sotdae_edge.core.events import Event, PolicyCame, Scan
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.site import Site

GOOD = TIGHT, LONG = 3, 5
BUNDLES = {
    "tight": good(TIGHT, close_cm=10.0, caution_cm=3.0),
    "long": good(LONG, pre_warn_s=6.0),
    "hasty": good(8, pre_warn_s=2.0),
    "by one": by(drafted(9, caution_cm=4.0), "jung"),
}
"""Two policies; one beyond the hard limits, and one that only one person has signed."""


def ruled(own: Site) -> Mapping[int, Site]:
    """Return the site under each policy that may come into force; 0 is its own file."""
    tight = replace(own.levels, close_cm=10.0, caution_cm=3.0)
    return {0: own, TIGHT: replace(own, levels=tight), LONG: lengthened(own)}


def lengthened(own: Site) -> Site:
    """Return a site that warns for 6 s."""
    return replace(own, times=replace(own.times, pre_warn=6.0))


@dataclass
class JudgedRuled(JudgedOne):
    """One arm under policies that come at any moment."""

    ruled: int = 0
    """The version in force, by the record alone."""
    floor: int = 0
    """The highest version ever taken."""
    high_since: float | None = None
    """Since when every scan has found the closing level that is in force."""
    damp_since: float | None = None
    """The same of the caution level."""

    def bring(self, name: str) -> None:
        """Let a policy come."""
        self.give(PolicyCame(BUNDLES[name]))

    @property
    def in_force(self) -> Site:
        """The site as the record says it is."""
        return ruled(self.site)[self.ruled]

    def give(self, event: Event) -> list[Effect]:
        if isinstance(event, Scan):
            self._sound(watched=self.now < self.scanned + self.site.times.channel_age)
        return super().give(event)

    def restart(self, boot: str = "fedcba9876543210") -> None:
        self.high_since = self.damp_since = None
        super().restart(boot)

    def pause(self, seconds: float) -> None:
        super().pause(seconds)
        self.high_since = self.damp_since = None

    def _sound(self, *, watched: bool) -> None:
        """Note how long the water has been as high as the thresholds in force."""
        levels, water_cm = self.in_force.levels, self.plant.radar or 0.0
        since = self.now if not watched else None
        if water_cm < levels.close_cm:
            self.high_since = None
        else:
            self.high_since = since or self.high_since or self.now
        if water_cm < levels.caution_cm:
            self.damp_since = None
        else:
            self.damp_since = since or self.damp_since or self.now

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case Decided(decision="policy", verdict="accepted", because=("in force", *_)):
                    self._check_coming(effect)
        return super().take(effects)

    def _check_coming(self, record: Decided) -> None:
        water_cm, caution_cm = self.plant.radar, self.in_force.levels.caution_cm
        assert record.state == record.previous == "open", "comes into force at an open gate only"
        assert record.incident is None, "comes into force while nothing is latched"
        assert not self.key_seen, "comes into force while nobody works at the gate"
        assert self.fresh, "comes into force only where the water is seen"
        assert water_cm is not None, "comes into force only where the water is seen"
        assert water_cm < caution_cm, "comes into force only below caution"
        assert self.gate.site.times.pre_warn >= 3.0, "never beyond the hard limits"
        version = int(str(record.command).removeprefix("policy-"))
        assert version > self.ruled, "never an older one"
        assert version in GOOD, "only one that two have signed"
        self.ruled = version

    def _check_lowering(self) -> None:
        super()._check_lowering()
        assert self.closed_since is not None
        warned_s = self.now - self.closed_since
        assert warned_s >= self.in_force.times.pre_warn - EPSILON_S, "warns as long as the policy says"

    def _check_state(self) -> None:
        super()._check_state()
        gate, mine = self.gate, self.gate.policies
        wanted = self.in_force
        assert gate.site.levels == wanted.levels, "thresholds are those of the record"
        assert gate.site.times == wanted.times, "durations are those of the record"
        assert mine.floor >= self.floor, "the floor never sinks"
        self.floor = mine.floor
        waits = self.ruled if mine.waiting is None else mine.waiting.version
        assert mine.floor == waits, "what was taken is in force or waits"
        rest = gate.state is State.OPEN and gate.incident is None and gate.stage is Stage.NORMAL
        if mine.waiting is not None:
            assert not rest or gate.sensing.since.due, "waits no longer than it must"
            assert "policy.waits" in gate.alarms.active, "a policy that waits is told"
        self._check_thresholds()

    def _check_thresholds(self) -> None:
        """The closing level in force closes, the caution level in force is shown."""
        if self.gate.state is not State.OPEN or not self.fresh:
            return
        limit_s = stated_s(self.site.times) + EPSILON_S
        if self.high_since is not None:
            assert self.now - self.high_since <= limit_s, "the closing level in force closes"
        if self.damp_since is not None and self.now - self.damp_since > limit_s:
            assert self.gate.stage is not Stage.NORMAL, "the caution level in force is shown"
