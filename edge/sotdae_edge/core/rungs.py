"""The rungs of degradation as data: what is lost, what protects then, and what a facility may make of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

Action = Literal["report", "caution", "close"]
CAUTIOUS: tuple[Action, ...] = ("report", "caution", "close")
"""Each more careful than the one before."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What this facility does on each rung. Never less than the gate itself does."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    hub_lost: Action = "report"
    one_sensor_lost: Action = "report"
    two_sensors_lost: Action = "report"
    blind: Action = "caution"
    camera_lost: Action = "report"
    clock_untrusted: Action = "report"
    on_battery: Action = "report"
    storage_failing: Action = "report"
    watchdog_gone: Action = "report"
    controller_silent: Action = "report"

    def of(self, rung: str) -> Action:
        """Return what is done on a rung."""
        action: Action = getattr(self, rung)
        return action


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing that may be lost."""

    name: str
    priority: int
    after_s: float
    """It must hold so long without a break."""
    when: str
    left: str
    """What still protects."""
    gate: str
    """What the gate does by itself, whatever the facility declares."""
    least: Action = "report"


RUNGS = (
    Rung(
        "hub_lost", 3, 0.0, "nothing heard of the hub for `hub_silent`",
        "everything on site; messages wait in the outbox", "decides alone; nobody can reopen from afar",
    ),
    Rung(
        "one_sensor_lost", 3, 10.0, "one level channel is not valid",
        "the other channels, the float wired to the warnings",
        "votes 1oo2 for 2oo3; reopens once it is back or bypassed",
    ),
    Rung(
        "two_sensors_lost", 2, 10.0, "two or more are not valid, one is",
        "the last channel, the river gauge, the wired float",
        "votes 1oo1; reopens once they are back or bypassed",
    ),
    Rung(
        "blind", 2, 0.0, "no level channel valid for `blind`",
        "rain, river, mains and hub as context; the wired float", "caution; closes when one of them says so",
        "caution",
    ),
    Rung(
        "camera_lost", 3, 10.0, "the camera or its model gives nothing",
        "loop and curtain", "lowers by loop and curtain; a camera that is silent delays nothing",
    ),
    Rung(
        "clock_untrusted", 3, 10.0, "the wall clock cannot be believed",
        "everything: durations run on monotonic time", "refuses every order to open; its stamps say so",
    ),
    Rung(
        "on_battery", 2, 5.0, "mains lost",
        "everything, as long as the battery lasts", "takes it for a reason to close once it is blind",
    ),
    Rung(
        "storage_failing", 2, 10.0, "state, record or outbox is not taken by the disk",
        "deciding, from memory", "acts 200 ms later without it; keeps what it has to say in memory",
    ),
    Rung(
        "watchdog_gone", 2, 10.0, "the watchdog process does not answer",
        "the controller's own watchdog", "goes on feeding the controller",
    ),
    Rung(
        "controller_silent", 2, 3.0, "the barrier controller does not answer",
        "the controller's own watchdog closes the warnings; the wired float",
        "starves the watchdogs; begins afresh when it answers",
    ),
)  # fmt: skip
"""From the farthest loss to the nearest."""


def problems(ladder: Ladder) -> Iterator[str]:
    """Yield each action that is weaker than what the gate does by itself."""
    for rung in RUNGS:
        action = ladder.of(rung.name)
        if CAUTIOUS.index(action) < CAUTIOUS.index(rung.least):
            wanted = " or ".join(CAUTIOUS[CAUTIOUS.index(rung.least) :])
            yield f"ladder.{rung.name}: {action}: want {wanted}: {rung.gate}"


def page() -> list[str]:
    """Return the rungs as a table for people."""
    rows = [
        "| rung | holds when | what still protects | what the gate does | `[ladder]` |",
        "|---|---|---|---|---|",
    ]
    for rung in RUNGS:
        choices = ", ".join(CAUTIOUS[CAUTIOUS.index(rung.least) :])
        after = f" for {rung.after_s:g} s" if rung.after_s else ""
        rows.append(
            f"| `{rung.name}` (P{rung.priority}) | {rung.when}{after} | {rung.left} | {rung.gate} "
            f"| {Ladder().of(rung.name)}; may be {choices} |"
        )
    return rows
