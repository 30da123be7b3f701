"""How long to wait before another try."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


class Backoff:
    """Waits between tries: the first is quick, then jitter under a doubling cap (seconds).

    `floor` is the least share of a full wait; 0 spreads a crowd over all of it.
    """

    def __init__(
        self,
        rng: "random.Random",
        *,
        first_s: float = 0.1,
        base_s: float = 0.5,
        cap_s: float = 8.0,
        floor: float = 0.0,
    ) -> None:
        """Take the dice and the bounds."""
        self._rng = rng
        self._first_s = first_s
        self._base_s = base_s
        self._cap_s = cap_s
        self._floor = floor
        self._tries = 0

    def wait_s(self) -> float:
        """Return how long to wait before the next try."""
        doubled_s = self._base_s * 2.0 ** min(self._tries, 16)
        ceiling_s = min(self._cap_s, doubled_s) if self._tries else self._first_s
        self._tries += 1
        return self._rng.uniform(self._floor * ceiling_s, ceiling_s)

    def reset(self) -> None:
        """Say that a try has worked."""
        self._tries = 0
