"""One gate: events in, effects out.

The gate has no clock: every call carries monotonic seconds, and `next_deadline` says when it wants to
be called again. Order of effects: what must be durable, then warnings, then motion, then words.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from sotdae_edge.core import bypass, conditions, obeying, policies, release, rest, riverside, selftest
from sotdae_edge.core.ages import Ages
from sotdae_edge.core.alarms import AlarmBook
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.authority import Nonce, Rank
from sotdae_edge.core.barrier import LEAST_CLOSED, RELEASES_ENTRY, SIREN, Signal, State, step
from sotdae_edge.core.effects import Decided, Effect, Save, Voice, Warn
from sotdae_edge.core.events import (
    ClockTold,
    DenyTold,
    Event,
    HubHeard,
    Noticed,
    Scan,
    Sighting,
)
from sotdae_edge.core.hazard import Sensing, Stage, Trip
from sotdae_edge.core.ladder import Standing
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.memento import Incident, Memento
from sotdae_edge.core.outputs import Outputs
from sotdae_edge.core.policies import Policies
from sotdae_edge.core.release import Waiting
from sotdae_edge.core.rising import Rising
from sotdae_edge.core.selftest import SelfTests
from sotdae_edge.core.signals import next_signal
from sotdae_edge.core.site import Site

NEVER = float("-inf")
SAVE_S = 600.0
MAX_STEPS = 8
"""More signals than this at one moment would be a loop in the table."""


@dataclass(slots=True)
class Gate:
    """The decisions of one gate: what it senses and who orders what, over all its approaches."""

    site: Site
    boot: str
    born: float
    sensing: Sensing
    approaches: list[ApproachState]
    stage: Stage = Stage.UNKNOWN
    incident: Incident | None = None
    episode: int = 0
    alarms: AlarmBook = field(default_factory=AlarmBook)
    trips: list[Trip] = field(default_factory=list)
    outputs: Outputs = field(default_factory=Outputs)
    rising: Rising = field(default_factory=Rising)
    standing: Standing = field(default_factory=Standing)
    hub_heard: float = NEVER
    dry_since: float | None = None
    nonce: Nonce | None = None
    waiting: Waiting | None = None
    """An order to open that waits for the hub's release."""
    last_seq: dict[str, int] = field(default_factory=dict)
    denied: DenyTold | None = None
    """The newest deny list told; none is told yet after a start."""
    repair_due: float | None = None
    """When a missing channel must have been repaired; None while none is missing."""
    caution_until: float = NEVER
    """Until then the signs show caution after a reopening."""
    dirty: bool = False
    selftests: SelfTests = field(default_factory=SelfTests)
    save_due: float | None = None
    """When what grows with time alone must be saved again."""
    policies: Policies = field(default_factory=Policies)
    resting: rest.Rest | None = None
    """Set while a scan that says nothing new need not be judged."""

    @classmethod
    def start(cls, site: Site, boot: str, now: float, memento: dict[str, Any] | None = None) -> "Gate":
        """Start after power-up. Without a memento the hazard is assumed unless the arm is proven open."""
        approaches = [ApproachState.of(spec) for spec in site.approaches]
        gate = cls(site, boot, now, Sensing.of(site, now), approaches, hub_heard=now)
        kept = Memento.read(memento)
        gate.episode, gate.incident, gate.last_seq = kept.episode, kept.incident, dict(kept.last_seq)
        bypass.recall(gate, kept.bypassed)
        gate.repair_due = now + site.times.repair - kept.short_s if kept.short_s else None
        policies.recall(gate, kept.policy)
        gate.selftests.ages = Ages.recall(site, kept.ages, kept.wall_s, now)
        gate.look(now)
        return gate

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take one event and return what must be done about it."""
        words: list[Effect] = []
        match event:
            case Scan():
                points = event.finite()
                self._watch_dryness(now)
                self.sensing.take(points, now)
                for way in self.approaches:
                    way.take(points, self.site.times, now)
                if self.resting is not None and self.resting.lasts(self, now):
                    return self._rest(now)
            case Sighting():
                self._sight(event, now)
            case HubHeard():
                self.hub_heard = now
            case ClockTold(wall_s=wall_s):
                self.selftests.ages.hear(wall_s, now)
                self.policies.review(wall_s)
            case Noticed(lost=lost):
                self.standing.noticed = lost
            case _:
                words += obeying.hear(self, event, now)
        return self.tick(now, words)

    def _sight(self, seen: Sighting, now: float) -> None:
        for way in self.approaches:
            if seen.approach in ("", way.spec.name):
                way.lane.sight(seen.occupied, self.site.times, now)

    def tick(self, now: float, words: list[Effect] | None = None) -> list[Effect]:
        """Do what the passing of time makes due."""
        said = list(words or ())
        said += [self.decided("bypass_ended", self.state, (text,), now) for text in bypass.ended(self, now)]
        self.look(now)
        for _ in range(MAX_STEPS):
            steps = self._take_steps(now) or self._settle(now)
            if not steps:
                break
            said += steps
        if self.waiting is not None:
            said += release.advance(self, obeying.situation(self, now), now)
        said += selftest.advance(self, now)
        locks = self._lock(now)  # before the alarms: from now on the lock is awaited
        said += self.alarms.settle(conditions.of(self, now), now)
        saved, warned, moved = self._save(now), self._warn(now), self._move(now)
        # Lock and warnings, said again each second, leave nothing to judge.
        self.resting = None if said or saved or moved else rest.begin(self, now)
        return [*saved, *locks, *warned, *moved, *said]

    def _rest(self, now: float) -> list[Effect]:
        """Do all that a judgement would do that ends where it began."""
        selftest.stand_open(self, now)
        return [*self._lock(now), *self.outputs.again(now)]

    def _settle(self, now: float) -> list[Decided]:
        """Let a policy that waits come into force if it may; what it changes is judged at once."""
        adopted = policies.settle(self, now)
        if adopted:
            self.look(now)
        return adopted

    def look(self, now: float) -> None:
        """Bring what is known of lanes and water up to now."""
        for way in self.approaches:
            way.lane.update(now)
        self.standing.look(self, now)
        ladder = self.site.ladder
        self.trips = [*self.sensing.trips(now, self.hub_heard), *self.standing.trips(ladder)]
        self.stage = self.standing.stage(ladder, self.sensing.stage(now, self.trips))
        self.rising.judge(self.sensing.level_cm(now), self.sensing.believed_rate_cm_min(now), now)
        self._latch()
        self._watch_dryness(now)
        if not self.sensing.outlook(now).lost:
            self.repair_due = None
        elif self.repair_due is None:
            self.repair_due = now + self.site.times.repair

    def next_deadline(self, now: float) -> float | None:
        """Return when `tick` must next be called, or None."""
        due = [self.next_due(now), self.outputs.next_deadline(now), *self.sensing.stale()]
        for way in self.approaches:
            due += way.renewals()
        return min([at for at in due if at is not None and at > now], default=None)

    def next_due(self, now: float) -> float | None:
        """Return the deadline that stands though everything is heard and said again in time, or None."""
        due = [
            self.sensing.next_deadline(now), self.emptied_at(),
            self.hub_heard + self.site.times.hub_silent, self.born + conditions.GRACE_S,
            self.repair_due, self.caution_until, self.save_due, self.rising.next_deadline(now),
            self.selftests.next_deadline(self.site.selftest, now),
            self.standing.next_deadline(now), None if self.waiting is None else self.waiting.until,
            self.alarms.next_deadline(now),
        ]  # fmt: skip
        for way in self.approaches:
            due += way.deadlines(now)
            due.append(self.clear_at(way))
        return min([at for at in due if at is not None and at > now], default=None)

    @property
    def state(self) -> State:
        """Where the gate is as a whole: at the approach that is least closed, exits aside."""
        states = [way.state for way in self.entries]
        return states[0] if len(states) == 1 else min(states, key=LEAST_CLOSED.index)

    @property
    def entries(self) -> list[ApproachState]:
        """The approaches by which cars come in; exits alone count as such."""
        return [way for way in self.approaches if not way.is_exit] or self.approaches

    def heard(self, now: float) -> bool:
        """Tell whether the controller has been heard lately."""
        return self.approaches[0].arm.known(now)

    def clear_at(self, way: ApproachState) -> float | None:
        """Return when an arm may come down: lane CLEAR and warnings closed for long enough by then."""
        return way.clear_at(self.outputs.closed_since, self.site.times.pre_warn)

    def emptied_at(self) -> float | None:
        """Return when the last car has left: L / v after every entry is proved closed. Exits wait for it."""
        if len(self.approaches) == 1 or any(way.state is not State.CLOSED for way in self.entries):
            return None
        return max(way.entered for way in self.entries) + self.site.emptying_s

    def occupancy(self, now: float) -> Lane:
        """Return what is known of the lanes as a whole: the approach that is least free."""
        lanes = {way.lane.occupancy(now) for way in self.approaches}
        return next(lane for lane in (Lane.OCCUPIED, Lane.UNKNOWN, Lane.CLEAR) if lane in lanes)

    def dry_s(self, now: float) -> float:
        """Return for how long everything has been seen dry."""
        return 0.0 if self.dry_since is None else now - self.dry_since

    def _latch(self) -> None:
        """Turn a present cause into an incident. Only people end it."""
        if self.incident is not None or not self.trips:
            return
        if any(way.state is not State.START for way in self.approaches):
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

    def _take_steps(self, now: float) -> list[Decided]:
        """Take the step that is due at each approach."""
        found = []
        for way in self.approaches:
            signal = next_signal(self, way, now)
            if signal is not None:
                found.append(self._take_step(way, signal, now))
        return found

    def _take_step(self, way: ApproachState, signal: Signal, now: float) -> Decided:
        before, after = way.state, step(way.state, signal)
        because = conditions.because(self, way, signal, now)
        record = self.decided(signal.value, before, because, now, way=way, state=after)
        way.enter(after, self.site, now)
        if after is State.OPEN:
            if before is State.OPENING or self.incident is not None:
                self.caution_until = now + self.site.times.caution_after_open
            self.incident = self.nonce = None
        self._assume_hazard(after)
        self.dirty = True
        return record

    def _assume_hazard(self, state: State) -> None:
        """Every state but OPEN has an incident: an arm that is not proven open is a hazard."""
        if self.incident is not None or state in (State.OPEN, State.OPENING, State.MANUAL):
            return
        if self.trips:
            self._open_for(self.trips)
        else:
            self.open_incident("arm", "arm", ("the arm is not proven open",))

    def decided(
        self,
        decision: str,
        before: State,
        because: tuple[str, ...],
        now: float,
        *,
        way: ApproachState | None = None,
        state: State | None = None,
        verdict: Literal["accepted", "refused"] | None = None,
        command: str | None = None,
    ) -> Decided:
        """Return a record of a decision, with all that explains it."""
        ballot = self.sensing.close_vote(now)
        level_cm, rate = self.sensing.level_cm(now), self.sensing.rate_cm_min()
        return Decided(
            decision, (self.state if state is None else state).value, before.value, because,
            incident=None if self.incident is None else self.incident.name,
            first_out=None if self.incident is None else self.incident.first_out,
            level_cm=None if level_cm is None else round(level_cm, 2),
            rate_cm_min=None if rate is None else round(rate, 2),
            architecture=ballot.architecture, votes=dict(ballot.ballots),
            lane=(self.occupancy(now) if way is None else way.lane.occupancy(now)).value,
            command=command, verdict=verdict, approach="" if way is None else way.spec.name,
        )  # fmt: skip

    def _save(self, now: float) -> list[Effect]:
        """Save what changed, and every ten minutes what grows."""
        grows = self.repair_due is not None or self.site.selftest is not None
        if not self.dirty and (not grows or self.save_due is None or now < self.save_due):
            self.save_due = (self.save_due or now + SAVE_S) if grows else None
            return []
        self.dirty, self.save_due = False, now + SAVE_S if grows else None
        return [Save(Memento.of(self, now).write())]

    def _warn(self, now: float) -> list[Effect]:
        if self.incident is None and all(way.state is State.START for way in self.approaches):
            return []
        closed = any(self._closes(way, now) for way in self.approaches)
        siren = closed and any(way.state in SIREN for way in self.approaches)
        caution = not closed and (self.stage is not Stage.NORMAL or now < self.caution_until)
        voice = Voice.SILENT
        if self.site.riverside is not None:
            voice = riverside.voice(self.approaches, closed, caution)
        shown, pulse = Warn(closed, siren, caution, voice), self.selftests.pulse
        return self.outputs.warn(shown if pulse is None else pulse.shows(shown, now), now)

    def _closes(self, way: ApproachState, now: float) -> bool:
        """Tell whether an approach wants every warning closed."""
        if way.state is State.MANUAL:
            return self.incident is not None or not way.arm.open_proved(now)
        return way.state not in RELEASES_ENTRY

    def _lock(self, now: float) -> list[Effect]:
        """Before any motion, so that a gate is unlocked before it is driven."""
        settings = self.site.riverside
        if settings is None:
            return []
        return [effect for way in self.approaches for effect in riverside.lock(way, settings, now)]

    def _move(self, now: float) -> list[Effect]:
        permit_s = self.site.times.permit
        return [effect for way in self.approaches for effect in way.move(permit_s, now)]
