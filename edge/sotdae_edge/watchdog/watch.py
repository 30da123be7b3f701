"""When the watchdog closes the warnings, and when it stops doing so. Pure: time is an argument.

It has one order to give, "closed", and gives it or is silent. It has no word for "open".
"""

from dataclasses import dataclass, field

from sotdae_edge.watchdog.wire import Feed

ASSERT_S = 0.5
"""While holding, the warnings are written again this often: half of the agent's own second."""
STEADY_S = 1.5
"""Feeds further apart than this are not steady: three of the agent's feeds."""
ASLEEP_S = 1.0
"""Time in which the watchdog itself did not run counts as silence of the agent for at most this long."""
FUTURE_S = 0.1
"""A feed stamped later than now by more than this is not of this machine's clock."""


@dataclass(slots=True)
class Watch:
    """Whether the agent feeds. All times are CLOCK_MONOTONIC in seconds, as in the feeds."""

    after_s: float
    """Silence after which the warnings are closed."""
    settle_s: float
    """Steady feeding after which they are the agent's again."""
    looked: float
    """When it last looked; give the time of its start, from which silence counts."""
    fed: float = field(init=False)
    holding: bool = False
    boot: bytes | None = None
    steady: float | None = None
    """Since when the agent has fed steadily; told only while holding."""
    assert_due: float = 0.0

    def __post_init__(self) -> None:
        """Count silence from the start: an agent that never feeds is as dead as one that has stopped."""
        self.fed = self.looked

    def take(self, feed: Feed, now: float) -> bool:
        """Note a feed by when it was sent; return False for one from the future, which changes nothing."""
        if feed.at > now + FUTURE_S:
            return False
        gap_s = feed.at - self.fed
        if self.holding and gap_s > 0:
            if self.steady is None or feed.boot != self.boot or gap_s > STEADY_S:
                self.steady = feed.at
            elif feed.at - self.steady >= self.settle_s:
                self.holding, self.steady = False, None
        self.boot = feed.boot
        self.fed = max(self.fed, feed.at)
        return True

    def tick(self, now: float) -> bool:
        """Look at the time; return whether to write "closed" now. Take waiting feeds first."""
        slept_s, self.looked = now - self.looked, now
        if slept_s > ASLEEP_S:
            self.fed = min(now, self.fed + slept_s - ASLEEP_S)
        if not self.holding and now - self.fed >= self.after_s:
            self.holding, self.steady, self.assert_due = True, None, now
        if not self.holding or now < self.assert_due:
            return False
        self.assert_due = now + ASSERT_S
        return True

    def next_deadline(self) -> float:
        """Return when `tick` must be called at the latest."""
        return self.assert_due if self.holding else self.fed + self.after_s
