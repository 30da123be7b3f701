"""Alarms: each code active once, announced when it changes. Priority 1 is life safety."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sotdae_edge.core.effects import Alarm


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

    def settle(self, holding: Sequence[Condition]) -> list[Alarm]:
        """Take these as all that holds now: what was active and is not among them has ended."""
        if not holding and not self.active:
            return []
        codes = {condition.code for condition in holding}
        ended = [
            Condition(code, priority, False, self.texts[code])
            for code, priority in self.active.items()
            if code not in codes
        ]
        return self.update([*ended, *holding])

    def update(self, conditions: Sequence[Condition]) -> list[Alarm]:
        """Return an effect for each alarm that became active, changed priority, or cleared."""
        changed = []
        for condition in conditions:
            before = self.active.get(condition.code)
            after = condition.priority if condition.active else None
            if before == after:
                continue
            if after is None:
                del self.active[condition.code]
                del self.texts[condition.code]
            else:
                self.active[condition.code] = after
                self.texts[condition.code] = condition.text
            changed.append(
                Alarm(condition.code, condition.priority, condition.active, condition.text, condition.test)
            )
        return changed
