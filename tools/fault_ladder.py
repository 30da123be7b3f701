"""Play the fault ladder on the real processes and write the table of docs/fault-ladder.md."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO / "tests"))

from scenarios.ladder.judge import Outcome  # noqa: E402 - it lives with the tests
from scenarios.ladder.play import climb  # noqa: E402
from scenarios.ladder.rungs import every  # noqa: E402

PAGE = REPO / "docs" / "fault-ladder.md"
MARKS = ("<!-- table -->", "<!-- /table -->")
AT_ONCE = 3
COLUMNS = (
    "fault", "how it is made", "what must hold", "safe state reached", "warned, s", "safe, s",
    "after 15 cm, s", "level, cm", "the hub was told", "lost / doubled",
)  # fmt: skip


def row(outcome: Outcome) -> str:
    """Return one fault's line."""
    if outcome.skipped:
        return f"| {outcome.rung} | {outcome.made} | {outcome.must} | not played: {outcome.skipped} |||||||"
    warned = "already" if outcome.warned_s is None else f"{outcome.warned_s:.1f}"
    warned = "never" if outcome.dark else warned
    late = "dry" if outcome.since_close_s is None else f"{outcome.since_close_s:+.1f}"
    seen = [*(["not heard then"] if outcome.unheard else []), *outcome.seen]
    cells = (
        outcome.rung, outcome.made, outcome.must, outcome.safe, warned, f"{outcome.safe_s:.1f}", late,
        f"{outcome.level_cm:.1f}", ", ".join(seen) or "water only", f"{outcome.lost} / {outcome.doubled}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def with_table(page: str, outcomes: list[Outcome]) -> str:
    """Return the page with its table replaced."""
    head, rest = page.split(MARKS[0])
    top = [head + MARKS[0], f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    return "\n".join([*top, *map(row, outcomes), MARKS[1]]) + rest.split(MARKS[1])[1]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ladder-") as name:
        outcomes = asyncio.run(climb(list(every()), Path(name), AT_ONCE, lambda each: print(row(each))))
    broken = [outcome for outcome in outcomes if outcome.trouble]
    for outcome in broken:
        print(f"{outcome.rung}: {outcome.trouble}", file=sys.stderr)
    if broken:
        return 1
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), outcomes), encoding="utf-8")
    print(f"{len(outcomes)} rungs, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
