"""How many orders, queries and policies a gate listens to: each leaves a record that is never evicted."""


class Manners:
    """A rate with a burst; what comes faster is counted and not looked at."""

    def __init__(self, rate_per_s: float, burst: float) -> None:
        """Admit `rate_per_s` over time and `burst` at once."""
        self._rate_per_s, self._burst = rate_per_s, burst
        self._left, self._at_s = burst, float("-inf")
        self.refused = 0

    def admit(self, now: float) -> bool:
        """Tell whether to look at one more, at monotonic `now` in seconds."""
        gained = self._rate_per_s * max(0.0, now - self._at_s)
        self._left, self._at_s = min(self._burst, self._left + gained), max(now, self._at_s)
        if self._left < 1.0:
            self.refused += 1
            return False
        self._left -= 1.0
        return True
