"""When to send what waits: live rows at once, older boots at a bounded rate, again until acked."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from sotdae_shared.messages import Header


class _Waiting(Protocol):
    @property
    def header(self) -> Header: ...
    @property
    def raw(self) -> bytes: ...


R = TypeVar("R", bound=_Waiting)


class TokenBucket:
    """A rate with a small burst. Empty at first, so that a province that comes back does not surge."""

    def __init__(self, rate_per_s: float, burst: float) -> None:
        """Allow `rate_per_s` over time and at most `burst` at once."""
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = 0.0
        self._at_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Take one token if there is one."""
        if self._at_s is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def wait_s(self) -> float:
        """Seconds from the last `take` until it is full: a batch at a time, not a token at a time."""
        return max(0.0, (self._burst - self._tokens) / self._rate_per_s)


class SendWindow:
    """What was sent and not yet acked, in this connection."""

    def __init__(self, boot: str, resend_s: float, backlog: TokenBucket) -> None:
        """Rows of `boot` are live; those of other boots need a token of `backlog` each time."""
        self._boot = boot
        self._resend_s = resend_s
        self._backlog = backlog
        self._sent: dict[tuple[str, str, str, int], float] = {}

    def due(self, rows: Iterable[R], now_s: float, batch_bytes: int) -> list[R]:
        """Choose what to send now: the first due rows up to `batch_bytes`, at least one; they count as sent.

        A batch is small so that a new safety row never waits behind pictures on a slow link.
        """
        self._sent = {key: at_s for key, at_s in self._sent.items() if now_s - at_s < self._resend_s}
        chosen: list[R] = []
        for row in rows:
            if row.header.key in self._sent:
                continue
            batch_bytes -= len(row.raw)
            if (chosen and batch_bytes < 0) or not self._may_go(row.header, now_s):
                break
            chosen.append(row)
        self._sent.update((row.header.key, now_s) for row in chosen)
        return chosen

    def wait_s(self, rows: Iterable[R], now_s: float) -> float | None:
        """Return the time until one of these rows becomes due; None if there are none."""
        return min((self._wait_of(row.header, now_s) for row in rows), default=None)

    def _may_go(self, header: Header, now_s: float) -> bool:
        return header.boot == self._boot or self._backlog.take(now_s)

    def _wait_of(self, header: Header, now_s: float) -> float:
        at_s = self._sent.get(header.key)
        if at_s is not None:
            return max(0.0, at_s + self._resend_s - now_s)
        return 0.0 if header.boot == self._boot else self._backlog.wait_s
