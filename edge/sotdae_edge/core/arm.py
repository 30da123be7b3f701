"""What the controller says of arm, key and warning outputs. Silence makes it unknown, never a proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from sotdae_shared.samples import Sample

NEVER = float("-inf")
READ_BACK = ("sign_closed", "sign_caution", "flasher_on", "siren_on", "limit_open", "limit_closed")
POINTS = (
    *READ_BACK, "arm_angle", "motor_current", "local_key", "inside_request", "inside_release", "locked",
)  # fmt: skip
"""All that anything of a gate asks of its controller; another point cannot be asked for."""
CLOSED_DEG = 3.0
OPEN_DEG = 85.0
IDLE_A = 1.0


@cache
def _named(prefix: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, prefix + name) for name in POINTS)


@dataclass(slots=True)
class Arm:
    """The newest scan's word on everything mechanical of one approach."""

    prefix: str = ""
    """Comes before the names of its points."""
    words: dict[str, float | None] = field(default_factory=dict)
    """What each of `POINTS` said in the newest scan; empty before the first."""
    fresh_until: float = NEVER

    def take(self, points: Mapping[str, Sample], age_s: float, now: float) -> None:
        """Take one scan."""
        words = {}
        for name, point in _named(self.prefix):
            sample = points.get(point)
            words[name] = None if sample is None else sample.value
        self.words, self.fresh_until = words, now + age_s

    def known(self, now: float) -> bool:
        """Tell whether the controller has been heard lately."""
        return now < self.fresh_until

    def value(self, name: str, now: float) -> float | None:
        """Return a point's value while the controller is heard. KeyError unless it is one of `POINTS`."""
        return self.words[name] if now < self.fresh_until else None

    def flag(self, name: str, now: float) -> bool | None:
        """Return a point as yes, no or unknown."""
        value = self.value(name, now)
        return None if value is None else bool(value)

    def closed_proved(self, now: float) -> bool:
        """Two independent proofs: the limit switch, and the encoder (or, without it, an idle motor).

        Both limit switches at once contradict each other and prove nothing.
        """
        if self.flag("limit_closed", now) is not True or self.flag("limit_open", now) is True:
            return False
        if self.value("arm_angle", now) is not None:
            return self.at_bottom(now)
        current = self.value("motor_current", now)
        return current is not None and current <= IDLE_A

    def at_bottom(self, now: float) -> bool:
        """Whether the encoder says that the arm is down: one proof of the two."""
        angle = self.value("arm_angle", now)
        return angle is not None and angle <= CLOSED_DEG

    def open_proved(self, now: float) -> bool:
        """The limit switch, and neither the other switch nor the encoder contradicts it."""
        if self.flag("limit_open", now) is not True or self.flag("limit_closed", now) is True:
            return False
        angle = self.value("arm_angle", now)
        return angle is None or angle >= OPEN_DEG

    def read_back(self, now: float) -> dict[str, bool | None]:
        """Return outputs and limits as the controller reads them back."""
        return {name: self.flag(name, now) for name in READ_BACK}
