"""What the controller was last told, so that it is told again only when that is due."""

from dataclasses import dataclass

from sotdae_edge.core.effects import Drive, Effect, Lock, Motion, Warn

NEVER = float("-inf")
ASSERT_S = 1.0
"""Warnings are written again this often: a controller that restarted has forgotten them."""


@dataclass(slots=True)
class Outputs:
    """The warnings of all approaches, as last asked for."""

    warned: Warn | None = None
    warn_due: float = NEVER
    closed_since: float | None = None
    """Since when the warnings have been told to be closed without a break."""
    assert_s: float = ASSERT_S

    def warn(self, wanted: Warn, now: float) -> list[Effect]:
        """Say the warnings when they change, and again every second."""
        if wanted == self.warned and now < self.warn_due:
            return []
        self.warned, self.warn_due = wanted, now + self.assert_s
        if not wanted.closed:
            self.closed_since = None
        elif self.closed_since is None:
            self.closed_since = now
        return [wanted]

    def again(self, now: float) -> list[Effect]:
        """Say the same again if it is due."""
        return [] if self.warned is None or now < self.warn_due else self.warn(self.warned, now)

    def next_deadline(self, now: float) -> float | None:
        """Return when the warnings must be said again."""
        return self.warn_due if self.warn_due > now else None


@dataclass(slots=True)
class Driven:
    """One arm's drive, as last asked for."""

    motion: Motion = Motion.STOP
    due: float = NEVER

    def move(self, wanted: Motion, approach: str, permit_s: float, now: float) -> list[Effect]:
        """Renew the hold-to-run permit; a stop is said at once and then not repeated."""
        if wanted is Motion.STOP:
            stopping = self.motion is not Motion.STOP
            self.motion = Motion.STOP
            return [Drive(Motion.STOP, approach)] if stopping else []
        if wanted is self.motion and now < self.due:
            return []
        self.motion, self.due = wanted, now + permit_s
        return [Drive(wanted, approach)]

    def next_deadline(self, now: float) -> float | None:
        """Return when the permit must be renewed."""
        return self.due if self.motion is not Motion.STOP and self.due > now else None


@dataclass(slots=True)
class Latched:
    """One riverside gate's lock, as last asked for; its controller unlocks when nobody renews that."""

    engaged: bool | None = None
    due: float = NEVER

    def hold(self, wanted: bool, approach: str, now: float) -> list[Effect]:
        """Say the lock when it changes, and again every second."""
        if wanted is self.engaged and now < self.due:
            return []
        self.engaged, self.due = wanted, now + ASSERT_S
        return [Lock(wanted, approach)]
