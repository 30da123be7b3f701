"""A story whose every effect is held against the invariants of DESIGN 4, from facts it keeps by itself."""

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from edge.core.hearing import Hearing
from edge.core.people import NONCE, came, channel_ordered, ordered, rank_of, released
from edge.core.plant import SITE, Plant, Story

from sotdae_edge.core.authority import Rank
from sotdae_edge.core.barrier import TRANSITIONS, Signal, State
from sotdae_edge.core.effects import Answer, Decided, Drive, Effect, Motion, Warn
from sotdae_edge.core.events import CommandCame, Event, LinkLost, NonceAsked, ReleaseCame, Scan, Sighting
from sotdae_edge.core.site import Times
from sotdae_shared.messages import CommandBody

EPSILON_S = 1e-6
WHOLE = len(Plant().scan().points)
OUTSIDE = (State.OPEN, State.START, State.MANUAL, State.OPENING)
"""States that may be without an incident."""

QUICK = replace(
    SITE,
    retries=1,
    times=Times(
        pre_warn=3.0, clear=0.4, clear_after_raise=0.8, held_open=2.0, travel=2.0, no_motion=0.8,
        back_off=0.8, escape=1.2, retry_rest=1.2, proof_lost=0.4, camera_hold=1.2, camera_age=0.5,
        reopen_dry=2.0,
    ),
)  # fmt: skip
"""The same rules with short times, so that every wait can be walked through."""


def _known(value: float | None) -> bool:
    return value is not None and isfinite(value)


def _accepted(effects: list[Effect]) -> bool:
    return any(isinstance(each, Decided) and each.verdict == "accepted" for each in effects)


def worst_s(times: Times, retries: int) -> float:
    """Longest time from a trip to closed-as-defined while nobody holds the key (docs/gate.md)."""
    attempt_s = times.travel + times.back_off + times.clear_after_raise
    patience_s = times.held_open + times.camera_hold + times.clear
    return times.pre_warn + patience_s + (retries + 1) * attempt_s


@dataclass
class Watched(Story):
    """A story that fails as soon as an invariant is broken."""

    closed_since: float | None = None
    scanned: float = float("-inf")
    wet_at: float = field(default=float("inf"))
    key_seen: bool = False
    grants: int = 0
    astray_since: float | None = None
    edges: set[tuple[State, Signal]] = field(default_factory=set)
    held_by: int = Rank.SCHEDULE
    """The highest rank that ordered it closed in this incident."""
    promised: float | None = None
    """When an order of two people from afar was found right; it waits for the hub's release."""
    promised_by: int = 0
    """Their rank."""
    river_since: float | None = None
    """Since when the river has stood at its trigger, at every scan."""
    bypassed: dict[str, float] = field(default_factory=dict)
    """Channels that people took out, and until when."""
    heard: Hearing | None = field(default_factory=Hearing)
    """None: nobody listens, for all channels say the same."""

    def give(self, event: Event) -> list[Effect]:
        if isinstance(event, Scan):
            self._see(event)
        if isinstance(event, LinkLost):
            self.promised = None
        return super().give(event)

    def restart(self, boot: str = "fedcba9876543210") -> None:
        super().restart(boot)
        self.wet_at, self.scanned, self.key_seen = self.now, float("-inf"), False
        self.grants, self.astray_since, self.promised = 0, None, None
        self.river_since, self.bypassed = None, {}
        self._hear_anew()

    def _hear_anew(self) -> None:
        self.heard = None if self.heard is None else Hearing()

    def wait(self, seconds: float) -> list[Effect]:
        found = super().wait(seconds)
        self._check_state()
        return found

    def pause(self, seconds: float) -> None:
        """Stop the agent for a while, as SIGSTOP does."""
        self.now += seconds
        self.astray_since = None
        self._hear_anew()

    def sight(self, occupied: bool) -> None:
        """Let the camera speak."""
        self.give(Sighting(occupied, 0.9, "drawn"))

    def grant(self) -> None:
        """Let two people of the city sign everything right."""
        self.give(NonceAsked("q", NONCE))
        self._order(self._signed("open", "lee", "park"))

    def order_close(self) -> None:
        """Let the city order it closed."""
        self._order(self._signed("close", "lee"))

    def bypass(self, name: str, lasts_s: float, *names: str) -> None:
        """Let these people take a channel out of the vote."""
        sound = self._sound()
        if self._channel_order("bypass", name, *names, lasts_s=lasts_s):
            self.bypassed[name] = self.now + lasts_s
            left = sound - self._out
            assert left, "a bypass leaves a channel that votes"
            assert len(names) >= 2 or len(left) >= 2, "one person alone never leaves one channel"

    def restore(self, name: str, *names: str) -> None:
        """Let these people have a channel vote again."""
        if self._channel_order("restore", name, *names):
            assert name in self.bypassed, "a bypass ends in its time"
            del self.bypassed[name]

    def _channel_order(self, target: str, name: str, *names: str, **more: float) -> bool:
        seq = max(self.gate.last_seq.values(), default=0) + 1
        effects = self.gate.handle(
            came(channel_ordered(target, name, seq, self.gate.state.value, *names, **more)), self.now
        )
        self.take(effects)
        return any(isinstance(each, Decided) and each.verdict == "accepted" for each in effects)

    def _sound(self) -> frozenset[str]:
        """Return the channels that say something now."""
        return frozenset(
            name for name, level in self.gate.sensing.levels(self.now).items() if level is not None
        )

    @property
    def _out(self) -> frozenset[str]:
        return frozenset(name for name, until in self.bypassed.items() if self.now < until)

    def _signed(self, target: str, *names: str, later: int = 1) -> CommandBody:
        incident = None if self.gate.incident is None else self.gate.incident.name
        seq = max(self.gate.last_seq.values(), default=0) + later
        return ordered(target, incident, seq, self.gate.state.value, *names)

    def order_by(self, target: str, *names: str, local: bool = True) -> None:
        """Let these people order it, right but for who they are, with the nonce that was given."""
        self._order(self._signed(target, *names), local=local)

    def afar(self, *names: str) -> None:
        """Let these people order over the network what they would order on the spot."""
        self.give(NonceAsked("q", NONCE))
        self.order_by("open", *names, local=False)

    def release(self, **wrong: Any) -> None:
        """Let the hub release what waits; `wrong` are fields that it gets wrong."""
        incident = "" if self.gate.incident is None else self.gate.incident.name
        event = ReleaseCame(released(incident or "none", **wrong), False, True)
        dry_s = self._dry_s()
        effects = self.gate.handle(event, self.now)
        if _accepted(effects):
            assert self.promised is not None, "a hub alone opens nothing"
            assert self.now < self.promised + self.site.times.release, "a release comes in time"
            assert not wrong, "only the hub's own release for this order counts"
            self._granted(dry_s, self.promised_by)
        self.take(effects)

    def _order(self, command: CommandBody, *, local: bool = True) -> None:
        dry_s = self._dry_s()
        effects = self.gate.handle(event := came(command, local=local), self.now)
        if any(isinstance(e, Answer) and e.report == "release_wanted" for e in effects):
            self.promised, self.promised_by = self.now, rank_of(command)
            assert len(command.approvals) == 2, "only two people's order waits for a release"
        if _accepted(effects):
            self._obeyed(event, dry_s)
        self.take(effects)

    def _obeyed(self, event: CommandCame, dry_s: float) -> None:
        self.promised = None
        if event.command.target == "open":
            assert event.local, "from afar opens only with the hub's release"
            assert len(event.command.approvals) == 2, "opens only for a fresh order of two people"
            self._granted(dry_s, rank_of(event.command))
        else:
            self.held_by = min(self.held_by, rank_of(event.command))

    def _granted(self, dry_s: float, rank: int) -> None:
        assert dry_s >= self.site.times.reopen_dry - EPSILON_S, f"granted {dry_s:.1f} s dry"
        assert rank <= self.held_by, "opens only for a rank that may"
        self.grants, self.held_by, self.promised = 1, Rank.SCHEDULE, None

    def _dry_s(self) -> float:
        """Return for how long all has been dry, as far as anybody has watched."""
        watched = self.fresh and self.gate.state not in (State.START, State.OPEN)
        return self.now - self.wet_at if watched else 0.0

    def forged(self, *names: str, live: bool = True, later: int = 1) -> None:
        """Deliver an open that is right but for its way, its signers or its number."""
        self.give(NonceAsked("q", NONCE))
        self.give(came(self._signed("open", *(names or ("lee", "park")), later=later), live=live))

    def replayed(self) -> None:
        """Deliver an open with the number of the last order, if there has been one."""
        if self.gate.last_seq:
            self.forged(later=0)

    @property
    def alarms_now(self) -> dict[str, int]:
        """What the gate holds active."""
        return self.gate.alarms.active

    @property
    def fresh(self) -> bool:
        """Whether the controller was heard so lately that every level channel is."""
        return self.now < self.scanned + self.site.times.channel_age

    def _see(self, event: Scan) -> None:
        if self.now >= self.scanned + self.site.times.channel_age:
            self.wet_at = self.now
            self._hear_anew()
        if self.now >= self.scanned + self.site.times.river_age:
            self.river_since = None
        self.scanned = self.now
        if self.heard is not None:
            self.heard.take(event.points, self.plant.count, self.now, self._out)
        levels = (self.plant.radar, self.plant.pressure, self.plant.floats)
        if any(level is None or not level <= 3.0 for level in levels):
            self.wet_at = self.now
        self._see_river()
        values = [sample.value for sample in event.points.values()]
        if len(values) < WHOLE or not all(map(_known, values)):
            self.wet_at = self.now
        key = event.points.get("local_key")
        self.key_seen = key is not None and _known(key.value) and bool(key.value)

    def _see_river(self) -> None:
        levels, stage = self.site.levels, self.plant.river
        calm_cm = levels.river_trigger_cm if levels.river_caution_cm is None else levels.river_caution_cm
        if calm_cm is not None and not (stage is not None and stage < calm_cm):
            self.wet_at = self.now
        trigger = levels.river_trigger_cm
        if trigger is None or stage is None or stage < trigger:
            self.river_since = None
        elif self.river_since is None:
            self.river_since = self.now

    def _check_river(self) -> None:
        """The river at its trigger closes a dry road."""
        if self.river_since is None or self.gate.incident is not None or self.gate.state is State.START:
            return
        limit_s = 2.0 * self.site.times.confirm + self.site.times.river_age
        assert self.now - self.river_since <= limit_s + EPSILON_S, "the river at its trigger closes"

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case Warn(closed=True):
                    self.closed_since = self.now if self.closed_since is None else self.closed_since
                case Warn():
                    self.closed_since = None
                case Drive(motion=Motion.LOWER):
                    self._check_lowering()
                case Drive(motion=Motion.RAISE):
                    assert self.closed_since is not None
                case Decided() if effect.state != effect.previous:
                    self._check_step(effect)
        found = super().take(effects)
        self._check_state()
        return found

    def _check_lowering(self) -> None:
        plant = self.plant
        assert self.gate.state is State.LOWERING
        occupied = plant.loop or plant.curtain
        assert not occupied, "lowers only when CLEAR"
        assert plant.lane_ok, "lowers only on devices that passed their self-test"
        assert self.now < self.scanned + self.site.times.lane_age, "lowers only on fresh devices"
        assert not self.key_seen
        assert self.closed_since is not None, "lowers only behind closed warnings"
        assert self.now - self.closed_since >= 3.0 - EPSILON_S, "warns 3 s before motion"

    def _check_step(self, step: Decided) -> None:
        before, signal, after = State(step.previous), Signal(step.decision), State(step.state)
        assert TRANSITIONS[before].get(signal) is after, step
        self.edges.add((before, signal))
        if signal is Signal.OPEN_GRANTED:
            assert self.grants == 1, "opens only for a fresh order of two people"
            self.grants = 0
        if signal is Signal.RESUME_OPEN:
            assert self.plant.arm == "open", "resumes open only where the arm is"
            dry_s = self.now - self.wet_at
            held = step.incident is not None
            by_key = before is State.MANUAL and dry_s >= self.site.times.reopen_dry - EPSILON_S
            assert not held or by_key, "a restart never opens a latched gate"

    def _check_state(self) -> None:
        gate = self.gate
        due = gate.next_deadline(self.now)
        assert due is None or due > self.now, "a deadline served is gone"
        assert gate.waiting is None or self.now < gate.waiting.until, "a wait for a release has its end"
        if gate.state not in OUTSIDE:
            assert gate.incident is not None, gate.state
        hazard = gate.state not in OUTSIDE or gate.incident is not None
        if hazard and gate.state not in (State.START, State.OPEN):
            assert self.closed_since is not None, f"{gate.state} without warnings"
        way = gate.approaches[0]
        if way.failed is not None:
            assert gate.alarms.active.get(f"gate.{way.failed}") == 1, "a failure is told"
        if self.key_seen:
            assert gate.state is State.MANUAL, "the key goes before everything"
            assert way.driven.motion is Motion.STOP, "nothing moves past the key"
        if gate.incident is None:
            self.held_by = Rank.SCHEDULE
        self.bypassed = {name: self.bypassed[name] for name in self._out}
        self._check_hearing()
        self._check_river()
        self._check_deadline()

    def _check_hearing(self) -> None:
        """Water is neither hidden by one channel nor invented by one; an incident has been heard."""
        incident = self.gate.incident
        if self.heard is None:
            return
        if incident is None:
            if self.fresh:
                self.heard.check(self.site, self.now)
            return
        if incident.cause == "level":
            self.heard.check_lonely(self.site, self.now)
        self._hear_anew()

    @property
    def settled(self) -> bool:
        """Whether the closing is over or none is due: closed is proved, or its failure has been told."""
        return self.gate.state in (State.CLOSED, *OUTSIDE) or self.gate.approaches[0].failed is not None

    def _check_deadline(self) -> None:
        """Every hazard is closed as defined within its time: an arm proved closed, or a failure told."""
        if self.settled:
            self.astray_since = None
        elif self.astray_since is None:
            self.astray_since = self.now
        else:
            limit_s = worst_s(self.site.times, self.site.retries) + self.site.times.escape
            assert self.now - self.astray_since <= limit_s + 1.0, (
                f"{self.gate.state} is not yet closed as defined"
            )
