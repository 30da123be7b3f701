"""How long to wait before another try."""

import random

_FIRST_S, _MOST_S = 0.5, 8.0


class Backoff:
    """Waiting times that double up to a limit, shortened by chance so that boxes do not march in step."""

    def __init__(self, dice: random.Random) -> None:
        """Start at the shortest."""
        self._dice, self._next_s = dice, _FIRST_S

    def wait_s(self) -> float:
        """Return how long to wait this time, in seconds."""
        now_s, self._next_s = self._next_s, min(self._next_s * 2, _MOST_S)
        return now_s * self._dice.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again after a success."""
        self._next_s = _FIRST_S
