"""The agent's side: when to feed, and when the watchdog forbids it to open the warnings. Pure."""

from dataclasses import dataclass

from sotdae_edge.core.alarms import Condition
from sotdae_edge.watchdog.wire import COUNT_LIMIT, NOTHING, Answer, Feed, Notes

FEED_S = 0.5
PRESUME_FEEDS = 3
"""After a pause the watchdog is taken to hold until it answers, or until so many feeds (1.5 s) have none."""
SILENT_S = 3.0
"""A watchdog that has not answered for this long is gone."""

_SAYS = {
    Notes.HOLDING: ("watchdog.holding", 3, "the agent had stopped: the watchdog closed the warnings"),
    Notes.BLIND: ("watchdog.blind", 2, "the watchdog cannot reach the controller"),
    Notes.UNARMED: ("watchdog.unarmed", 2, "the watchdog's hardware timer cannot be had"),
}


@dataclass(slots=True)
class Feeding:
    """What was sent to the watchdog and what it said. Times are CLOCK_MONOTONIC in seconds."""

    boot: bytes
    after_s: float
    """The watchdog's patience, from the same file."""
    count: int = 0
    fed: float | None = None
    first: int = 0
    """First feed since the start or the last pause: older answers may have lain in the queue."""
    unanswered: float | None = None
    """Since when feeds go without an answer."""
    notes: Notes | None = None
    """The newest answer since `first`."""

    def feed(self, now: float) -> Feed | None:
        """Return a feed if one is due."""
        if self.fed is not None and now - self.fed < FEED_S:
            return None
        self.count = (self.count + 1) % COUNT_LIMIT
        if self._paused(now):
            self.first, self.notes, self.unanswered = self.count, None, None
        self.fed = now
        if self.unanswered is None:
            self.unanswered = now
        return Feed(self.boot, self.count, now)

    def take(self, answer: Answer) -> None:
        """Note an answer, unless it is to a feed from before the last pause."""
        since = (answer.count - self.first) % COUNT_LIMIT
        if self.fed is not None and since <= (self.count - self.first) % COUNT_LIMIT:
            self.notes, self.unanswered = answer.notes, None

    def holds(self, now: float) -> bool:
        """Whether the watchdog holds the warnings closed, or may: then the agent must not open them."""
        if self._paused(now):
            return True
        if self.notes is None:
            return (self.count - self.first) % COUNT_LIMIT < PRESUME_FEEDS
        return bool(self.notes & Notes.HOLDING) and not self.silent(now)

    def silent(self, now: float) -> bool:
        """Whether the watchdog is gone."""
        return self.unanswered is not None and now - self.unanswered >= SILENT_S

    def conditions(self, now: float) -> list[Condition]:
        """Return the alarm conditions that hold now."""
        if self.silent(now):
            text = "the watchdog process does not answer: only the controller's own watchdog is left"
            return [Condition("watchdog.silent", 2, True, text)]
        notes = self.notes or NOTHING
        return [Condition(*said[:2], True, said[2]) for note, said in _SAYS.items() if notes & note]

    def _paused(self, now: float) -> bool:
        """Whether the watchdog may have lost its patience since the last feed."""
        return self.fed is None or now - self.fed >= self.after_s - FEED_S
