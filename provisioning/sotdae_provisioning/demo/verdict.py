"""The last sentence of a story: what would have happened, in numbers that the run measured."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sotdae_provisioning.demo.report import Report
from sotdae_provisioning.demo.scenarios import Scenario

if TYPE_CHECKING:
    from sotdae_provisioning.demo.story import Moment

OSONG_FLOODED = datetime.fromisoformat("2023-07-15T08:40:00+09:00")
"""Official time of the accident (DOMAIN 1.2)."""


def verdict(report: Report, scenario: Scenario, moment: "Moment") -> str:
    """Return the verdict."""
    said = _said(report, scenario, moment)
    return f"ACCELERATED, its seconds prove nothing: {said}" if report.accelerated else said


def _said(report: Report, scenario: Scenario, moment: "Moment") -> str:
    kept = f"{report.messages_stored} of {report.messages_sent} records stored, {report.lost} lost"
    if scenario.ends == "area":
        return f"{report.area_incidents} area incident from three homes, delivered after the cut; {kept}"
    if report.level_at_close_cm is None:
        return f"NOT CLOSED; {kept}"
    if scenario.name == "osong" and scenario.clock is not None:
        closed = scenario.clock + timedelta(seconds=_closed_at(moment))
        ahead_min = (OSONG_FLOODED - closed).total_seconds() / 60.0
        return f"would have closed at {closed:%H:%M}, {ahead_min:.0f} min before Osong flooded; {kept}"
    return (
        f"closed with {report.level_at_close_cm:.1f} cm on the road, {report.trip_to_closed_s} s after the "
        f"criterion was met, first out: {report.first_out}; {kept}"
    )


def _closed_at(moment: "Moment") -> float:
    return next((at for at, text in moment.events if text.startswith("the closed limit")), moment.elapsed_s)
