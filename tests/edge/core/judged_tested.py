"""The judge of self-tests: nothing that is tried is taken for a warning, and no warning for a trial."""

from dataclasses import dataclass, field, replace

from edge.core.judged import JudgedOne
from edge.core.people import came, tried
from edge.core.plant import Plant

from sotdae_edge.core.barrier import SIREN, State
from sotdae_edge.core.effects import Answer, Decided, Drive, Effect, Warn
from sotdae_edge.core.events import Event, Scan
from sotdae_edge.core.hazard import Stage
from sotdae_shared.samples import Sample

DARK = Warn(closed=False, siren=False, caution=False)
LAMPS, SOUND = replace(DARK, closed=True), replace(DARK, siren=True)
WANTED = {"lamps": {"sign_closed", "flasher_on"}, "siren": {"siren_on"}}
"""What must have been read back lit, for a test to be passed."""
SIGHTED = frozenset().union(*WANTED.values())
LONGEST_TICKS = 2


@dataclass
class LampPlant(Plant):
    """A plant whose lamps follow what is ordered; its sign may stick."""

    closed: bool = False
    siren: bool = False
    sign: str = "sound"
    """``sound``, or stuck ``lit`` or ``dark``."""

    def _points(self, count: int) -> dict[str, Sample | None]:
        sign = self.closed if self.sign == "sound" else self.sign == "lit"
        lamps = {"sign_closed": sign, "flasher_on": self.closed, "siren_on": self.siren}
        own = {name: Sample(float(lit)) for name, lit in lamps.items()}
        return {**super()._points(count), **own}


@dataclass
class JudgedTested(JudgedOne):
    """One arm whose warnings and channels are tried."""

    plant: LampPlant = field(default_factory=LampPlant)
    tried_since: float | None = None
    """Since when an open, calm gate has shown what only a test shows."""
    seen: frozenset[str] = frozenset()
    """Lamps that a scan has found lit since then."""
    dipped: bool = False
    """Whether the radar has said water since its bucket was ordered."""
    failed: frozenset[str] = frozenset()
    """Tests whose last end was a failure."""

    def restart(self, boot: str = "fedcba9876543210") -> None:
        self.tried_since, self.seen, self.dipped, self.failed = None, frozenset(), False, frozenset()
        super().restart(boot)

    def give(self, event: Event) -> list[Effect]:
        if isinstance(event, Scan):
            if self.tried_since is not None:
                self.seen |= {name for name in SIGHTED if event.points[name].value}
            if (self.plant.radar or 0.0) >= self.site.levels.caution_cm:
                self.dipped = True
        return super().give(event)

    def try_out(self, actuator: str) -> None:
        """Let somebody at the panel order a test."""
        gate = self.gate
        at_rest = gate.state is State.OPEN and gate.incident is None and gate.stage is Stage.NORMAL
        at_rest = at_rest and self.now >= gate.caution_until
        seq = max(gate.last_seq.values(), default=0) + 1
        effects = gate.handle(came(tried(actuator, seq, gate.state.value)), self.now)
        if any(isinstance(each, Decided) and each.verdict == "accepted" for each in effects):
            assert at_rest, "a test is taken only by an open gate over a calm road"
            assert not self.key_seen, "a test is taken only by an open gate over a calm road"
            self.dipped = self.dipped and actuator in ("lamps", "siren")
        self.take(effects)

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case Warn(closed=closed, siren=siren):
                    self.plant.closed, self.plant.siren = closed, siren
                case Drive():
                    assert self.gate.selftests.pulse is None, "no test while an arm moves"
                case Answer(report="selftest", data={"test": str(test), "passed": passed}):
                    self._check_result(test, passed)
        found = super().take(effects)
        self._check_shown()
        return found

    def _check_result(self, test: str, passed: bool | None) -> None:
        if passed is None:
            return
        if test in WANTED and passed:
            assert self.seen >= WANTED[test], f"{test} passes only when seen lit"
            read = self.plant.scan().points
            assert not any(read[name].value for name in WANTED[test]), f"{test} passes only when dark again"
        if test == "wet.radar" and passed:
            assert self.dipped, "a wet test passes only through water"
            dry = self.plant.radar is not None and self.plant.radar <= self.site.levels.reopen_cm
            assert dry, "a wet test passes only when dry again"
        self.failed = self.failed - {test} if passed else self.failed | {test}

    def _check_state(self) -> None:
        super()._check_state()
        told = {code.removeprefix("selftest.failed.") for code in self.gate.alarms.active}
        assert self.failed <= told, "a failed test is told until it is passed"

    def _check_shown(self) -> None:
        """What is shown is what water, orders and arm want, or at rest what is tried."""
        gate, shown = self.gate, self.gate.outputs.warned
        at_rest = gate.state is State.OPEN and gate.incident is None
        caution = gate.stage is not Stage.NORMAL or self.now < gate.caution_until
        if not at_rest or caution:
            assert gate.selftests.pulse is None, "a pulse never outlives calm"
        if shown is None or gate.state in (State.START, State.MANUAL):
            self.tried_since = None
        elif not at_rest:
            self.tried_since = None
            closes = gate.state is not State.OPEN
            assert shown == Warn(closes, gate.state in SIREN, caution=False), "no test darkens a warning"
        elif caution:
            self.tried_since = None
            assert shown == replace(DARK, caution=True), "no test stands before a caution"
        elif shown == DARK:
            self.tried_since = None
        else:
            self._check_trial(shown)
        if self.tried_since is None:
            pulse = gate.selftests.pulse
            self.seen = self.seen if pulse is not None else frozenset()
        self.dipped = self.dipped and "radar" in gate.selftests.buckets

    def _check_trial(self, shown: Warn) -> None:
        assert shown in (LAMPS, SOUND), "a lamp test is silent, a siren's is dark"
        if self.tried_since is None:
            self.tried_since = self.now
            arm = self.gate.approaches[0].arm
            self.seen = frozenset(name for name in SIGHTED if arm.flag(name, self.now))
            pulse = self.gate.selftests.pulse
            daily = pulse is not None and not pulse.by
            assert not (daily and self.plant.loop and self.fresh), "nothing flashes by itself before a car"
        lasts_s = LONGEST_TICKS * self.site.times.pre_warn
        assert self.now - self.tried_since < lasts_s, "a pulse goes dark in its time"
