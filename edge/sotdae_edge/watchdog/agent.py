"""The agent's hand: feeds the watchdog process and systemd, and hears what the watchdog says."""

from collections.abc import Sequence

from sotdae_edge.core.alarms import Condition
from sotdae_edge.watchdog.feeding import Feeding
from sotdae_edge.watchdog.link import Link
from sotdae_edge.watchdog.systemd import Notifier
from sotdae_edge.watchdog.wire import decode_answer, encode_feed
from sotdae_shared.errors import WireError


class AgentWatchdog:
    """Implements the port `Watchdog`. Without a watchdog process (`feeding` is None) it speaks to systemd."""

    def __init__(self, notifier: Notifier, feeding: Feeding | None, name: bytes) -> None:
        """Open this end; `name` is the watchdog's."""
        self._notifier, self._feeding, self._name = notifier, feeding, name
        self._link = None if feeding is None else Link()
        self.bad = 0
        """Answers that could not be understood."""
        notifier.ready()

    def feed(self, now: float, obeyed: bool) -> None:
        """Say that the gate decides, and whether the controller obeys it; only then the watchdog is fed."""
        self._notifier.alive(now)
        if self._feeding is None or self._link is None or not obeyed:
            return
        self._listen()
        if (feed := self._feeding.feed(now)) is not None:
            self._link.send(encode_feed(feed), self._name)

    def holds(self, now: float) -> bool:
        """Whether the watchdog holds the warnings closed, or may."""
        self._listen()
        return self._feeding is not None and self._feeding.holds(now)

    def conditions(self, now: float) -> Sequence[Condition]:
        """Return the alarm conditions that hold now."""
        self._listen()
        return () if self._feeding is None else self._feeding.conditions(now)

    def close(self) -> None:
        """Say that this is an orderly end, and let the sockets go."""
        self._notifier.stopping()
        self._notifier.close()
        if self._link is not None:
            self._link.close()

    def _listen(self) -> None:
        if self._feeding is None or self._link is None:
            return
        for raw, sender in self._link.received():
            try:
                answer = decode_answer(raw)
            except WireError:
                self.bad += 1
                continue
            if sender == self._name:
                self._feeding.take(answer)
