"""Conditions that count only after they have held for a while."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Since:
    """Remembers since when each named condition has held without a break, as absolute deadlines."""

    due: dict[str, float] = field(default_factory=dict)

    def held(self, name: str, holds: bool, seconds: float, now: float) -> bool:
        """Tell whether `holds` has been true at every call for `seconds`."""
        if not holds:
            if name in self.due:
                del self.due[name]
            return False
        return now >= self.due.setdefault(name, now + seconds)

    def forget(self, *names: str) -> None:
        """Let conditions count afresh when next asked for: those of a state that was left."""
        if self.due:
            for name in names:
                self.due.pop(name, None)

    def next_deadline(self, now: float) -> float | None:
        """Return when the next condition ripens."""
        return min([at for at in self.due.values() if at > now], default=None) if self.due else None
