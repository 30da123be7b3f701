"""Lines with colour. Colour never says anything that a word or a mark does not say too."""

from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from sotdae_edge.core.barrier import FAILED
from sotdae_edge.panel.snapshot import Snapshot
from sotdae_edge.panel.terms import Lang, said, state_term, term
from sotdae_edge.panel.view import DASH, Row, age, clock, rows, span

LABEL = 10
STYLES = {"": "#e4e4e4", "!": "bold #ffd700", "!!": "bold #ffffff on #af0000"}
UNKNOWN = "?"


def title(gate: Snapshot, at: datetime | None, who: str, lang: Lang) -> Text:
    """Return which place this is, what time it is there if anybody says so, and who looks."""
    place = gate.place
    name = place.name if lang == "ko" else place.name_en
    drill = f"  [{term(lang, 'drill')}]" if place.drill else ""
    first = Text(f" {name}  {place.facility}{drill}", style="bold #ffffff")
    second = Text(
        f" {place.disambiguation or place.node} · {DASH if at is None else clock(at)} · {who}",
        style="#e4e4e4",
    )
    return Text("\n").join([first, second])


def band(gate: Snapshot, at: datetime, lang: Lang) -> str:
    """Return the state in large, and since when."""
    longest = max(gate.arms, key=lambda arm: arm.since_s if arm.state == gate.state else -1.0)
    since = term(lang, "since", clock(at, ago_s=longest.since_s), span(longest.since_s))
    return f"\n  {spaced(state_term(lang, gate.state))}    {since}\n"


def lost_band(heard: datetime | None, silent_s: float | None, problem: str, lang: Lang) -> str:
    """Return the band of a screen that hears nothing: the last state is not shown again."""
    silent = term(lang, "never") if heard is None else term(lang, "silent", clock(heard), age(silent_s, lang))
    return f"\n  {state_term(lang, 'unknown')}   {silent}\n  {said(lang, problem)}"


def band_kind(gate: Snapshot | None) -> str:
    """Return the band's look: lost, failed, open, closed, or between."""
    if gate is None:
        return "lost"
    if gate.state in FAILED or any(arm.failed for arm in gate.arms):
        return "failed"
    return gate.state if gate.state in ("open", "closed") else "between"


def spaced(words: str) -> str:
    """Return a word set wide, so that it is read from afar; a long one is left as it is."""
    wide = " ".join(words)
    return wide if cell_len(wide) <= 36 else words


def body(gate: Snapshot, lang: Lang, *, heard: bool) -> Text:
    """Return every row; of one that nobody has heard lately only the label."""
    return Text("\n").join(_row(row, heard) for row in rows(gate, lang))


def _row(row: Row, heard: bool) -> Text:
    label = f"{row.label}{' ' * max(1, LABEL - cell_len(row.label))}"
    if not heard:
        return Text(f"   {label}{UNKNOWN}", style="bright_black")
    line = Text(f"{row.mark:<3}", style=STYLES[row.mark])
    line.append(label, style="bold #ffffff")
    line.append(row.text, style=STYLES[row.mark])
    return line
