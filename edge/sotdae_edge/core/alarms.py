"""Alarms: each code active once, announced when it changes. Priority 1 is life safety.

A loose contact must not fill disk and screen: an alarm that comes and goes (chatters) is told at once when
it grows worse, and told to ease only after a minute of quiet: the off-delay of ISA-18.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sotdae_edge.core.effects import Alarm

CHATTER_S = 60.0
CHATTERS = 3
"""Told so often within that time, an alarm chatters (DOMAIN 6)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One alarm condition, as of now."""

    code: str
    priority: int
    active: bool
    text: str
    test: bool = False
    """Raised by a test: it must never be taken for the real thing."""


@dataclass(slots=True)
class AlarmBook:
    """Which alarms are active."""

    active: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """Why each active alarm was raised."""
    told: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """When each alarm was last told to be worse, in s: at most `CHATTERS` times."""
    easing: dict[str, float] = field(default_factory=dict)
    """When each chattering alarm that has become quiet is told so."""

    def settle(self, holding: Sequence[Condition], now: float) -> list[Alarm]:
        """Take these as all that holds now: what was active and is not among them has ended."""
        if not holding and not self.active:
            return []
        codes = {condition.code for condition in holding}
        ended = [
            Condition(code, priority, False, self.texts[code])
            for code, priority in self.active.items()
            if code not in codes
        ]
        return self.update([*ended, *holding], now)

    def update(self, conditions: Sequence[Condition], now: float) -> list[Alarm]:
        """Return an effect for each alarm that became active, changed priority, or cleared."""
        changed = []
        for condition in conditions:
            code, before = condition.code, self.active.get(condition.code)
            after = condition.priority if condition.active else None
            if before == after:
                self.easing.pop(code, None)
            elif after is not None and (before is None or after < before):
                changed.append(self._raised(condition, now))
            elif not self._chatters(code) or now >= self.easing.setdefault(code, now + CHATTER_S):
                changed.append(self._eased(condition))
        return changed

    def next_deadline(self, now: float) -> float | None:
        """Return when the next alarm that chattered is told to have eased."""
        return min([at for at in self.easing.values() if at > now], default=None)

    def _chatters(self, code: str) -> bool:
        told = self.told.get(code, ())
        return len(told) == CHATTERS and told[-1] <= told[0] + CHATTER_S

    def _raised(self, condition: Condition, now: float) -> Alarm:
        code = condition.code
        self.easing.pop(code, None)
        self.told[code] = (*self.told.get(code, ()), now)[-CHATTERS:]
        text = f"{condition.text}; comes and goes" if self._chatters(code) else condition.text
        self.active[code], self.texts[code] = condition.priority, text
        return Alarm(code, condition.priority, True, text, condition.test)

    def _eased(self, condition: Condition) -> Alarm:
        code = condition.code
        if self.easing.pop(code, None) is not None:
            del self.told[code]
        if condition.active:
            self.active[code], self.texts[code] = condition.priority, condition.text
        else:
            del self.active[code], self.texts[code]
        return Alarm(code, condition.priority, condition.active, condition.text, condition.test)
