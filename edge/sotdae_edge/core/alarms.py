"""Alarms: each code active once, announced when it changes. Priority 1 is life safety."""

from dataclasses import dataclass, field

from sotdae_edge.core.effects import Alarm


@dataclass(frozen=True, slots=True)
class Condition:
    """One alarm condition, as of now."""

    code: str
    priority: int
    active: bool
    text: str


@dataclass(slots=True)
class AlarmBook:
    """Which alarms are active."""

    active: dict[str, int] = field(default_factory=dict)

    def update(self, conditions: list[Condition]) -> list[Alarm]:
        """Return an effect for each alarm that became active, changed priority, or cleared."""
        changed = []
        for condition in conditions:
            before = self.active.get(condition.code)
            after = condition.priority if condition.active else None
            if before == after:
                continue
            if after is None:
                del self.active[condition.code]
            else:
                self.active[condition.code] = after
            changed.append(Alarm(condition.code, condition.priority, condition.active, condition.text))
        return changed
