"""What a run measured: from the simulator's truth, the edge's ledgers and the hub's stores.

None of the three knows the others: the truth is the scene's own, the ledger is written by the edge's
database as each row is committed, and the stores are counted from their files after the stop.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.config import GateConfig
from sotdae_hub.accounting import count_stores
from sotdae_provisioning.demo.truth import Truth, read_truth

SCHEMA = Path(__file__).with_name("report.schema.json")
"""JSON schema (draft 2020-12) of a report, and of one that ended well."""


@dataclass(frozen=True, slots=True)
class Report:
    """One run's figures; the committed JSON schema describes them."""

    scenario: str
    accelerated: bool
    level_at_close_cm: float | None
    """True depth when the closed limit was reached."""
    rate_cm_min: float | None
    """True rate of rise then."""
    level_at_trip_cm: float | None
    trip_to_warning_s: float | None
    """From the first register state that meets the site's criterion to the sign lit by the agent's order."""
    trip_to_closed_s: float | None
    first_out: str | None
    votes: dict[str, str]
    messages_sent: int
    messages_stored: int
    dropped: int
    lost: int
    duplicated: int
    opened_by: str | None
    contacts: int
    area_incidents: int
    verdict: str = ""
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Counted:
    """Messages of a run."""

    sent: int
    stored: int
    distinct: int
    dropped: int

    @property
    def lost(self) -> int:
        """Committed at the edge, not dropped there, and not in any store."""
        return self.sent - self.distinct - self.dropped


def count_messages(directory: Path) -> Counted:
    """Count what was committed at the edge and what the hub's stores hold."""
    ledgers = [SqliteOutbox.ledger(path) for path in sorted(directory.glob("*/outbox.db"))]
    sent = sum(row.messages for ledger in ledgers for row in ledger)
    stores = count_stores(directory / "hub")
    return Counted(sent, stores.stored, stores.distinct, stores.dropped)


def make_report(
    directory: Path, config: GateConfig, scenario: str, told: dict[str, Any], *, accelerated: bool
) -> Report:
    """Put the figures of a finished run together; `told` is what the hub's API said before the stop."""
    truth = read_truth(directory / "truth.jsonl")
    decisions = told["decisions"]
    trip = truth.first_trip(config.site)
    closed = truth.first(lambda line: line["limit_closed"])
    warned = None if trip is None else truth.agents_warning(after=trip["t"])
    tripped = next((d for d in decisions if d["decision"] in ("trip", "area_flood")), None)
    counted = count_messages(directory)
    return Report(
        scenario=scenario,
        accelerated=accelerated,
        level_at_close_cm=_value(closed, "depth_cm"),
        rate_cm_min=_value(closed, "rate_cm_min"),
        level_at_trip_cm=_value(trip, "depth_cm"),
        trip_to_warning_s=_between(trip, warned),
        trip_to_closed_s=_between(trip, closed),
        first_out=None if tripped is None else tripped["first_out"],
        votes={} if tripped is None else tripped["votes"],
        opened_by=_opened_by(truth, decisions),
        contacts=truth.lines[-1]["contacts"] if truth.lines else 0,
        area_incidents=told["area_incidents"],
        decisions=decisions,
        messages_sent=counted.sent,
        messages_stored=counted.stored,
        dropped=counted.dropped,
        lost=counted.lost,
        duplicated=counted.stored - counted.distinct,
    )


def _opened_by(truth: Truth, decisions: list[dict[str, Any]]) -> str | None:
    """Say why the gate opened: by its own words, and "unexplained" where the arm rose without any."""
    opened = next((each for each in decisions if each["state"] == "opening"), None)
    if opened is not None:
        return "; ".join(opened["because"])
    return "unexplained" if truth.rose_after_closing() else None


def _value(line: dict[str, Any] | None, key: str) -> float | None:
    return None if line is None else round(float(line[key]), 2)


def _between(start: dict[str, Any] | None, end: dict[str, Any] | None) -> float | None:
    if start is None or end is None:
        return None
    return round(max(0.0, float(end["t"]) - float(start["t"])), 2)


def write_report(report: Report, path: Path) -> None:
    """Write it as JSON."""
    path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
