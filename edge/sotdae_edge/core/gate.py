"""One gate: events in, effects out.

The gate has no clock: every call carries monotonic seconds, and `next_deadline` says when it wants to
be called again. Order of effects: what must be durable, then warnings, then motion, then words.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sotdae_edge.core import conditions
from sotdae_edge.core.alarms import AlarmBook
from sotdae_edge.core.arm import Arm
from sotdae_edge.core.attempt import BEGINS, LIMITS, Attempt
from sotdae_edge.core.authority import ACTUATOR, Nonce, Rank, Situation, judge
from sotdae_edge.core.barrier import (
    FAILED,
    LOWERS,
    RAISES,
    RELEASES_ENTRY,
    SETTLED,
    SIREN,
    Signal,
    State,
    step,
)
from sotdae_edge.core.effects import Answer, Decided, Effect, Motion, Save, Warn
from sotdae_edge.core.events import (
    BadCommand,
    CommandCame,
    Event,
    HubHeard,
    LinkLost,
    NonceAsked,
    Scan,
    Sighting,
)
from sotdae_edge.core.hazard import Sensing, Stage, Trip
from sotdae_edge.core.lane import Lane, LaneState
from sotdae_edge.core.memento import Incident, Memento
from sotdae_edge.core.outputs import Outputs
from sotdae_edge.core.signals import next_signal
from sotdae_edge.core.since import Since
from sotdae_edge.core.site import Site

NEVER = float("-inf")
MAX_STEPS = 8
"""More signals than this at one moment would be a loop in the table."""


@dataclass(slots=True)
class Gate:
    """The decisions of one underpass gate."""

    site: Site
    boot: str
    born: float
    sensing: Sensing
    state: State = State.START
    stage: Stage = Stage.UNKNOWN
    incident: Incident | None = None
    episode: int = 0
    arm: Arm = field(default_factory=Arm)
    lane: LaneState = field(default_factory=LaneState)
    since: Since = field(default_factory=Since)
    alarms: AlarmBook = field(default_factory=AlarmBook)
    trips: list[Trip] = field(default_factory=list)
    outputs: Outputs = field(default_factory=Outputs)
    failed: State | None = None
    """How this closing failed; a retry does not end that, only a proof or people do."""
    entered: float = NEVER
    deadline: float | None = None
    """When the present state's time is up."""
    motion_due: float | None = None
    """When the arm must have begun to move."""
    start_deg: float | None = None
    attempt: Attempt = field(default_factory=Attempt)
    clear_need_s: float = 0.0
    escapes: int = 0
    hub_heard: float = NEVER
    dry_since: float | None = None
    nonce: Nonce | None = None
    last_seq: dict[str, int] = field(default_factory=dict)
    dirty: bool = False

    @classmethod
    def start(cls, site: Site, boot: str, now: float, memento: dict[str, Any] | None = None) -> "Gate":
        """Start after power-up. Without a memento the hazard is assumed unless the arm is proven open."""
        gate = cls(site, boot, now, Sensing.of(site, now), hub_heard=now)
        kept = Memento.read(memento)
        gate.episode, gate.incident, gate.last_seq = kept.episode, kept.incident, dict(kept.last_seq)
        gate._look(now)
        return gate

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take one event and return what must be done about it."""
        words: list[Effect] = []
        match event:
            case Scan():
                points = event.finite()
                self._watch_dryness(now)
                self.arm.take(points, self.site.times.device_silent, now)
                self.sensing.take(points, now)
                self.lane.take(points, self.site.times, now)
            case Sighting(occupied=occupied):
                self.lane.sight(occupied, self.site.times, now)
            case HubHeard():
                self.hub_heard = now
            case LinkLost():
                self.nonce = None
            case NonceAsked():
                words.append(self._give_nonce(event, now))
            case CommandCame():
                words.append(self._obey(event, now))
            case BadCommand(reason=reason):
                because = (f"malformed: {reason}",)
                words.append(self._decided("command", self.state, because, now, verdict="refused"))
        return self.tick(now, words)

    def tick(self, now: float, words: list[Effect] | None = None) -> list[Effect]:
        """Do what the passing of time makes due."""
        said = list(words or ())
        self._look(now)
        for _ in range(MAX_STEPS):
            signal = next_signal(self, now)
            if signal is None:
                break
            said.append(self._take_step(signal, now))
        said += self.alarms.settle(conditions.of(self, now))
        return [*self._save(), *self._warn(now), *self._move(now), *said]

    def _look(self, now: float) -> None:
        """Bring what is known of lane and water up to now."""
        self.lane.update(now)
        self.trips = self.sensing.trips(now, self.hub_heard)
        self.stage = self.sensing.stage(now, self.trips)
        self._latch()
        self._watch_dryness(now)

    def next_deadline(self, now: float) -> float | None:
        """Return when `tick` must next be called, or None."""
        due = [
            self.sensing.next_deadline(now), self.lane.next_deadline(now), self.since.next_deadline(now),
            self.outputs.next_deadline(now), self.attempt.next_deadline(now), self.deadline,
            self.motion_due, self.arm.fresh_until, self.clear_at(),
            self.hub_heard + self.site.times.hub_silent, self.born + conditions.GRACE_S,
        ]  # fmt: skip
        return min((at for at in due if at is not None and at > now), default=None)

    def clear_at(self) -> float | None:
        """Return when the arm may come down: lane CLEAR and warnings closed for long enough by then."""
        if self.lane.clear_since is None or self.outputs.closed_since is None:
            return None
        clear_s = max(self.lane.clear_since, self.entered) + self.clear_need_s
        return max(clear_s, self.outputs.closed_since + self.site.times.pre_warn)

    def holders(self) -> frozenset[Rank]:
        """Return who holds the gate closed now."""
        held = set()
        if self.state is State.MANUAL:
            held.add(Rank.LOCAL_KEY)
        if self.trips:
            held.add(Rank.AUTONOMOUS)
        if self.incident is not None and self.incident.rank is not None:
            held.add(Rank(self.incident.rank))
        return frozenset(held)

    def dry_s(self, now: float) -> float:
        """Return for how long everything has been seen dry."""
        return 0.0 if self.dry_since is None else now - self.dry_since

    def _latch(self) -> None:
        """Turn a present cause into an incident. Only people end it."""
        if self.incident is None and self.trips and self.state is not State.START:
            self._open_for(self.trips)

    def _open_for(self, trips: list[Trip]) -> None:
        because = tuple(text for trip in trips for text in trip.because)
        self.open_incident(trips[0].cause, trips[0].first_out, because)

    def open_incident(
        self, cause: str, first_out: str, because: tuple[str, ...], rank: Rank | None = None
    ) -> None:
        """Begin an incident; its id is this boot's and this episode's, so that it is made once."""
        self.episode += 1
        name = f"flood-{self.boot[:8]}-{self.episode}"
        self.incident = Incident(name, cause, first_out, because, None if rank is None else int(rank))
        self.dirty = True

    def _watch_dryness(self, now: float) -> None:
        if self.trips or not self.sensing.dry(now):
            self.dry_since = None
        elif self.dry_since is None:
            self.dry_since = now

    def _take_step(self, signal: Signal, now: float) -> Decided:
        before, self.state = self.state, step(self.state, signal)
        because = conditions.because(self, signal, before, now)
        record = self._decided(signal.value, before, because, now)
        self.entered = now
        self.dirty = True
        self._enter(before, now)
        return record

    def _enter(self, before: State, now: float) -> None:
        times = self.site.times
        limit = LIMITS.get(self.state)
        self.deadline = None if limit is None else now + limit(times)
        self.motion_due = None
        self.since.forget("stall", "proof", "escaped")
        if self.state in FAILED or self.state in SETTLED:
            self.failed = self.state if self.state in FAILED else None
        if self.state in BEGINS:
            self.attempt = Attempt()
        match self.state:
            case State.OPEN:
                self.incident = self.nonce = None
                self.escapes = 0
            case State.PRE_WARN:
                self.escapes = 0
            case State.CLEARING:
                self.clear_need_s = times.clear_after_raise if before in RAISES else times.clear
                if self.attempt.hold_until is None:
                    self.attempt.hold_until = now + times.held_open
            case State.HELD_OPEN:
                self.clear_need_s = times.clear
            case State.LOWERING:
                self.motion_due = now + times.no_motion
                self.start_deg = self.arm.value("arm_angle", now)
            case State.BACKING_OFF:
                self.attempt.retries += 1
            case State.ESCAPE:
                self.escapes += 1
        self._assume_hazard()

    def _assume_hazard(self) -> None:
        """Every state but OPEN has an incident: an arm that is not proven open is a hazard."""
        if self.incident is not None or self.state in (State.OPEN, State.OPENING, State.MANUAL):
            return
        if self.trips:
            self._open_for(self.trips)
        else:
            self.open_incident("arm", "arm", ("the arm is not proven open",))

    def _obey(self, event: CommandCame, now: float) -> Decided:
        self._look(now)
        command = event.command
        verdict = judge(event, self.site, self._situation(command.issuer, now))
        if verdict.accepted:
            self.last_seq[command.issuer] = command.seq
            self.dirty = True
            self._grant(command.target, command.issuer, verdict.rank)
        return self._decided(
            command.target,
            self.state,
            (verdict.because,),
            now,
            verdict="accepted" if verdict.accepted else "refused",
            command=command.id,
        )

    def _grant(self, target: str, issuer: str, rank: Rank | None) -> None:
        if target == "open":
            self.nonce = None
            self.incident = None
            return
        if self.incident is None:
            self.open_incident("command", "command", (f"close by {issuer}",), rank)
        elif rank is not None and rank < (self.incident.rank or Rank.SCHEDULE):
            self.incident = replace(self.incident, rank=int(rank))

    def _situation(self, issuer: str, now: float) -> Situation:
        return Situation(
            state=self.state,
            incident=None if self.incident is None else self.incident.name,
            holders=self.holders(),
            nonce=self.nonce,
            last_seq=self.last_seq.get(issuer, 0),
            tripping=bool(self.trips),
            channels_valid=all(level is not None for level in self.sensing.levels(now).values()),
            dry_s=self.dry_s(now),
            now=now,
        )

    def _give_nonce(self, event: NonceAsked, now: float) -> Answer:
        self._look(now)
        at = self._situation("", now)
        if at.incident is not None:
            self.nonce = Nonce(event.nonce, at.incident, self.state, now + self.site.times.nonce)
        return Answer("nonce", event.query, {
            "nonce": None if self.nonce is None else self.nonce.value,
            "boot": self.boot, "facility": self.site.facility, "actuator": ACTUATOR,
            "incident": at.incident, "state": self.state.value,
            "tripping": at.tripping, "channels_valid": at.channels_valid, "dry_s": round(at.dry_s, 1),
            "valid_s": self.site.times.nonce,
        })  # fmt: skip

    def _decided(
        self,
        decision: str,
        before: State,
        because: tuple[str, ...],
        now: float,
        *,
        verdict: Literal["accepted", "refused"] | None = None,
        command: str | None = None,
    ) -> Decided:
        ballot = self.sensing.close_vote(now)
        level_cm, rate = self.sensing.level_cm(now), self.sensing.rate_cm_min()
        return Decided(
            decision, self.state.value, before.value, because,
            incident=None if self.incident is None else self.incident.name,
            first_out=None if self.incident is None else self.incident.first_out,
            level_cm=None if level_cm is None else round(level_cm, 2),
            rate_cm_min=None if rate is None else round(rate, 2),
            architecture=ballot.architecture, votes=dict(ballot.ballots),
            lane=self.lane.occupancy(now).value, command=command, verdict=verdict,
        )  # fmt: skip

    def _save(self) -> list[Effect]:
        if not self.dirty:
            return []
        self.dirty = False
        return [Save(Memento(self.state.value, self.episode, self.incident, self.last_seq).write())]

    def _warn(self, now: float) -> list[Effect]:
        if self.state is State.START and self.incident is None:
            return []
        closed = self.state not in RELEASES_ENTRY
        if self.state is State.MANUAL:
            closed = self.incident is not None or not self.arm.open_proved(now)
        caution = not closed and self.stage is not Stage.NORMAL
        return self.outputs.warn(Warn(closed, closed and self.state in SIREN, caution), now)

    def _move(self, now: float) -> list[Effect]:
        return self.outputs.move(self._wanted(now), self.site.times.permit, now)

    def _wanted(self, now: float) -> Motion:
        if self.state in LOWERS:
            return Motion.LOWER if self.lane.occupancy(now) is Lane.CLEAR else Motion.STOP
        if self.state in RAISES and not self.arm.open_proved(now):
            return Motion.RAISE
        return Motion.STOP
