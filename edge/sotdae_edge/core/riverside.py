"""A gate of a riverside road or trail: people behind it, a lock that waits for them, a voice (DOMAIN 9).

Its leaf walks the same table as an underpass's arm. Its inside handle is mechanical: it is observed as a
hand on the gate, never commanded, and never ends an incident.
"""

from sotdae_edge.core.approach import SHUT, ApproachState
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Effect, Voice
from sotdae_edge.core.site import Riverside

POINTS = ("inside_release", "locked")
"""What a riverside gate has at each approach besides."""
ORDERS = ("lock",)
VOICE = "warn_voice"


def released(way: ApproachState, now: float) -> bool | None:
    """Tell whether somebody holds the inside handle; None if the controller does not say."""
    return way.arm.flag("inside_release", now)


def lock(way: ApproachState, riverside: Riverside, now: float) -> list[Effect]:
    """Return the order to the lock that is due: engaged behind a gate proved shut so long without a break.

    While nobody watched, somebody may have come in: a break in hearing the controller counts like an opening.
    """
    shut = way.state is State.CLOSED and way.arm.closed_proved(now) and released(way, now) is False
    return way.latched.hold(way.since.held(SHUT, shut, riverside.lock_after, now), way.spec.name, now)


def voice(ways: list[ApproachState], closed: bool, caution: bool) -> Voice:
    """Return what to say: leave, as long as somebody may still push a gate open."""
    if not closed:
        return Voice.CAUTION if caution else Voice.SILENT
    return Voice.CLOSED if all(way.latched.engaged for way in ways) else Voice.LEAVE
