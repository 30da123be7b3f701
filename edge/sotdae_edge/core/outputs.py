"""What the controller was last told, so that it is told again only when that is due."""

from dataclasses import dataclass

from sotdae_edge.core.effects import Drive, Effect, Motion, Warn

NEVER = float("-inf")
ASSERT_S = 1.0
"""Warnings are written again this often: a controller that restarted has forgotten them."""


@dataclass(slots=True)
class Outputs:
    """Warnings and arm drive, as last asked for."""

    warned: Warn | None = None
    warn_due: float = NEVER
    closed_since: float | None = None
    """Since when the warnings have been told to be closed without a break."""
    drive: Motion = Motion.STOP
    drive_due: float = NEVER
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

    def move(self, wanted: Motion, permit_s: float, now: float) -> list[Effect]:
        """Renew the hold-to-run permit; a stop is said at once and then not repeated."""
        if wanted is Motion.STOP:
            stopping = self.drive is not Motion.STOP
            self.drive = Motion.STOP
            return [Drive(Motion.STOP)] if stopping else []
        if wanted is self.drive and now < self.drive_due:
            return []
        self.drive, self.drive_due = wanted, now + permit_s
        return [Drive(wanted)]

    def next_deadline(self, now: float) -> float | None:
        """Return when something must be said again."""
        due = [self.warn_due]
        if self.drive is not Motion.STOP:
            due.append(self.drive_due)
        return min((at for at in due if at > now), default=None)
