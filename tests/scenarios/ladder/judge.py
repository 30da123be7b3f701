"""What came of a rung, by the simulator's truth, the edge's ledger and the hub's stores."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scenarios.province import arm_never_rises

from sotdae_provisioning.demo.truth import Line, Truth

CLOSE_CM = 15.0
WARN_S = 3.0
"""Warnings before motion (DOMAIN 1.5)."""
EVERY_FLOOD = frozenset({"water.close", "water.caution", "water.rate"})
"""Alarms of any closing; a rung's own are what else was raised."""


@dataclass(slots=True)
class Outcome:
    """One row of the table."""

    rung: str
    made: str
    must: str
    safe: str
    """The safe state that was reached."""
    warned_s: float | None = None
    """From the fault to the closed sign under which the site is safe; None: it was closed before."""
    dark: bool = False
    """The sign was not closed in the safe state: it is dead, or nothing says that there is water."""
    safe_s: float | None = None
    """From the fault to the safe state."""
    since_close_s: float | None = None
    """From 15 cm of true water to the safe state."""
    level_cm: float | None = None
    """True depth then."""
    unheard: bool = False
    """The hub did not hear the gate then."""
    seen: tuple[str, ...] = ()
    """Alarms that the hub was told of, by the end, with their priority."""
    lost: int = 0
    doubled: int = 0
    trouble: list[str] = field(default_factory=list)
    """What should have held and did not."""
    skipped: str = ""
    """Why this system could not play it."""


def closed(line: Line) -> bool:
    """Tell whether the arm is proved closed."""
    return bool(line["limit_closed"]) and line["moving"] == 0 and warned(line)


def warned(line: Line) -> bool:
    """Tell whether the sign says closed."""
    return bool(line["sign_closed"])


def careful(line: Line) -> bool:
    """Tell whether the sign asks for care and nothing moves."""
    return bool(line["sign_caution"]) and line["moving"] == 0


def held(line: Line) -> bool:
    """Tell whether every warning is closed and nothing moves."""
    return warned(line) and bool(line["flasher_on"] and line["siren_on"]) and line["moving"] == 0


def measure(outcome: Outcome, truth: Truth, struck_s: float, safe_s: float) -> None:
    """Put times and level into a row; both moments are monotonic."""
    dark = [line["t"] for line in truth.lines if struck_s <= line["t"] <= safe_s and not warned(line)]
    lit = truth.first(warned, after=dark[-1]) if dark else None
    outcome.dark = bool(dark) and (lit is None or lit["t"] > safe_s)
    outcome.warned_s = None if lit is None else round(lit["t"] - struck_s, 1)
    outcome.safe_s = round(safe_s - struck_s, 1)
    deep = truth.first(lambda line: line["depth_cm"] >= CLOSE_CM)
    outcome.since_close_s = None if deep is None else round(safe_s - deep["t"], 1)
    there = truth.first(lambda line: line["t"] >= safe_s) or truth.lines[-1]
    outcome.level_cm = round(there["depth_cm"], 1)


def laws(truth: Truth, struck_s: float) -> list[str]:
    """Return what no fault may cause, where it happened."""
    broken = []
    if truth.lines[-1]["contacts"]:
        broken.append("the arm met something")
    if not arm_never_rises([line for line in truth.lines if line["t"] >= struck_s]):
        broken.append("the arm rose")
    if not warned(truth.lines[-1]):
        broken.append("the sign is open at the end")
    moved = truth.first(lambda line: line["moving"] < 0)
    warning = [line for line in truth.lines if moved and moved["t"] - WARN_S <= line["t"] <= moved["t"]]
    if not all(line["warn_closed"] for line in warning):
        broken.append("the arm came down before its warnings had been ordered for 3 s")
    return broken


def alarms(events: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return which alarms were raised, each once, in order, with its priority."""
    raised = [each for each in events if each["active"] and each["code"] not in EVERY_FLOOD]
    return tuple(dict.fromkeys(f"{each['code']} (P{each['priority']})" for each in raised))
