"""Orders beside opening and closing, as moves of a random story; the gate may refuse them."""

from collections.abc import Callable
from typing import Any

from edge.core.people import WALL, came, order, signed
from edge.core.plant import Story

from sotdae_edge.core.events import ClockTold

Move = Callable[[Story], object]


def _order(target: str, actuator: str, *names: str, **more: Any) -> Move:
    def act(story: Story) -> None:
        seq = max(story.gate.last_seq.values(), default=0) + 1
        fields = {"actuator": actuator, "nonce": None, "checklist": (), "seq": seq}
        wanted = order(target, expect_state=story.gate.state.value, **(fields | more))
        story.give(came(signed(wanted, *names)))

    return act


def tell_time(story: Story) -> None:
    """Let a trusted clock tell the time of day."""
    story.give(ClockTold(WALL.timestamp() + story.now))


def make_due(story: Story, in_s: float = 0.0) -> None:
    """Let the lamps' test be overdue in so many seconds, where there is a plan."""
    if (age := story.gate.selftests.ages.of.get("lamps")) is not None:
        age.due = story.now + in_s
        story.gate.resting = None  # behind its back


TESTS: dict[str, Move] = {
    "lamps": _order("test", "lamps", "kim"),
    "siren": _order("test", "siren", "kim"),
    "bucket": _order("test", "channel:radar", "kim"),
}
BYPASSES: dict[str, Move] = {
    "bypass": _order("bypass", "channel:radar", "kim", lasts_s=3.0),
    "bypass by two": _order("bypass", "channel:pressure", "kim", "lee", lasts_s=60.0),
    "restore": _order("restore", "channel:pressure", "kim"),
}
