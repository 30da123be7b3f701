"""One attempt to lower the arm: its patience, and how long each state of the barrier may last."""

from collections.abc import Callable
from dataclasses import dataclass

from sotdae_edge.core.barrier import State
from sotdae_edge.core.site import Times

LIMITS: dict[State, Callable[[Times], float]] = {
    State.PRE_WARN: lambda times: times.pre_warn,
    State.LOWERING: lambda times: times.travel,
    State.BACKING_OFF: lambda times: times.back_off,
    State.ESCAPE: lambda times: times.escape,
    State.PARTIAL: lambda times: times.retry_rest,
    State.OBSTRUCTED: lambda times: times.retry_rest,
    State.FAULT: lambda times: times.retry_rest,
    State.OPENING: lambda times: times.travel,
}
"""Time limit of each state that has one, in seconds."""

BEGINS = frozenset(
    {
        State.OPEN,
        State.PRE_WARN,
        State.CLOSED,
        State.ESCAPE,
        State.PARTIAL,
        State.OBSTRUCTED,
        State.FAULT,
    }
)
"""States after which a lowering is a new attempt."""


@dataclass(slots=True)
class Attempt:
    """Patience with lane, camera and obstructions; survives the changes of state within one attempt."""

    hold_until: float | None = None
    """When a lane that is not CLEAR ends in HELD_OPEN."""
    camera_until: float | None = None
    """Until when the camera may delay this lowering."""
    camera_overridden: bool = False
    retries: int = 0
    let_out: bool = False
    """Whether who wanted out was let out since the arm last came down: once is enough, or it never closes."""

    def next_deadline(self, now: float) -> float | None:
        """Return when the next patience ends."""
        due = (self.hold_until, self.camera_until)
        return min((at for at in due if at is not None and at > now), default=None)
