"""One approach of a gate: its arm, its lanes, and where its closing stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sotdae_edge.core.arm import Arm
from sotdae_edge.core.attempt import BEGINS, LIMITS, Attempt
from sotdae_edge.core.barrier import FAILED, LOWERS, RAISES, SETTLED, State
from sotdae_edge.core.effects import Effect, Motion
from sotdae_edge.core.lane import Lane, LaneState
from sotdae_edge.core.outputs import Driven, Latched
from sotdae_edge.core.since import Since
from sotdae_edge.core.site import Approach, Site, Times
from sotdae_shared.samples import Sample

NEVER = float("-inf")
HALTED = (State.CLEARING, State.HELD_OPEN)
"""Where an attempt to lower has halted: to let somebody out does not begin it, or its patience, anew."""

SHUT, KEY_BACK = UNBROKEN = ("shut", "key_back")
"""Conditions that count afresh after a time in which the controller was not heard."""


@dataclass(slots=True)
class ApproachState:
    """One approach's memory. Its steps are the gate's business."""

    spec: Approach
    arm: Arm
    lane: LaneState
    state: State = State.START
    failed: State | None = None
    """How this closing failed; a retry does not end that, only a proof or people do."""
    since: Since = field(default_factory=Since)
    entered: float = NEVER
    deadline: float | None = None
    """When the present state's time is up."""
    motion_due: float | None = None
    """When the arm must have begun to move."""
    start_deg: float | None = None
    attempt: Attempt = field(default_factory=Attempt)
    clear_need_s: float = 0.0
    escapes: int = 0
    driven: Driven = field(default_factory=Driven)
    latched: Latched = field(default_factory=Latched)

    @classmethod
    def of(cls, spec: Approach) -> "ApproachState":
        """Start knowing nothing of arm and lanes."""
        return cls(spec, Arm(spec.prefix), LaneState.of(spec))

    @property
    def is_exit(self) -> bool:
        """Whether cars only leave here."""
        return self.spec.side == "exit"

    def take(self, points: Mapping[str, Sample], times: Times, now: float) -> None:
        """Take one scan of the controller."""
        if not self.arm.known(now):
            self.since.forget(*UNBROKEN)
        self.arm.take(points, times.device_silent, now)
        self.lane.take(points, times, now)

    def clear_at(self, warned_since: float | None, pre_warn_s: float) -> float | None:
        """Return when the arm may come down: lane CLEAR and warnings closed for long enough by then."""
        if self.lane.clear_since is None or warned_since is None:
            return None
        clear_s = max(self.lane.clear_since, self.entered) + self.clear_need_s
        return max(clear_s, warned_since + pre_warn_s)

    def enter(self, state: State, site: Site, now: float) -> None:
        """Begin a state: its time limit, and what of the last one does not live on."""
        times, before, self.state = site.times, self.state, state
        self.entered = now
        limit = LIMITS.get(state)
        self.deadline = None if limit is None else now + limit(times)
        self.motion_due = None
        self.since.forget("stall", "proof", "escaped")
        if state in FAILED or state in SETTLED:
            self.failed = state if state in FAILED else None
        if state in BEGINS and not (state is State.ESCAPE and before in HALTED):
            self.attempt = Attempt()
        match state:
            case State.OPEN | State.PRE_WARN:
                self.escapes = 0
            case State.CLEARING:
                self.clear_need_s = times.clear_after_raise if before in RAISES else times.clear
                if self.attempt.hold_until is None:
                    self.attempt.hold_until = now + self._patience_s(site)
            case State.HELD_OPEN:
                self.clear_need_s = times.clear
            case State.LOWERING:
                self.motion_due = now + times.no_motion
                self.start_deg = self.arm.value("arm_angle", now)
                self.attempt.let_out = False
            case State.BACKING_OFF:
                self.attempt.retries += 1
            case State.ESCAPE:
                self.escapes += 1
                self.attempt.let_out = True

    def _patience_s(self, site: Site) -> float:
        """Return how long a lane may be not CLEAR; an exit waits for the tunnel to empty besides."""
        return site.times.held_open + (site.emptying_s if self.is_exit else 0.0)

    def move(self, permit_s: float, now: float) -> list[Effect]:
        """Return the orders to the arm's drive that are due."""
        return self.driven.move(self._wanted(now), self.spec.name, permit_s, now)

    def _wanted(self, now: float) -> Motion:
        if self.state in LOWERS:
            return Motion.LOWER if self.lane.occupancy(now) is Lane.CLEAR else Motion.STOP
        if self.state in RAISES and not self.arm.open_proved(now):
            return Motion.RAISE
        return Motion.STOP

    def deadlines(self, now: float) -> list[float | None]:
        """Return when time alone may change something here."""
        return [
            self.lane.camera_until, self.since.next_deadline(now), self.attempt.next_deadline(now),
            self.driven.next_deadline(now), self.deadline, self.motion_due,
        ]  # fmt: skip

    def renewals(self) -> list[float]:
        """Return when a witness or the controller goes stale unless it speaks, and the lock unless told."""
        return [*self.lane.stale(), self.arm.fresh_until, self.latched.due]
