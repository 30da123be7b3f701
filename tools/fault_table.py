"""Play twelve sensor faults on three channels in four storms and write the table of docs/sensor-faults.md."""

import sys
from itertools import groupby
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO / "tests"))

from edge.core.fault_table import STORMS, Outcome, every, run  # noqa: E402 - it lives with the tests

PAGE = REPO / "docs" / "sensor-faults.md"
MARKS = ("<!-- table -->", "<!-- /table -->")


def cell(outcome: Outcome) -> str:
    """Return one storm's cell: to the warnings / to the arm proved closed."""
    if outcome.trip_s is None or outcome.closed_s is None:
        return "open"
    marks = ("p" if outcome.cause == "predicted" else "") + (" FALSE" if outcome.false else "")
    return f"{outcome.trip_s:+.1f} / {outcome.closed_s:+.1f}{marks}"


def row(name: str, channel: str, outcomes: list[Outcome]) -> str:
    """Return one fault's line."""
    told = dict.fromkeys(code for outcome in outcomes for code in outcome.alarms)
    cells = " | ".join(cell(outcome) for outcome in outcomes)
    return f"| {name} | {channel} | {cells} | {', '.join(told) or 'none'} |"


def with_table(page: str, outcomes: list[Outcome]) -> str:
    """Return the page with its table replaced."""
    names = [f"{storm.name}: {storm.rate_cm_min:g} cm/min to {storm.top_cm:g} cm" for storm in STORMS]
    sound = [run("", "", storm) for storm in STORMS]
    lines = [
        f"| fault | channel | {' | '.join(names)} | alarms |",
        "|" + "---|" * (len(STORMS) + 3),
        row("(none)", "", sound),
    ]
    for (fault, channel), group in groupby(outcomes, key=lambda outcome: (outcome.fault, outcome.channel)):
        lines.append(row(fault, channel, list(group)))
    head, rest = page.split(MARKS[0])
    return "\n".join([head + MARKS[0], *lines, MARKS[1]]) + rest.split(MARKS[1])[1]


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_table(text, list(every())), encoding="utf-8")
